//! The whole thread below a post, from all servers that take part in it: for somebody who reads it just now.

use std::collections::HashSet;

use activitypub::document::value;
use activitypub::fetch::{fetch_document, fetch_resource, has_supported_context, same_host};
use activitypub::resolve_account::is_local_uri;
use chrono::{NaiveDateTime, TimeDelta};
use db::{PgConnection, StatusId};
use jobs::inbox::{FetchAllReplies, FetchReply};
use kv::async_refresh;
use kv::key::context_refresh;
use serde_json::Value;

use crate::Inbox;
use crate::error::Result;
use crate::fetch_replies::items;

/// Of one thread, and below one post of it.
const MOST: usize = 1_000;
const MOST_OF_ONE: usize = 500;
const PAGES: usize = 500;
/// The name under which this job is a part of the work; the others are addresses.
const WALK: &str = "walk";

/// A post that is new gets its replies by itself.
const SETTLED: TimeDelta = TimeDelta::minutes(5);
const COOL_DOWN: TimeDelta = TimeDelta::minutes(15);

/// Has the thread below a remote status fetched, unless it is new or was looked at a short time ago. Tells whether there is
/// something to wait for; its marker is [`kv::key::context_refresh`].
///
/// # Errors
/// The database failed.
pub async fn refresh_thread(conn: &mut PgConnection, kv: &kv::Kv, status_id: StatusId, now: NaiveDateTime) -> Result<bool> {
    let due = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
          SELECT FROM statuses s JOIN accounts a ON a.id = s.account_id
          WHERE s.id = $1 AND a.domain IS NOT NULL AND s.visibility IN (0, 1) AND s.deleted_at IS NULL AND s.created_at <= $2
            AND (s.fetched_replies_at IS NULL OR s.fetched_replies_at <= $3)) AS "due!"
        "#,
        status_id,
        now - SETTLED,
        now - COOL_DOWN
    )
    .fetch_one(&mut *conn)
    .await?;
    if !due {
        return Ok(false);
    }
    let key = context_refresh(status_id);
    let marked = match async_refresh::start(kv, &key, true).await {
        Ok(()) => async_refresh::add_parts(kv, &key, &[WALK.to_owned()]).await,
        error => error,
    };
    jobs::enqueue(conn, &FetchAllReplies { status_id }).await?;
    Ok(marked.is_ok())
}

/// Walks from collection to collection and has each reply in them fetched.
///
/// # Errors
/// The database failed.
pub async fn fetch_all_replies(inbox: &Inbox<'_>, job: &FetchAllReplies) -> Result<()> {
    let walked = walk(inbox, job).await;
    if !matches!(&walked, Err(error) if error.is_temporary()) {
        finish_thread_part(inbox, job.status_id, WALK, false).await;
    }
    walked
}

/// One reply of a thread (`part` is its address) is fetched, or cannot be had.
pub async fn finish_thread_part(inbox: &Inbox<'_>, root: StatusId, part: &str, is_new: bool) {
    let key = context_refresh(root);
    if let Err(error) = async_refresh::finish_part(inbox.kv, &key, part, i64::from(is_new)).await {
        tracing::debug!(%error, root, "the progress of a thread was not noted in Redis");
    }
}

async fn walk(inbox: &Inbox<'_>, job: &FetchAllReplies) -> Result<()> {
    let now = inbox.config.clock.now_naive();
    let root = claim(&mut *inbox.db.acquire().await?, job.status_id, now).await?;
    let Some(root) = root else { return Ok(()) };
    let mut seen = HashSet::from([root.clone()]);
    let mut waiting = vec![root];
    let mut pages = 0;
    while let Some(uri) = waiting.pop().filter(|_| seen.len() <= MOST && pages < PAGES) {
        let Some((listed, asked)) = replies_of(inbox, &uri, PAGES - pages).await? else { continue };
        pages += asked;
        let wanted: Vec<String> = wanted(inbox, &uri, listed).await?.into_iter().filter(|uri| seen.insert(uri.clone())).collect();
        ask(inbox, job.status_id, &wanted).await?;
        waiting.extend(wanted);
    }
    Ok(())
}

/// Everything that the collection of a post's replies lists, and how many pages that took. `None`: there is no such list.
async fn replies_of(inbox: &Inbox<'_>, uri: &str, pages: usize) -> Result<Option<(Vec<String>, usize)>> {
    let signer = inbox.resolver.signer().await?;
    let Ok(post) = fetch_resource(inbox.http, Some(signer), uri, true).await else { return Ok(None) };
    let Some(replies) = post.get("replies").filter(|value| !value.is_null()) else { return Ok(None) };
    let Some(mut page) = page(inbox, replies, uri).await? else { return Ok(None) };
    if let Some(first) = page.get("first").filter(|first| !first.is_null()).cloned() {
        match self::page(inbox, &first, uri).await? {
            Some(first) => page = first,
            None => return Ok(None),
        }
    }
    let mut listed = Vec::new();
    let mut asked = 1;
    loop {
        listed.extend(items(&page).iter().filter_map(|item| value::id(Some(item))).map(str::to_owned));
        let Some(next) = page.get("next").filter(|next| !next.is_null() && asked < pages && listed.len() < MOST_OF_ONE).cloned()
        else {
            break;
        };
        asked += 1;
        match self::page(inbox, &next, uri).await? {
            Some(next) => page = next,
            None => break,
        }
    }
    Ok(Some((listed, asked)))
}

