//! The rows of a post, and what is asked of the worker because of them.

use std::time::Duration;

use activitypub::document::{Note, Question, Tag};
use activitypub::fetch::is_web_uri;
use activitypub::resolve_account::is_local_uri;
use chrono::{NaiveDateTime, TimeDelta};
use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId};
use jobs::account::ResolveMention;
use jobs::feed::Distribute;
use jobs::inbox::ResolveThread;
use jobs::media::CrawlLink;
use services::draft::hashtags;

use super::{Prepared, audience, media, mentions, poll};
use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::{self, StatusRef};
use crate::{Inbox, emoji, fetch_replies, forward, quote};

/// Posts that we looked up and that are older than this are put into no feed.
const NEWS: TimeDelta = TimeDelta::hours(6);

/// Longer, a post does not wait for its files.
const DOWNLOADS: Duration = Duration::from_secs(10);

/// `None`: it has no content, or has come already.
pub(super) async fn insert(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    note: Note<'_>,
    uri: &str,
    prepared: &Prepared,
) -> Result<Option<StatusId>> {
    let now = inbox.config.clock.now_naive();
    let actor = activity.actor;
    let files = media::files(note);
    let text = note.stored_text();
    if text::format::is_blank(&text) && files.is_empty() && prepared.quote.is_none() {
        return Ok(None);
    }
    let addressed = addressed(inbox, conn, activity, note).await?;
    let said = audience::visibility(note, actor);
    let silent = addressed.iter().any(|id| !prepared.mentions.accounts.contains(id));
    let visibility = if said == Visibility::Direct && silent { Visibility::Limited } else { said };
    let parent = parent(inbox, conn, note).await?;
    let conversation = conversation(inbox, conn, note, parent.as_ref()).await?;
    let created_at = note.created_at().unwrap_or(now);
    let in_reply_to_account = parent.as_ref().map(|parent| match parent.in_reply_to_account_id {
        // A thread of one's own goes on answering whom it began to answer.
        Some(earlier) if parent.account_id == actor.id && parent.reply => earlier,
        _ => parent.account_id,
    });
    // What was looked up takes its place among the posts of its time; what was pushed is new, whatever it says.
    let id_base = (!activity.delivered && created_at < now).then(|| db::time::id_at(created_at)).filter(|id| *id > 0);
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO statuses (id, account_id, uri, url, text, spoiler_text, language, sensitive, visibility, in_reply_to_id,
          in_reply_to_account_id, reply, conversation_id, quote_approval_policy, local, created_at, edited_at, updated_at)
        VALUES (COALESCE($1 + floor(random() * 65536)::bigint, timestamp_id('statuses')), $2, $3, $4, $5, $6, $7, $8, $9, $10,
          $11, $12, $13, $14, false, $15, $16, $17)
        ON CONFLICT DO NOTHING
        RETURNING id
        "#,
        id_base,
        actor.id,
        uri,
        note.url().unwrap_or(uri),
        text,
        note.stored_spoiler_text(),
        note.language(),
        actor.sensitized || note.sensitive(),
        visibility.column(),
        parent.as_ref().map(|parent| parent.id),
        in_reply_to_account,
        note.is_reply(),
        conversation,
        note.quote_policy(actor.author()),
        created_at,
        note.edited_at(),
        now
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(id) = id else { return Ok(None) };
    if conversation.is_none() {
        begin_conversation(conn, id, actor.id).await?;
    }
    mentions::store(conn, id, &prepared.mentions.accounts, &addressed).await?;
    let awaits_files = attach(conn, activity, note, id, &files, now).await?;
    let tags = tags(conn, note, id).await?;
    if visibility.is_distributable() {
        hashtags::count_featured(conn, actor.id, &tags, created_at).await?;
    }
    let quoted = match &prepared.quote {
        Some(quote) => quote::store(conn, actor.id, id, quote).await?,
        None => None,
    };
    follow_up(inbox, conn, activity, note, id, created_at, prepared, parent.as_ref(), awaits_files).await?;
    if let Some(parent) = parent.as_ref().filter(|parent| parent.is_local() && visibility.is_distributable()) {
        forward::reply(conn, activity, parent.account_id).await?;
    }
    count(conn, actor.id, visibility, parent.as_ref(), quoted, now).await?;
    untrusted_counts(conn, id, note, now).await?;
    Ok(Some(id))
}

