//! Pages of stored feeds. Where Redis has no such feed or does not answer, PostgreSQL stands in.

use chrono::{Duration, NaiveDateTime};
use db::time::id_at;
use db::{AccountId, ListId, Page, PageParams, StatusId};
use kv::Kv;
use kv::feed::{Bounds, FeedKey};
use sqlx::PgConnection;

use super::candidates::{self, Range};
use super::store::wanted;
use crate::error::Result;

/// Rounds of asking for more when much is filtered out.
const ROUNDS: usize = 4;
/// What is younger may still be on its way into its first feed, which is then not lost. Showing it from PostgreSQL would make it
/// vanish again with the first status that arrives.
const ON_ITS_WAY: Duration = Duration::seconds(60);

#[derive(Debug, Clone, Default)]
pub struct FeedPage {
    /// Newest first.
    pub ids: Vec<StatusId>,
    /// The feed was not in Redis although something should have been put into it by now.
    pub lost: bool,
}

/// A page of the home timeline of `account` as it is `now`; not yet checked for what may be seen by now.
///
/// # Errors
/// The database failed.
pub async fn home_page(
    conn: &mut PgConnection,
    kv: &Kv,
    account: AccountId,
    params: &PageParams,
    now: NaiveDateTime,
) -> Result<FeedPage> {
    page(conn, kv, account, FeedKey::Home(account), params, now).await
}

/// The same of a list, which must belong to `owner`.
///
/// # Errors
/// The database failed.
pub async fn list_page(
    conn: &mut PgConnection,
    kv: &Kv,
    owner: AccountId,
    list: ListId,
    params: &PageParams,
    now: NaiveDateTime,
) -> Result<FeedPage> {
    page(conn, kv, owner, FeedKey::List(list), params, now).await
}

async fn page(
    conn: &mut PgConnection,
    kv: &Kv,
    owner: AccountId,
    feed: FeedKey,
    params: &PageParams,
    now: NaiveDateTime,
) -> Result<FeedPage> {
    let page = params.page(20, 40);
    let Some(limit) = usize::try_from(page.limit).ok().filter(|limit| *limit > 0) else { return Ok(FeedPage::default()) };
    match from_redis(kv, feed, params, limit).await {
        Ok(Some(ids)) => return Ok(FeedPage { ids, lost: false }),
        Ok(None) => {
            let ids = from_database(conn, owner, feed, &page, limit).await?;
            let lost = ids.iter().any(|id| *id < id_at(now - ON_ITS_WAY));
            return Ok(FeedPage { ids: if lost { ids } else { Vec::new() }, lost });
        }
        Err(error) => tracing::warn!(%error, "a feed is read from the database"),
    }
    let ids = from_database(conn, owner, feed, &page, limit).await?;
    Ok(FeedPage { lost: !ids.is_empty(), ids })
}

/// `None`: there is no such feed.
async fn from_redis(
    kv: &Kv,
    feed: FeedKey,
    params: &PageParams,
    limit: usize,
) -> std::result::Result<Option<Vec<StatusId>>, kv::Error> {
    let bounds = Bounds { max_id: params.max_id, since_id: params.since_id, min_id: params.min_id };
    let ids = kv::feed::page(kv, feed, bounds, limit).await?;
    if ids.is_empty() && kv::feed::extent(kv, feed).await?.length == 0 {
        return Ok(None);
    }
    Ok(Some(ids))
}

async fn from_database(
    conn: &mut PgConnection,
    owner: AccountId,
    feed: FeedKey,
    page: &Page,
    limit: usize,
) -> Result<Vec<StatusId>> {
    // A page that is asked for from below needs everything above the bound to find its lower end.
    let wished = if page.ascending { kv::feed::MAX_ITEMS } else { limit };
    let at_once = i64::try_from(wished).unwrap_or(i64::MAX).saturating_mul(2);
    let mut range = Range { below: page.below, above: page.above, each: at_once, limit: at_once };
    let mut ids: Vec<StatusId> = Vec::new();
    for _ in 0..ROUNDS {
        let found = match feed {
            FeedKey::Home(account) => candidates::home(conn, account, range).await?,
            FeedKey::List(list) => candidates::list(conn, list, range).await?,
        };
        let exhausted = i64::try_from(found.len()).unwrap_or(i64::MAX) < range.limit;
        let oldest = found.last().map(|candidate| candidate.id);
        ids.extend(wanted(conn, owner, feed, found).await?.iter().map(|candidate| candidate.id));
        match oldest {
            Some(oldest) if !exhausted && ids.len() < wished => range.below = oldest,
            _ => break,
        }
    }
    if page.ascending {
        let surplus = ids.len().saturating_sub(limit);
        ids.drain(..surplus);
    }
    ids.truncate(limit);
    Ok(ids)
}
