//! A status that is being removed, with what says where it was.

use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId};

#[derive(Debug, Clone)]
pub(super) struct Gone {
    pub(super) id: StatusId,
    pub(super) account_id: AccountId,
    pub(super) username: String,
    pub(super) id_scheme: Option<i32>,
    pub(super) author_is_local: bool,
    pub(super) reblog_of: Option<StatusId>,
    pub(super) visibility: Visibility,
    pub(super) uri: Option<String>,
    pub(super) has_media: bool,
    pub(super) tags: Vec<String>,
    /// An open report or a strike names it.
    pub(super) is_reported: bool,
}

impl Gone {
    /// `None` if nothing is left of it.
    pub(super) async fn load(conn: &mut PgConnection, id: StatusId) -> Result<Option<Self>, sqlx::Error> {
        let row = sqlx::query!(
            r#"
            SELECT s.account_id, s.reblog_of_id, s.visibility, s.uri, a.username, a.id_scheme,
              a.domain IS NULL AS "author_is_local!",
              EXISTS (SELECT 1 FROM media_attachments m WHERE m.status_id = s.id) AS "has_media!",
              (EXISTS (SELECT 1 FROM reports r WHERE r.target_account_id = s.account_id AND r.action_taken_at IS NULL
                  AND s.id = ANY (r.status_ids))
                OR EXISTS (SELECT 1 FROM account_warnings w WHERE w.target_account_id = s.account_id
                  AND s.id::text = ANY (w.status_ids))) AS "is_reported!",
              ARRAY(SELECT t.name FROM statuses_tags st JOIN tags t ON t.id = st.tag_id WHERE st.status_id = s.id) AS "tags!"
            FROM statuses s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = $1 AND s.deleted_at IS NOT NULL
            "#,
            id
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(|row| Self {
            id,
            account_id: row.account_id,
            username: row.username,
            id_scheme: row.id_scheme,
            author_is_local: row.author_is_local,
            reblog_of: row.reblog_of_id,
            visibility: Visibility::from_column(row.visibility),
            uri: row.uri,
            has_media: row.has_media,
            tags: row.tags,
            is_reported: row.is_reported,
        }))
    }
}
