//! Quotes: what a post says of the post that it quotes, and whether the quoted author agreed (FEP-044f).

use activitypub::document::{Note, value};
use activitypub::fetch::{fetch_resource, same_host};
use activitypub::resolve_account::is_local_uri;
use db::counters::{StatusDelta, add_to_statuses};
use db::statuses::Visibility;
use db::{AccountId, PgConnection, StatusId};
use jobs::delivery::FederateStatusUpdate;
use jobs::feed::DistributeEdit;
use serde_json::Value;

use crate::activity::Activity;
use crate::error::{Error, Result};
use crate::{Inbox, fetch_status, lookup};

/// Posts that are quoted by quoted posts are looked up this deep.
const MAX_DEPTH: u8 = 2;

/// `quotes.state`
pub(crate) mod state {
    pub(crate) const PENDING: i32 = 0;
    pub(crate) const ACCEPTED: i32 = 1;
    pub(crate) const REJECTED: i32 = 2;
    pub(crate) const REVOKED: i32 = 3;
    pub(crate) const DELETED: i32 = 4;
}

/// A quote as it stands after everybody was asked.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// The quoted post and its author, if known.
    pub(crate) quoted: Option<(StatusId, AccountId)>,
    pub(crate) state: i32,
    pub(crate) approval_uri: Option<String>,
    pub(crate) legacy: bool,
}

/// Looks the quoted post and its author's consent up.
pub(crate) async fn prepare(inbox: &Inbox<'_>, activity: &Activity<'_>, note: Note<'_>, uri: &str) -> Result<Option<Prepared>> {
    let Some(said) = note.quote() else { return Ok(None) };
    let federation = &inbox.config.federation;
    let approval_uri = said.approval_uri.filter(|uri| !is_local_uri(federation, uri));
    let mut prepared = Prepared { quoted: None, state: state::PENDING, approval_uri, legacy: said.legacy };
    let Some(quoted_uri) = said.uri else {
        prepared.state = state::DELETED;
        return Ok(Some(prepared));
    };
    let mut quoted = lookup::status(&mut *inbox.db.acquire().await?, federation, &quoted_uri).await?;
    if quoted.is_none() && activity.depth < MAX_DEPTH && !is_local_uri(federation, &quoted_uri) {
        let reader = fetch_status::reader(inbox, activity).await?;
        let id = match Box::pin(fetch_status::fetch_for(inbox, &quoted_uri, reader.as_ref(), activity.depth + 1)).await {
            Ok(id) => id,
            Err(error @ (Error::Db(_) | Error::Jobs(_))) => return Err(error),
            Err(_) => None,
        };
        if let Some(id) = id {
            quoted = lookup::status_by_id(&mut *inbox.db.acquire().await?, id).await?;
        }
    }
    let Some(quoted) = quoted else { return Ok(Some(prepared)) };
    let own = quoted.account_id == activity.actor.id;
    let private = !quoted.visibility().is_distributable();
    if quoted.reblog_of_id.is_some() || (private && !own) || quoted.visibility() == Visibility::Direct {
        return Ok(None);
    }
    prepared.quoted = Some((quoted.id, quoted.account_id));
    if own {
        prepared.state = state::ACCEPTED;
    } else if !quoted.is_local()
        && let Some(approval) = &prepared.approval_uri
    {
        let quoted_uri = quoted.uri.unwrap_or(quoted_uri);
        prepared.state = judged(inbox, approval, uri, &quoted_uri, quoted.account_id).await?;
    }
    Ok(Some(prepared))
}

/// The state that an approval leads to: it must name both posts and come from the quoted author.
async fn judged(inbox: &Inbox<'_>, approval: &str, uri: &str, quoted_uri: &str, quoted_author: AccountId) -> Result<i32> {
    let document = match fetch_resource(inbox.http, Some(inbox.resolver.signer().await?), approval, true).await {
        Ok(document) => document,
        Err(error) if error.is_temporary() => return Ok(state::PENDING),
        Err(_) => return Ok(state::REJECTED),
    };
    let author = sqlx::query_scalar!("SELECT uri FROM accounts WHERE id = $1", quoted_author)
        .fetch_one(&mut *inbox.db.acquire().await?)
        .await?;
    let given = |member| value::id(value::first(document.get(member)));
    let fits = value::is_type(&document, "QuoteAuthorization")
        && same_host(&author, approval)
        && given("attributedTo") == Some(author.as_str())
        && given("interactingObject") == Some(uri)
        && given("interactionTarget") == Some(quoted_uri);
    Ok(if fits { state::ACCEPTED } else { state::PENDING })
}

