//! The status that is distributed, with what decides where it goes.

use chrono::NaiveDateTime;
use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId, TagId};

#[derive(Debug, Clone)]
pub(in crate::jobs) struct Subject {
    pub(in crate::jobs) id: StatusId,
    pub(in crate::jobs) account_id: AccountId,
    pub(in crate::jobs) reblog_of: Option<StatusId>,
    pub(in crate::jobs) visibility: Visibility,
    pub(in crate::jobs) local: bool,
    pub(in crate::jobs) author_is_local: bool,
    pub(in crate::jobs) author_is_silenced: bool,
    /// An answer to somebody else, or to nobody known.
    pub(in crate::jobs) answers_others: bool,
    pub(in crate::jobs) has_media: bool,
    pub(in crate::jobs) conversation_id: Option<i64>,
    pub(in crate::jobs) created_at: NaiveDateTime,
    pub(in crate::jobs) tags: Vec<(TagId, String)>,
}

impl Subject {
    /// `None` if it is gone.
    pub(in crate::jobs) async fn load(conn: &mut PgConnection, id: StatusId) -> Result<Option<Self>, sqlx::Error> {
        let row = sqlx::query!(
            r#"
            SELECT s.id, s.account_id, s.reblog_of_id, s.visibility, s.conversation_id, s.created_at,
                   COALESCE(s.local, false) OR s.uri IS NULL AS "local!", a.domain IS NULL AS "author_is_local!",
                   a.silenced_at IS NOT NULL AS "silenced!",
                   s.reply AND s.in_reply_to_account_id IS DISTINCT FROM s.account_id AS "answers_others!",
                   EXISTS (SELECT 1 FROM media_attachments m WHERE m.status_id = s.id) AS "has_media!"
            FROM statuses s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = $1 AND s.deleted_at IS NULL
            "#,
            id
        )
        .fetch_optional(&mut *conn)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let tags = db::tags::of_statuses(conn, &[id]).await?;
        Ok(Some(Self {
            id: row.id,
            account_id: row.account_id,
            reblog_of: row.reblog_of_id,
            visibility: Visibility::from_column(row.visibility),
            local: row.local,
            author_is_local: row.author_is_local,
            author_is_silenced: row.silenced,
            answers_others: row.answers_others,
            has_media: row.has_media,
            conversation_id: row.conversation_id,
            created_at: row.created_at,
            tags: tags.into_iter().map(|tag| (tag.tag_id, tag.name)).collect(),
        }))
    }

    /// Whether it appears in hashtag and public streams.
    pub(in crate::jobs) fn is_broadcastable(&self) -> bool {
        self.visibility == Visibility::Public && self.reblog_of.is_none() && !self.author_is_silenced
    }
}
