//! `custom_emojis`.

use sqlx::PgConnection;

use crate::CustomEmojiId;

#[derive(Debug, Clone)]
pub struct CustomEmojiRow {
    pub id: CustomEmojiId,
    pub shortcode: String,
    pub domain: Option<String>,
    pub image_file_name: Option<String>,
    pub image_storage_schema_version: Option<i32>,
    pub visible_in_picker: bool,
    pub category: Option<String>,
    pub featured_emoji_id: Option<CustomEmojiId>,
}

/// The usable ones among pairs of shortcode and domain (empty for local ones), in no particular order and without categories.
///
/// # Errors
/// The database failed.
pub async fn find(
    conn: &mut PgConnection,
    shortcodes: &[String],
    domains: &[String],
) -> Result<Vec<CustomEmojiRow>, sqlx::Error> {
    sqlx::query_as!(
        CustomEmojiRow,
        r#"
        SELECT e.id, e.shortcode, e.domain, e.image_file_name, e.image_storage_schema_version, e.visible_in_picker,
               NULL::text AS category, NULL::bigint AS featured_emoji_id
        FROM UNNEST($1::text[], $2::text[]) AS asked (shortcode, domain)
        JOIN custom_emojis e ON e.shortcode = asked.shortcode AND COALESCE(e.domain, '') = asked.domain
        WHERE NOT e.disabled
        "#,
        shortcodes,
        domains,
    )
    .fetch_all(conn)
    .await
}

/// The local ones that may be used, by shortcode, with their categories: the list for pickers.
///
/// # Errors
/// The database failed.
pub async fn listed(conn: &mut PgConnection) -> Result<Vec<CustomEmojiRow>, sqlx::Error> {
    sqlx::query_as!(
        CustomEmojiRow,
        r#"
        SELECT e.id, e.shortcode, e.domain, e.image_file_name, e.image_storage_schema_version, e.visible_in_picker,
               c.name AS "category?", c.featured_emoji_id AS "featured_emoji_id?"
        FROM custom_emojis e
        LEFT JOIN custom_emoji_categories c ON c.id = e.category_id
        WHERE e.domain IS NULL AND NOT e.disabled AND e.visible_in_picker
        ORDER BY e.shortcode
        "#,
    )
    .fetch_all(conn)
    .await
}
