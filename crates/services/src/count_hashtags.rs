//! What hashtags are used today, for their figures and for trends.

use db::{AccountId, StatusId, TagId};
use kv::Kv;
use kv::trend::{self, Candidate, History};
use sqlx::PgConnection;

use crate::error::Result;

struct UseRow {
    account_id: AccountId,
    created_at: chrono::NaiveDateTime,
    tags: Vec<TagId>,
}

/// Counts the hashtags of a public post, but for those that administrators forbade and for limited authors. Once for each
/// post, however often and by whomever it is called: who posts sees it counted at once, the worker counts what comes otherwise.
///
/// # Errors
/// The database or Redis fails. Losing a count costs little; nothing is to be repeated for it.
pub async fn count_hashtags(conn: &mut PgConnection, kv: &Kv, status: StatusId) -> Result<()> {
    let found = sqlx::query_as!(
        UseRow,
        r#"
        SELECT s.account_id, s.created_at,
          ARRAY(SELECT t.id FROM statuses_tags st JOIN tags t ON t.id = st.tag_id
                WHERE st.status_id = s.id AND t.usable IS NOT FALSE) AS "tags!"
        FROM statuses s JOIN accounts a ON a.id = s.account_id
        WHERE s.id = $1 AND s.visibility = 0 AND s.reblog_of_id IS NULL AND s.deleted_at IS NULL AND a.silenced_at IS NULL
        "#,
        status
    )
    .fetch_optional(conn)
    .await?;
    let Some(found) = found.filter(|found| !found.tags.is_empty()) else { return Ok(()) };
    if !trend::begin_counting(kv, status).await.map_err(anyhow::Error::from)? {
        return Ok(());
    }
    let at = found.created_at.and_utc();
    trend::record(kv, History::Tag, &found.tags, &found.account_id.to_string(), at).await.map_err(anyhow::Error::from)?;
    trend::add_candidates(kv, Candidate::Tag, &found.tags, at).await.map_err(anyhow::Error::from)?;
    Ok(())
}
