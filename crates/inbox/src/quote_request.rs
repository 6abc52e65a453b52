//! Somebody elsewhere asks whether they may quote a status of ours (FEP-044f).

use activitypub::document::value;
use activitypub::fetch::same_host;
use activitypub::render::activity::QuoteRequest;
use db::{PgConnection, StatusId};
use jobs::feed::DistributeEdit;
use serde_json::Value;
use services::notify::{Event, notify};

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::{self, LocalAccount, StatusRef};
use crate::quote::state;
use crate::{Inbox, create, fetch_status, send};

const PUBLIC: i32 = 2;
const FOLLOWERS: i32 = 4;
const FOLLOWING: i32 = 8;

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let (Some(id), Some(object)) = (activity.id(), activity.object_id()) else { return Ok(()) };
    let Some(instrument) = value::id(value::first(activity.json.get("instrument"))) else { return Ok(()) };
    if !same_host(id, &activity.actor.uri) {
        return Ok(());
    }
    let (quoted, author, allowed) = {
        let mut conn = inbox.db.acquire().await?;
        let quoted = lookup::status(&mut conn, &inbox.config.federation, object).await?;
        let wanted =
            |status: &StatusRef| status.is_local() && status.reblog_of_id.is_none() && status.visibility().is_distributable();
        let Some(quoted) = quoted.filter(wanted) else { return Ok(()) };
        let Some(author) = lookup::local_by_id(&mut conn, quoted.account_id).await? else { return Ok(()) };
        let allowed = may_quote(&mut conn, activity.actor.id, &quoted).await?;
        (quoted, author, allowed)
    };
    let quoting = if allowed { quoting(inbox, activity, instrument).await? } else { None };
    let mut tx = inbox.db.begin().await?;
    let request = Request { inbox, activity, id, instrument, object, author: &author };
    match quoting {
        Some(quoting) => request.accept(&mut tx, quoting, &quoted).await?,
        None => request.reject(&mut tx).await?,
    }
    activity.commit(tx).await
}

struct Request<'a> {
    inbox: &'a Inbox<'a>,
    activity: &'a Activity<'a>,
    id: &'a str,
    instrument: &'a str,
    object: &'a str,
    author: &'a LocalAccount,
}

impl Request<'_> {
    fn render<'b>(&'b self, author_uri: &'b str) -> QuoteRequest<'b> {
        QuoteRequest {
            id: self.id,
            actor: &self.activity.actor.uri,
            object: self.object,
            instrument: self.instrument,
            author: author_uri,
        }
    }

    async fn reject(&self, conn: &mut PgConnection) -> Result<()> {
        let author_uri = self.author.uri(&self.inbox.renderer.uris);
        send(conn, self.author.id, self.render(&author_uri).reject(), &self.activity.actor.inbox_url).await
    }

    /// The post must quote what the request says; then the author sees it, whatever its audience.
    async fn accept(&self, conn: &mut PgConnection, quoting: StatusId, quoted: &StatusRef) -> Result<()> {
        let granted = sqlx::query!(
            r#"
            UPDATE quotes q SET state = $3, activity_uri = $4, updated_at = now() AT TIME ZONE 'utc'
            FROM (SELECT id, state FROM quotes WHERE status_id = $1 AND quoted_status_id = $2 FOR NO KEY UPDATE) before
            WHERE q.id = before.id
            RETURNING q.id, before.state
            "#,
            quoting,
            quoted.id,
            state::ACCEPTED,
            self.id
        )
        .fetch_optional(&mut *conn)
        .await?;
        let Some(granted) = granted else { return self.reject(conn).await };
        create::mentions::store(conn, quoting, &[], &[self.author.id]).await?;
        let author_uri = self.author.uri(&self.inbox.renderer.uris);
        let accept = self.render(&author_uri).accept(granted.id);
        send(conn, self.author.id, accept, &self.activity.actor.inbox_url).await?;
        if granted.state != state::ACCEPTED {
            notify(conn, &Event::quote(self.author.id, self.activity.actor.id, granted.id)).await?;
            jobs::enqueue(conn, &DistributeEdit { status_id: quoting, skip_notifications: true }).await?;
            let delta = db::counters::StatusDelta { status_id: quoted.id, quotes: 1, ..Default::default() };
            db::counters::add_to_statuses(conn, &[delta]).await?;
        }
        Ok(())
    }
}

/// What may be done without asking the author: the upper half of the policy.
async fn may_quote(conn: &mut PgConnection, actor: i64, quoted: &StatusRef) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!(
        r#"
        SELECT s.quote_approval_policy >> 16 AS "automatic!",
          EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $2 AND f.target_account_id = s.account_id) AS "follows!",
          EXISTS (SELECT 1 FROM follows f WHERE f.account_id = s.account_id AND f.target_account_id = $2) AS "followed!",
          (EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = s.account_id AND b.target_account_id = $2)
            OR EXISTS (SELECT 1 FROM account_domain_blocks b JOIN accounts a ON a.domain = b.domain
                       WHERE b.account_id = s.account_id AND a.id = $2)) AS "blocked!"
        FROM statuses s WHERE s.id = $1
        "#,
        quoted.id,
        actor
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some_and(|row| {
        let granted = |flag: i32| row.automatic & flag != 0;
        !row.blocked && (granted(PUBLIC) || (granted(FOLLOWERS) && row.follows) || (granted(FOLLOWING) && row.followed))
    }))
}

/// The quoting post: known, contained in the request, or fetched. It must be the actor's own.
async fn quoting(inbox: &Inbox<'_>, activity: &Activity<'_>, uri: &str) -> Result<Option<StatusId>> {
    if !same_host(uri, &activity.actor.uri) {
        return Ok(None);
    }
    let known = lookup::own_status(&mut *inbox.db.acquire().await?, activity.actor.id, uri).await?;
    if let Some(known) = known {
        return Ok(Some(known.id));
    }
    let id = match value::first(activity.json.get("instrument")) {
        Some(post @ Value::Object(_)) if post.get("type").is_some() => {
            create::store(inbox, &Activity::fetched(post, activity.actor, 1), post).await?
        }
        _ => {
            let reader = fetch_status::reader(inbox, activity).await?;
            fetch_status::fetch_for(inbox, uri, reader.as_ref(), 1).await?
        }
    };
    let Some(id) = id else { return Ok(None) };
    let status = lookup::status_by_id(&mut *inbox.db.acquire().await?, id).await?;
    Ok(status.filter(|status| status.account_id == activity.actor.id).map(|status| status.id))
}
