//! Asking for changes of home feeds and lists when relations change.

use db::{AccountId, ListId};
use jobs::feed::{Feed, MergeFeed, UnmergeFeed};
use sqlx::PgConnection;

use crate::error::Result;

/// Lists of `owner` that `member` is in.
pub(crate) async fn lists_with(conn: &mut PgConnection, owner: AccountId, member: AccountId) -> Result<Vec<ListId>> {
    let ids = sqlx::query_scalar!(
        "SELECT l.id FROM lists l JOIN list_accounts m ON m.list_id = l.id WHERE l.account_id = $1 AND m.account_id = $2",
        owner,
        member
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// The statuses of `from` go into the home feed of `reader`, a local account, and into these lists.
pub(crate) async fn merge(conn: &mut PgConnection, from: AccountId, reader: AccountId, lists: &[ListId]) -> Result<()> {
    let jobs: Vec<MergeFeed> = feeds(reader, lists).map(|into| MergeFeed { from, into }).collect();
    Ok(jobs::enqueue_many(conn, &jobs).await?)
}

/// The opposite.
pub(crate) async fn unmerge(conn: &mut PgConnection, from: AccountId, reader: AccountId, lists: &[ListId]) -> Result<()> {
    let jobs: Vec<UnmergeFeed> = feeds(reader, lists).map(|out_of| UnmergeFeed { from, out_of }).collect();
    Ok(jobs::enqueue_many(conn, &jobs).await?)
}

fn feeds(reader: AccountId, lists: &[ListId]) -> impl Iterator<Item = Feed> {
    std::iter::once(Feed::Home(reader)).chain(lists.iter().copied().map(Feed::List))
}
