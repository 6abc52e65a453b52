//! The parts of an account's pages, and which posts stand in each.

use db::{AccountId, PgConnection, StatusId};

/// What of an account is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Section {
    /// Without answers to others.
    Posts,
    Replies,
    Media,
    /// Posts with a hashtag, as it stood in the path.
    Tagged(String),
    /// Followers, followed people, featured things: lists that only apps show.
    Lists,
}

impl Section {
    /// The last part of `/@alice/…`, if it names one that has no parameter.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "with_replies" => Self::Replies,
            "media" => Self::Media,
            "followers" | "following" | "featured" => Self::Lists,
            _ => return None,
        })
    }

    pub(super) fn feed_path(&self, username: &str) -> Option<String> {
        let below = match self {
            Self::Posts => String::new(),
            Self::Replies => "/with_replies".to_owned(),
            Self::Media => "/media".to_owned(),
            Self::Tagged(tag) => {
                format!("/tagged/{}", percent_encoding::utf8_percent_encode(tag, percent_encoding::NON_ALPHANUMERIC))
            }
            Self::Lists => return None,
        };
        Some(format!("/@{username}{below}.rss"))
    }

    /// Newest first; only what everybody may see.
    pub(super) async fn statuses(
        &self,
        conn: &mut PgConnection,
        account: AccountId,
        with_boosts: bool,
        limit: i64,
    ) -> Result<Vec<StatusId>, sqlx::Error> {
        let tag = match self {
            Self::Lists => return Ok(Vec::new()),
            Self::Tagged(name) if name.contains('\0') => return Ok(Vec::new()),
            Self::Tagged(name) => Some(text::hashtag::normalize(name)),
            _ => None,
        };
        sqlx::query_scalar!(
            r#"
            SELECT s.id FROM statuses s
            WHERE s.account_id = $1 AND s.deleted_at IS NULL AND s.visibility IN (0, 1)
              AND ($2 OR s.reblog_of_id IS NULL)
              AND ($3 OR NOT s.reply OR s.in_reply_to_account_id = s.account_id)
              AND (NOT $4 OR EXISTS (SELECT 1 FROM media_attachments m WHERE m.status_id = s.id))
              AND ($5::text IS NULL OR EXISTS (
                SELECT 1 FROM statuses_tags st JOIN tags t ON t.id = st.tag_id WHERE st.status_id = s.id AND lower(t.name) = lower($5)))
            ORDER BY s.id DESC LIMIT $6
            "#,
            account,
            with_boosts && tag.is_none() && *self != Self::Media,
            *self == Self::Replies,
            *self == Self::Media,
            tag,
            limit
        )
        .fetch_all(conn)
        .await
    }
}