/// Writes it down. The id of the quoted post if the quote is to be counted.
pub(crate) async fn store(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    quote: &Prepared,
) -> Result<Option<StatusId>, sqlx::Error> {
    sqlx::query!(
        r#"
        INSERT INTO quotes (account_id, status_id, quoted_account_id, quoted_status_id, state, approval_uri, legacy, created_at,
          updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (status_id) DO NOTHING
        "#,
        account_id,
        status_id,
        quote.quoted.map(|(_, author)| author),
        quote.quoted.map(|(status, _)| status),
        quote.state,
        quote.approval_uri,
        quote.legacy
    )
    .execute(conn)
    .await?;
    Ok(quote.quoted.map(|(status, _)| status).filter(|_| quote.state == state::ACCEPTED))
}

struct QuoteRow {
    id: i64,
    status_id: StatusId,
    quoted_status_id: Option<StatusId>,
    state: i32,
}

/// A quoted author grants what a local account asked for.
pub(crate) async fn accepted(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let result = value::id(value::first(activity.json.get("result")));
    let Some(approval) = result.filter(|uri| same_host(uri, &activity.actor.uri)) else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    let mut found = asked(&mut tx, activity).await?;
    if found.is_none()
        && let Some(object) = activity.object().filter(|object| object.is_object())
    {
        found = named(inbox, &mut tx, activity, object).await?;
    }
    let Some(quote) = found else { return activity.commit(tx).await };
    sqlx::query!(
        "UPDATE quotes SET state = $2, approval_uri = $3, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        quote.id,
        state::ACCEPTED,
        approval
    )
    .execute(&mut *tx)
    .await?;
    changed(&mut tx, &quote, state::ACCEPTED).await?;
    activity.commit(tx).await
}

/// The quote whose request has the id that an answer names.
async fn asked(conn: &mut PgConnection, activity: &Activity<'_>) -> Result<Option<QuoteRow>, sqlx::Error> {
    let Some(id) = activity.object_id() else { return Ok(None) };
    sqlx::query_as!(
        QuoteRow,
        "SELECT id, status_id, quoted_status_id, state FROM quotes
         WHERE activity_uri = $1 AND quoted_account_id = $2 FOR NO KEY UPDATE",
        id,
        activity.actor.id
    )
    .fetch_optional(conn)
    .await
}

/// The quote of the two posts that the request in an answer names.
async fn named(inbox: &Inbox<'_>, conn: &mut PgConnection, activity: &Activity<'_>, request: &Value) -> Result<Option<QuoteRow>> {
    let uri = |member| value::id(value::first(request.get(member)));
    let (Some(instrument), Some(object)) = (uri("instrument"), uri("object")) else { return Ok(None) };
    let federation = &inbox.config.federation;
    let quoting = lookup::status(conn, federation, instrument).await?.filter(lookup::StatusRef::is_local);
    let quoted = lookup::status(conn, federation, object).await?.filter(|status| status.account_id == activity.actor.id);
    let (Some(quoting), Some(quoted)) = (quoting, quoted) else { return Ok(None) };
    let row = sqlx::query_as!(
        QuoteRow,
        "SELECT id, status_id, quoted_status_id, state FROM quotes
         WHERE status_id = $1 AND quoted_status_id = $2 FOR NO KEY UPDATE",
        quoting.id,
        quoted.id
    );
    Ok(row.fetch_optional(conn).await?)
}

/// A quoted author refuses. False: the answer is about something else.
pub(crate) async fn rejected(conn: &mut PgConnection, activity: &Activity<'_>) -> Result<bool> {
    let Some(quote) = asked(conn, activity).await? else { return Ok(false) };
    let state = if quote.state == state::ACCEPTED { state::REVOKED } else { state::REJECTED };
    set_state(conn, &quote, state).await?;
    Ok(true)
}

/// A quoted author withdraws the consent that stands at `uri`.
pub(crate) async fn revoke(conn: &mut PgConnection, activity: &Activity<'_>, uri: &str) -> Result<()> {
    let quotes = sqlx::query_as!(
        QuoteRow,
        "SELECT id, status_id, quoted_status_id, state FROM quotes
         WHERE approval_uri = $1 AND quoted_account_id = $2 ORDER BY id FOR NO KEY UPDATE",
        uri,
        activity.actor.id
    )
    .fetch_all(&mut *conn)
    .await?;
    for quote in &quotes {
        set_state(conn, quote, state::REVOKED).await?;
    }
    Ok(())
}

async fn set_state(conn: &mut PgConnection, quote: &QuoteRow, state: i32) -> Result<()> {
    sqlx::query!(
        "UPDATE quotes SET state = $2, approval_uri = NULL, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        quote.id,
        state
    )
    .execute(&mut *conn)
    .await?;
    changed(conn, quote, state).await
}

/// Tells everybody who has the quoting post, and counts.
async fn changed(conn: &mut PgConnection, quote: &QuoteRow, state: i32) -> Result<()> {
    if quote.state == state {
        return Ok(());
    }
    jobs::enqueue(conn, &DistributeEdit { status_id: quote.status_id, skip_notifications: true }).await?;
    let local = sqlx::query_scalar!(
        r#"SELECT COALESCE(local, false) OR uri IS NULL AS "local!" FROM statuses WHERE id = $1"#,
        quote.status_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    if local == Some(true) {
        jobs::enqueue(conn, &FederateStatusUpdate { status_id: quote.status_id }).await?;
    }
    let by = i64::from(state == state::ACCEPTED) - i64::from(quote.state == state::ACCEPTED);
    if let Some(quoted) = quote.quoted_status_id.filter(|_| by != 0) {
        add_to_statuses(conn, &[StatusDelta { status_id: quoted, quotes: by, ..StatusDelta::default() }]).await?;
    }
    Ok(())
}

/// What an update did to a quote: whether readers see another one, and what is to be counted.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) changed: bool,
    pub(crate) deltas: Vec<StatusDelta>,
}

impl Change {
    fn of(before: Option<StatusId>, after: Option<StatusId>, changed: bool) -> Self {
        let mut change = Self { changed, deltas: Vec::new() };
        if before != after {
            let delta = |status_id, quotes| StatusDelta { status_id, quotes, ..StatusDelta::default() };
            change.deltas.extend(before.map(|id| delta(id, -1)));
            change.deltas.extend(after.map(|id| delta(id, 1)));
            change.deltas.sort_by_key(|delta| delta.status_id);
        }
        change
    }
}

async fn of_status(conn: &mut PgConnection, status_id: StatusId) -> Result<Option<QuoteRow>, sqlx::Error> {
    sqlx::query_as!(
        QuoteRow,
        "SELECT id, status_id, quoted_status_id, state FROM quotes WHERE status_id = $1 FOR NO KEY UPDATE",
        status_id
    )
    .fetch_optional(conn)
    .await
}

/// Makes the quote of an edited post what the edit says.
pub(crate) async fn update(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    prepared: Option<&Prepared>,
) -> Result<Change> {
    let before = of_status(conn, status_id).await?;
    let counted = before.as_ref().filter(|row| row.state == state::ACCEPTED).and_then(|row| row.quoted_status_id);
    match (before, prepared) {
        (None, None) => Ok(Change::default()),
        (None, Some(prepared)) => Ok(Change::of(None, store(conn, account_id, status_id, prepared).await?, true)),
        (Some(row), None) => {
            sqlx::query!("DELETE FROM quotes WHERE id = $1", row.id).execute(conn).await?;
            Ok(Change::of(counted, None, true))
        }
        (Some(row), Some(prepared)) if row.quoted_status_id == prepared.quoted.map(|(status, _)| status) => {
            update_state(conn, row.status_id, Some(prepared)).await
        }
        (Some(row), Some(prepared)) => {
            sqlx::query!("DELETE FROM quotes WHERE id = $1", row.id).execute(&mut *conn).await?;
            Ok(Change::of(counted, store(conn, account_id, status_id, prepared).await?, true))
        }
    }
}

/// Takes over what has become of the author's consent. A consent that we gave ourselves, or have seen, is not lost because
/// it could not be asked for this time.
pub(crate) async fn update_state(conn: &mut PgConnection, status_id: StatusId, prepared: Option<&Prepared>) -> Result<Change> {
    let (Some(row), Some(prepared)) = (of_status(conn, status_id).await?, prepared) else { return Ok(Change::default()) };
    let same = row.quoted_status_id == prepared.quoted.map(|(status, _)| status);
    if !same || prepared.state == row.state || prepared.state == state::PENDING {
        return Ok(Change::default());
    }
    sqlx::query!(
        "UPDATE quotes SET state = $2, approval_uri = COALESCE($3, approval_uri), updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        row.id,
        prepared.state,
        prepared.approval_uri
    )
    .execute(conn)
    .await?;
    let counted = |state| row.quoted_status_id.filter(|_| state == state::ACCEPTED);
    Ok(Change::of(counted(row.state), counted(prepared.state), false))
}
