//! Feeds after a change of relations: what was followed comes in, what was left goes out.

use db::{AccountId, PgConnection, StatusId};
use jobs::feed::{Feed, MergeFeed, RegenerateHome, RemoveFromFeeds, UnmergeFeed, UnmergeTag};
use kv::feed::FeedKey;
use kv::publish::{Channel, Message, publish};
use services::feed::{self, Candidate};

use crate::context::Context;
use crate::registry::JobError;

fn key(named: Feed) -> FeedKey {
    match named {
        Feed::Home(account) => FeedKey::Home(account),
        Feed::List(list) => FeedKey::List(list),
    }
}

pub(super) async fn merge(context: &Context, job: MergeFeed) -> Result<(), JobError> {
    feed::merge_into(&mut *context.db.acquire().await?, &context.kv, job.from, key(job.into)).await?;
    Ok(())
}

pub(super) async fn unmerge(context: &Context, job: UnmergeFeed) -> Result<(), JobError> {
    let feed = key(job.out_of);
    let held = kv::feed::all(&context.kv, feed).await?;
    let mut conn = context.db.acquire().await?;
    let gone = sqlx::query_as!(
        Candidate,
        "SELECT id, reblog_of_id AS reblog_of FROM statuses WHERE id = ANY($1) AND account_id = $2",
        &held,
        job.from
    )
    .fetch_all(&mut *conn)
    .await?;
    feed::take_out(&mut conn, &context.kv, feed, &gone).await?;
    Ok(())
}

/// What stands in the home timeline only for that hashtag: not one's own, not by somebody followed, no other tag followed.
pub(super) async fn unmerge_tag(context: &Context, job: UnmergeTag) -> Result<(), JobError> {
    let feed = FeedKey::Home(job.account_id);
    let held = kv::feed::all(&context.kv, feed).await?;
    let mut conn = context.db.acquire().await?;
    let gone = sqlx::query_as!(
        Candidate,
        r#"
        SELECT s.id, s.reblog_of_id AS reblog_of
        FROM statuses s JOIN statuses_tags st ON st.status_id = s.id AND st.tag_id = $2
        WHERE s.id = ANY($1) AND s.account_id <> $3
          AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $3 AND f.target_account_id = s.account_id)
          AND NOT EXISTS (SELECT 1 FROM statuses_tags x JOIN tag_follows f ON f.tag_id = x.tag_id AND f.account_id = $3
                          WHERE x.status_id = s.id)
        "#,
        &held,
        job.tag_id,
        job.account_id
    )
    .fetch_all(&mut *conn)
    .await?;
    feed::take_out(&mut conn, &context.kv, feed, &gone).await?;
    Ok(())
}

/// After a mute or a block: out of the home timeline and all lists goes what the other wrote, what boosts it and what mentions
/// them; open streams are told.
pub(super) async fn remove_from(context: &Context, job: RemoveFromFeeds) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let lists = sqlx::query_scalar!("SELECT id FROM lists WHERE account_id = $1", job.account_id).fetch_all(&mut *conn).await?;
    let feeds = std::iter::once(FeedKey::Home(job.account_id)).chain(lists.into_iter().map(FeedKey::List));
    for feed in feeds {
        let held = kv::feed::all(&context.kv, feed).await?;
        let concerned = concerned(&mut conn, &held, job.target_id).await?;
        let shown = feed::take_out(&mut conn, &context.kv, feed, &concerned).await?;
        let channel = match feed {
            FeedKey::Home(account) => Channel::Home(account),
            FeedKey::List(list) => Channel::List(list),
        };
        let messages: Result<Vec<_>, kv::Error> =
            shown.iter().map(|id| Ok((channel.clone(), Message::delete("delete", *id)?))).collect();
        publish(&context.kv, &messages?).await?;
    }
    Ok(())
}

async fn concerned(conn: &mut PgConnection, held: &[StatusId], target: AccountId) -> Result<Vec<Candidate>, sqlx::Error> {
    sqlx::query_as!(
        Candidate,
        r#"
        SELECT s.id, s.reblog_of_id AS reblog_of
        FROM statuses s LEFT JOIN statuses o ON o.id = s.reblog_of_id
        WHERE s.id = ANY($1) AND (
            s.account_id = $2 OR o.account_id = $2
            OR EXISTS (SELECT 1 FROM mentions m WHERE m.account_id = $2 AND m.status_id IN (s.id, o.id) AND NOT m.silent)
        )
        "#,
        held,
        target
    )
    .fetch_all(conn)
    .await
}

/// The home timeline and the lists of somebody who was away, or whose feeds Redis lost.
pub(super) async fn regenerate(context: &Context, job: RegenerateHome) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    feed::rebuild_home(&mut conn, &context.kv, job.account_id).await?;
    kv::async_refresh::finish(&context.kv, &kv::key::home_regeneration(job.account_id)).await?;
    let lists = sqlx::query_scalar!("SELECT id FROM lists WHERE account_id = $1", job.account_id).fetch_all(&mut *conn).await?;
    for list in lists {
        feed::rebuild_list(&mut conn, &context.kv, list).await?;
    }
    Ok(())
}
