//! Somebody elsewhere changed their profile, a post, or a collection of accounts.

mod media;
mod poll;
mod text;

use activitypub::document::{Note, value};
use activitypub::fetch::same_host;
use chrono::{NaiveDateTime, TimeDelta};
use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId};
use jobs::feed::DistributeEdit;
use jobs::media::CrawlLink;
use serde_json::Value;
use services::edit_status::{begin_history, forget_empty_history, snapshot};

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::StatusRef;
use crate::{Inbox, create, emoji, featured_collection, forward, lookup, quote};

const ACTORS: [&str; 5] = ["Application", "Group", "Organization", "Person", "Service"];
/// Changes of posts that we do not have, and that are older than this, are no news.
const NEWS: TimeDelta = TimeDelta::days(1);

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    create::refresh_if_stale(inbox, activity).await?;
    let Some(object) = create::dereferenced(inbox, activity).await? else { return Ok(()) };
    if ACTORS.iter().any(|kind| value::is_type(&object, kind)) {
        if value::id(Some(&object)) == Some(&activity.actor.uri) {
            inbox.resolver.update_account(activity.actor.id, &object).await?;
        }
        return Ok(());
    }
    if value::is_type(&object, "FeaturedCollection") {
        let mut tx = inbox.db.begin().await?;
        featured_collection::store(&mut tx, activity.actor, &object).await?;
        return activity.commit(tx).await;
    }
    let note = Note(&object);
    let Some(uri) = note.uri().filter(|uri| note.is_supported() && same_host(uri, &activity.actor.uri)) else { return Ok(()) };
    if lookup::own_status(&mut *inbox.db.acquire().await?, activity.actor.id, &uri).await?.is_some() {
        return status(inbox, activity, &object).await;
    }
    let now = inbox.config.clock.now_naive();
    let is_news = note.created_at().is_none_or(|at| at > now - NEWS);
    if !activity.actor.suspended && is_news {
        create::store(inbox, activity, &object).await?;
    }
    Ok(())
}

/// A post as it stands, locked.
struct StatusRow {
    id: StatusId,
    account_id: AccountId,
    text: String,
    spoiler_text: String,
    visibility: i32,
    edited_at: Option<NaiveDateTime>,
    ordered_media_attachment_ids: Option<Vec<i64>>,
    poll_id: Option<i64>,
}

/// Brings a post of the actor's up to date with a newer document of it.
pub(crate) async fn status(inbox: &Inbox<'_>, activity: &Activity<'_>, object: &Value) -> Result<()> {
    let note = Note(object);
    let Some(uri) = note.uri().filter(|_| !note.is_converted()) else { return Ok(()) };
    let mentions = create::mentions::resolve(inbox, note).await?;
    let prepared = create::Prepared { mentions, quote: quote::prepare(inbox, activity, note, &uri).await? };
    let mut tx = inbox.db.begin().await?;
    create::lock(&mut tx, &uri).await?;
    let Some(known) = lookup::own_status(&mut tx, activity.actor.id, &uri).await? else { return Ok(()) };
    let Some(row) = lock(&mut tx, known.id).await? else { return Ok(()) };
    let said = note.edited_at();
    if matches!((row.edited_at, said), (Some(stored), Some(said)) if stored > said) {
        return Ok(());
    }
    let explicit = said.filter(|said| row.edited_at.is_none_or(|stored| *said > stored));
    let edit = Edit { inbox, activity, note, row: &row, known: &known, prepared: &prepared };
    match explicit {
        Some(edited_at) => edit.explicit(&mut tx, edited_at).await?,
        None => edit.implicit(&mut tx).await?,
    }
    activity.commit(tx).await
}

async fn lock(conn: &mut PgConnection, id: StatusId) -> Result<Option<StatusRow>, sqlx::Error> {
    sqlx::query_as!(
        StatusRow,
        "SELECT id, account_id, text, spoiler_text, visibility, edited_at, ordered_media_attachment_ids, poll_id
         FROM statuses WHERE id = $1 AND deleted_at IS NULL AND reblog_of_id IS NULL FOR NO KEY UPDATE",
        id
    )
    .fetch_optional(conn)
    .await
}

