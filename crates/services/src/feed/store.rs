//! Putting many statuses into a stored feed, and taking them out.

use db::users::UserSettings;
use db::{AccountId, ListId, StatusId};
use kv::Kv;
use kv::feed::{FeedKey, Item, MAX_ITEMS};
use sqlx::PgConnection;

use super::candidates::{self, Candidate, Range};
use super::filter::{self, Pair, Verdict};
use super::{BUILD_LIMIT, MERGE_LIMIT};

const BATCH: usize = 1_000;

/// The owner of a feed: whose blocks count, and whether boosts of one status are shown together.
struct Owner {
    account_id: AccountId,
    aggregate: bool,
}

/// `None` for feeds that nobody here reads.
async fn owner(conn: &mut PgConnection, feed: FeedKey) -> Result<Option<Owner>, sqlx::Error> {
    let row = match feed {
        FeedKey::Home(account) => sqlx::query!("SELECT account_id, settings FROM users WHERE account_id = $1", account)
            .fetch_optional(conn)
            .await?
            .map(|row| (row.account_id, row.settings)),
        FeedKey::List(list) => sqlx::query!(
            "SELECT u.account_id, u.settings FROM lists l JOIN users u ON u.account_id = l.account_id WHERE l.id = $1",
            list
        )
        .fetch_optional(conn)
        .await?
        .map(|row| (row.account_id, row.settings)),
    };
    Ok(row.map(|(account_id, settings)| Owner {
        account_id,
        aggregate: UserSettings::parse(settings.as_deref()).aggregates_reblogs(),
    }))
}

fn items(feed: FeedKey, aggregate: bool, candidates: &[Candidate]) -> Vec<Item> {
    candidates.iter().map(|candidate| Item { feed, status_id: candidate.id, reblog_of: candidate.reblog_of, aggregate }).collect()
}

/// Those of `candidates` that the owner of the feed wants there, in their order.
pub(super) async fn wanted(
    conn: &mut PgConnection,
    owner: AccountId,
    feed: FeedKey,
    candidates: Vec<Candidate>,
) -> Result<Vec<Candidate>, sqlx::Error> {
    let list = match feed {
        FeedKey::Home(_) => None,
        FeedKey::List(id) => Some(id),
    };
    let mut kept = Vec::with_capacity(candidates.len());
    for batch in candidates.chunks(BATCH) {
        let pairs: Vec<Pair> = batch.iter().map(|candidate| Pair { receiver: owner, status: candidate.id, list }).collect();
        let judged = filter::judge(conn, &pairs).await?;
        let pairs = batch.iter().zip(judged);
        kept.extend(pairs.filter(|(_, judged)| judged.verdict == Verdict::Keep).map(|(candidate, _)| *candidate));
    }
    Ok(kept)
}

/// After a follow or an addition to a list: the newest statuses of `from`, as far back as the feed reaches.
///
/// # Errors
/// The database failed, or Redis is away.
pub async fn merge_into(conn: &mut PgConnection, kv: &Kv, from: AccountId, feed: FeedKey) -> anyhow::Result<()> {
    let Some(owner) = owner(conn, feed).await? else { return Ok(()) };
    let extent = kv::feed::extent(kv, feed).await?;
    let full = i64::try_from(extent.length).unwrap_or(i64::MAX) >= MERGE_LIMIT;
    let above = extent.oldest.filter(|_| full).unwrap_or(i64::MIN);
    let candidates = candidates::of_account(conn, from, above, MERGE_LIMIT).await?;
    let wanted = wanted(conn, owner.account_id, feed, candidates).await?;
    Ok(kv::feed::merge(kv, &items(feed, owner.aggregate, &wanted)).await?)
}

/// Builds the home feed of an account from the database. What it holds already stays.
///
/// # Errors
/// The database failed, or Redis is away.
pub async fn rebuild_home(conn: &mut PgConnection, kv: &Kv, account: AccountId) -> anyhow::Result<()> {
    rebuild(conn, kv, FeedKey::Home(account)).await
}

/// The same for a list.
///
/// # Errors
/// The database failed, or Redis is away.
pub async fn rebuild_list(conn: &mut PgConnection, kv: &Kv, list: ListId) -> anyhow::Result<()> {
    rebuild(conn, kv, FeedKey::List(list)).await
}

async fn rebuild(conn: &mut PgConnection, kv: &Kv, feed: FeedKey) -> anyhow::Result<()> {
    let Some(owner) = owner(conn, feed).await? else { return Ok(()) };
    // Some will be left out; a feed need not be full.
    let limit = i64::try_from(MAX_ITEMS).unwrap_or(i64::MAX).saturating_mul(2);
    let range = Range { below: i64::MAX, above: i64::MIN, each: BUILD_LIMIT, limit };
    let candidates = match feed {
        FeedKey::Home(account) => candidates::home(conn, account, range).await?,
        FeedKey::List(list) => candidates::list(conn, list, range).await?,
    };
    let mut wanted = wanted(conn, owner.account_id, feed, candidates).await?;
    wanted.truncate(MAX_ITEMS);
    Ok(kv::feed::merge(kv, &items(feed, owner.aggregate, &wanted)).await?)
}

/// Takes statuses out of a feed. Answers those that it showed.
///
/// # Errors
/// The database failed, or Redis is away.
pub async fn take_out(conn: &mut PgConnection, kv: &Kv, feed: FeedKey, statuses: &[Candidate]) -> anyhow::Result<Vec<StatusId>> {
    if statuses.is_empty() {
        return Ok(Vec::new());
    }
    let aggregate = owner(conn, feed).await?.is_none_or(|owner| owner.aggregate);
    let shown = kv::feed::remove_many(kv, &items(feed, aggregate, statuses)).await?;
    Ok(statuses.iter().zip(shown).filter(|(_, shown)| *shown).map(|(status, _)| status.id).collect())
}