/// A page in full, fetched where only its address stands. Each server speaks for its own posts only.
async fn page(inbox: &Inbox<'_>, page: &Value, post: &str) -> Result<Option<Value>> {
    match page {
        Value::Object(_) => Ok(Some(page.clone())),
        Value::String(uri) if same_host(uri, post) => {
            let signer = inbox.resolver.signer().await?;
            let fetched = fetch_document(inbox.http, Some(signer), uri).await;
            Ok(fetched.ok().map(|(page, _)| page).filter(|page| page.is_object() && has_supported_context(page)))
        }
        _ => Ok(None),
    }
}

/// What is listed and what is known besides, without what is ours and what was looked at a short time ago.
async fn wanted(inbox: &Inbox<'_>, parent: &str, mut listed: Vec<String>) -> Result<Vec<String>> {
    let mut conn = inbox.db.acquire().await?;
    listed.retain(|uri| activitypub::fetch::is_web_uri(uri) && !is_local_uri(&inbox.config.federation, uri));
    listed.extend(unsubscribed_replies(&mut conn, parent).await?);
    let recent = claim_known(&mut conn, &listed, inbox.config.clock.now_naive()).await?;
    listed.retain(|uri| !recent.contains(uri));
    listed.truncate(MOST_OF_ONE);
    Ok(listed)
}

async fn ask(inbox: &Inbox<'_>, root: StatusId, uris: &[String]) -> Result<()> {
    let key = context_refresh(root);
    if let Err(error) = async_refresh::add_parts(inbox.kv, &key, uris).await {
        tracing::debug!(%error, root, "the progress of a thread was not noted in Redis");
    }
    let jobs: Vec<FetchReply> = uris.iter().map(|uri| FetchReply { uri: uri.clone(), thread_of: Some(root) }).collect();
    jobs::enqueue_many(&mut *inbox.db.acquire().await?, &jobs).await?;
    Ok(())
}

/// The URI of the status, whose turn this is.
async fn claim(conn: &mut PgConnection, id: StatusId, now: NaiveDateTime) -> Result<Option<String>> {
    let uri = sqlx::query_scalar!(
        r#"
        UPDATE statuses s SET fetched_replies_at = $2 FROM accounts a
        WHERE s.id = $1 AND a.id = s.account_id AND a.domain IS NOT NULL AND s.visibility IN (0, 1) AND s.deleted_at IS NULL
          AND s.created_at <= $3 AND (s.fetched_replies_at IS NULL OR s.fetched_replies_at <= $4)
        RETURNING s.uri
        "#,
        id,
        now,
        now - SETTLED,
        now - COOL_DOWN
    )
    .fetch_optional(conn)
    .await?;
    Ok(uri.flatten())
}

/// Replies whose authors nobody here follows: of their changes and their end we hear nothing otherwise.
async fn unsubscribed_replies(conn: &mut PgConnection, parent: &str) -> Result<Vec<String>> {
    let uris = sqlx::query_scalar!(
        r#"
        SELECT r.uri AS "uri!" FROM statuses p JOIN statuses r ON r.in_reply_to_id = p.id JOIN accounts a ON a.id = r.account_id
        WHERE p.uri = $1 AND r.uri IS NOT NULL AND a.domain IS NOT NULL AND r.visibility IN (0, 1) AND r.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM follows f JOIN accounts l ON l.id = f.account_id
                          WHERE f.target_account_id = a.id AND l.domain IS NULL)
        ORDER BY r.id LIMIT 500
        "#,
        parent
    )
    .fetch_all(conn)
    .await?;
    Ok(uris)
}

/// Of the statuses that are here already: marks those whose turn it is, and answers the others.
async fn claim_known(conn: &mut PgConnection, uris: &[String], now: NaiveDateTime) -> Result<Vec<String>> {
    let recent = sqlx::query_scalar!(
        r#"
        WITH known AS (
          SELECT s.id, s.uri, s.created_at <= $3 AND (s.fetched_replies_at IS NULL OR s.fetched_replies_at <= $4) AS due
          FROM statuses s WHERE s.uri = ANY($1)
        ), claimed AS (
          UPDATE statuses s SET fetched_replies_at = $2 FROM known WHERE s.id = known.id AND known.due
        )
        SELECT uri AS "uri!" FROM known WHERE NOT due
        "#,
        uris,
        now,
        now - SETTLED,
        now - COOL_DOWN
    )
    .fetch_all(conn)
    .await?;
    Ok(recent)
}