struct Edit<'a> {
    inbox: &'a Inbox<'a>,
    activity: &'a Activity<'a>,
    note: Note<'a>,
    row: &'a StatusRow,
    known: &'a StatusRef,
    prepared: &'a create::Prepared,
}

impl Edit<'_> {
    /// The author edited it. It counts as an edit, with a revision, only if something that is read has changed.
    async fn explicit(&self, conn: &mut PgConnection, edited_at: NaiveDateTime) -> Result<()> {
        let (row, note, actor) = (self.row, self.note, self.activity.actor);
        begin_history(conn, row.id).await?;
        let (files, media_changed) = media::update(conn, actor, row, note).await?;
        let poll_changed = poll::update(self.inbox, conn, row, note, true).await?;
        let quote = quote::update(conn, row.account_id, row.id, self.prepared.quote.as_ref()).await?;
        let (text, spoiler_text) = (note.stored_text(), note.stored_spoiler_text());
        let text_changed = text::reads_otherwise(&row.text, &text);
        let changed = text_changed || spoiler_text != row.spoiler_text || media_changed || poll_changed || quote.changed;
        sqlx::query!(
            r#"
            UPDATE statuses
            SET text = $2, spoiler_text = $3, sensitive = $4, language = $5, ordered_media_attachment_ids = $6,
              quote_approval_policy = $7, edited_at = CASE WHEN $8 THEN $9 ELSE edited_at END,
              updated_at = now() AT TIME ZONE 'utc'
            WHERE id = $1
            "#,
            row.id,
            text,
            spoiler_text,
            actor.sensitized || note.sensitive(),
            note.language(),
            &files,
            note.quote_policy(actor.author()),
            changed,
            edited_at
        )
        .execute(&mut *conn)
        .await?;
        text::update_references(conn, row, note, self.prepared, self.inbox.config.clock.now_naive()).await?;
        if create::media::are_welcome(conn, &actor.domain).await? {
            emoji::fetch(conn, note, &actor.domain).await?;
        }
        if changed {
            snapshot(conn, row.id, row.account_id).await?;
        } else {
            forget_empty_history(conn, row.id).await?;
        }
        if text_changed {
            sqlx::query!("DELETE FROM preview_cards_statuses WHERE status_id = $1", row.id).execute(&mut *conn).await?;
            jobs::enqueue(conn, &CrawlLink { status_id: row.id }).await?;
        }
        jobs::enqueue(conn, &DistributeEdit { status_id: row.id, skip_notifications: !changed }).await?;
        forward::removal(conn, self.activity, self.known).await?;
        self.count(conn, &quote).await
    }

    /// Nothing is said to have been edited: only what changes by itself is taken over.
    async fn implicit(&self, conn: &mut PgConnection) -> Result<()> {
        let (row, note) = (self.row, self.note);
        poll::update(self.inbox, conn, row, note, false).await?;
        let quote = quote::update_state(conn, row.id, self.prepared.quote.as_ref()).await?;
        sqlx::query!(
            "UPDATE statuses SET quote_approval_policy = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
            row.id,
            note.quote_policy(self.activity.actor.author())
        )
        .execute(&mut *conn)
        .await?;
        jobs::enqueue(conn, &DistributeEdit { status_id: row.id, skip_notifications: true }).await?;
        self.count(conn, &quote).await
    }

    async fn count(&self, conn: &mut PgConnection, quote: &quote::Change) -> Result<()> {
        let now = self.inbox.config.clock.now_naive();
        db::counters::add_to_statuses(conn, &quote.deltas).await?;
        create::insert::untrusted_counts(conn, self.row.id, self.note, now).await?;
        Ok(())
    }
}

impl StatusRow {
    fn visibility(&self) -> Visibility {
        Visibility::from_column(self.visibility)
    }
}
