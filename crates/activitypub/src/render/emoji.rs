//! A custom emoji as a document of its own.

use sqlx::PgConnection;

use super::note::EmojiRow;
use super::{Rendered, Renderer, Terms};

impl Renderer {
    /// One of this server's own, those that are switched off included; `None` if there is none of this id.
    ///
    /// # Errors
    /// The database fails.
    pub async fn custom_emoji(&self, conn: &mut PgConnection, id: i64) -> Result<Option<Rendered>, sqlx::Error> {
        let row = sqlx::query_as!(
            EmojiRow,
            r#"
            SELECT id, shortcode, domain, uri, image_file_name, image_content_type, image_storage_schema_version, updated_at
            FROM custom_emojis
            WHERE id = $1 AND domain IS NULL
            "#,
            id
        )
        .fetch_optional(conn)
        .await?;
        let terms = Terms { emoji: true, focal_point: true, ..Terms::NONE };
        Ok(row.map(|row| Rendered { body: self.emoji(&row), terms }))
    }
}