/// Everybody in the audience who is known here, and the owner of the inbox it came into.
async fn addressed(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    note: Note<'_>,
) -> Result<Vec<AccountId>, sqlx::Error> {
    let mut addressed = lookup::accounts(conn, &inbox.config.federation, &audience::people(note)).await?;
    addressed.extend(activity.delivered_to);
    let mut seen = std::collections::HashSet::new();
    addressed.retain(|id| seen.insert(*id));
    Ok(addressed)
}

async fn parent(inbox: &Inbox<'_>, conn: &mut PgConnection, note: Note<'_>) -> Result<Option<StatusRef>, sqlx::Error> {
    let mut found = None;
    for uri in [note.in_reply_to(), note.in_reply_to_atom_uri()].into_iter().flatten() {
        if found.is_none() {
            found = lookup::status(conn, &inbox.config.federation, uri).await?;
        }
    }
    // Answers to a boost go to what was boosted.
    match found.as_ref().and_then(|parent| parent.reblog_of_id) {
        Some(original) => lookup::status_by_id(conn, original).await,
        None => Ok(found),
    }
}

/// The one that the post names, or else that of its parent. `None`: it begins one.
async fn conversation(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    note: Note<'_>,
    parent: Option<&StatusRef>,
) -> Result<Option<i64>, sqlx::Error> {
    let of_parent = parent.and_then(|parent| parent.conversation_id);
    let Some(uri) = note.conversation() else { return Ok(of_parent) };
    let federation = &inbox.config.federation;
    if let Some(id) = lookup::local_tag(federation, uri, "Conversation") {
        let known = sqlx::query_scalar!("SELECT id FROM conversations WHERE id = $1", id).fetch_optional(conn).await?;
        return Ok(known.or(of_parent));
    }
    if is_local_uri(federation, uri) {
        let ids = uri.rsplit_once("/contexts/").and_then(|(_, ids)| ids.split_once('-'));
        let ids = ids.and_then(|(account, status)| Some((account.parse::<i64>().ok()?, status.parse::<i64>().ok()?)));
        let Some((account, status)) = ids else { return Ok(of_parent) };
        let known = sqlx::query_scalar!(
            "SELECT id FROM conversations WHERE parent_account_id = $1 AND parent_status_id = $2",
            account,
            status
        );
        return Ok(known.fetch_optional(conn).await?.or(of_parent));
    }
    sqlx::query!(
        "INSERT INTO conversations (uri, created_at, updated_at) VALUES ($1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
         ON CONFLICT DO NOTHING",
        uri
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query_scalar!("SELECT id FROM conversations WHERE uri = $1", uri).fetch_optional(conn).await
}

async fn begin_conversation(conn: &mut PgConnection, id: StatusId, author: AccountId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        WITH begun AS (
          INSERT INTO conversations (parent_status_id, parent_account_id, created_at, updated_at)
          VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
          RETURNING id
        )
        UPDATE statuses SET conversation_id = begun.id FROM begun WHERE statuses.id = $1
        "#,
        id,
        author
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Files, poll and emoji. Whether files are being fetched.
async fn attach(
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    note: Note<'_>,
    id: StatusId,
    files: &[media::File],
    now: NaiveDateTime,
) -> Result<bool> {
    let actor = activity.actor;
    let welcome = media::are_welcome(conn, &actor.domain).await?;
    let mut ids = Vec::new();
    for file in files {
        ids.push(media::insert(conn, actor.id, id, file, welcome).await?);
    }
    let question = Question(note.0);
    let poll_id = if question.is_valid() { Some(poll::insert(conn, actor.id, id, question, now).await?) } else { None };
    sqlx::query!("UPDATE statuses SET ordered_media_attachment_ids = $2, poll_id = $3 WHERE id = $1", id, &ids, poll_id)
        .execute(&mut *conn)
        .await?;
    if welcome {
        emoji::fetch(conn, note, &actor.domain).await?;
    }
    Ok(welcome && files.iter().any(|file| file.supported))
}

async fn tags(conn: &mut PgConnection, note: Note<'_>, id: StatusId) -> Result<Vec<i64>> {
    let tags = hashtags::find_or_create(conn, &hashtag_names(note)).await?;
    hashtags::store(conn, id, &tags).await?;
    Ok(tags)
}

pub(crate) fn hashtag_names(note: Note<'_>) -> Vec<String> {
    let name = |tag: Tag<'_>| match tag {
        Tag::Hashtag { name } => Some(name.to_owned()),
        _ => None,
    };
    note.tags().filter_map(name).collect()
}

#[expect(clippy::too_many_arguments, reason = "all that the jobs depend on, none of it a thing of its own")]
async fn follow_up(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    note: Note<'_>,
    id: StatusId,
    created_at: NaiveDateTime,
    prepared: &Prepared,
    parent: Option<&StatusRef>,
    awaits_files: bool,
) -> Result<()> {
    let unresolved: Vec<ResolveMention> =
        prepared.mentions.unresolved.iter().map(|uri| ResolveMention { status_id: id, uri: uri.clone() }).collect();
    jobs::enqueue_many(conn, &unresolved).await?;
    let is_elsewhere = |uri: &&str| is_web_uri(uri) && !is_local_uri(&inbox.config.federation, uri);
    if let Some(parent_uri) = note.in_reply_to().filter(is_elsewhere).filter(|_| parent.is_none()) {
        jobs::enqueue(conn, &ResolveThread { status_id: id, parent_uri: parent_uri.to_owned() }).await?;
    }
    fetch_replies::ask(conn, id, note.0, &activity.actor.uri).await?;
    // Spread, so that a popular link is not asked for by all servers at once.
    let delay = Duration::from_secs(rand::random_range(1..60));
    jobs::enqueue_in(conn, &CrawlLink { status_id: id }, delay).await?;
    if activity.delivered || created_at > inbox.config.clock.now_naive() - NEWS {
        // What is being fetched is waited for, as a stream shows a post once and clients do not ask again. The last
        // download to end hastens it.
        let patience = if awaits_files { DOWNLOADS } else { Duration::ZERO };
        jobs::enqueue_in(conn, &Distribute { status_id: id, skip_notifications: false }, patience).await?;
    }
    Ok(())
}

/// Direct posts count nowhere, replies only where everybody sees them.
async fn count(
    conn: &mut PgConnection,
    author: AccountId,
    visibility: Visibility,
    parent: Option<&StatusRef>,
    quoted: Option<StatusId>,
    now: NaiveDateTime,
) -> Result<(), sqlx::Error> {
    if visibility != Visibility::Direct {
        let delta = AccountDelta { account_id: author, statuses: 1, last_status_at: Some(now), ..AccountDelta::default() };
        add_to_accounts(conn, &[delta]).await?;
    }
    let mut deltas = Vec::new();
    if let Some(parent) = parent.filter(|_| visibility.is_distributable()) {
        deltas.push(StatusDelta { status_id: parent.id, replies: 1, ..StatusDelta::default() });
    }
    if let Some(quoted) = quoted {
        deltas.push(StatusDelta { status_id: quoted, quotes: 1, ..StatusDelta::default() });
    }
    deltas.sort_by_key(|delta| delta.status_id);
    add_to_statuses(conn, &deltas).await
}

/// What its own server says of favourites and boosts; ours sees only a part of them.
pub(crate) async fn untrusted_counts(
    conn: &mut PgConnection,
    id: StatusId,
    note: Note<'_>,
    now: NaiveDateTime,
) -> Result<(), sqlx::Error> {
    let (favourites, reblogs) = (note.favourites_count(), note.reblogs_count());
    if favourites.is_none() && reblogs.is_none() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        INSERT INTO status_stats AS t (status_id, untrusted_favourites_count, untrusted_reblogs_count, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $4)
        ON CONFLICT (status_id) DO UPDATE SET updated_at = excluded.updated_at,
          untrusted_favourites_count = COALESCE(excluded.untrusted_favourites_count, t.untrusted_favourites_count),
          untrusted_reblogs_count = COALESCE(excluded.untrusted_reblogs_count, t.untrusted_reblogs_count)
        "#,
        id,
        favourites,
        reblogs,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
