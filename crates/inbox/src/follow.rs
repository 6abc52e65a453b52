//! Somebody elsewhere wants to follow somebody here.

use activitypub::render::activity::Follow;
use db::uri::INSTANCE_ACTOR;
use db::{AccountId, PgConnection};
use services::followers;
use services::notify::{Event, notify};

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::{self, LocalAccount};
use crate::{Inbox, send, undone};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let (Some(uri), Some(object)) = (activity.id(), activity.object_id()) else { return Ok(()) };
    if undone::was_remembered_by_mastodon(inbox.kv, activity.actor.id, Some(uri)).await {
        return Ok(());
    }
    let mut tx = inbox.db.begin().await?;
    let Some(target) = lookup::local(&mut tx, &inbox.config.federation, object).await? else { return Ok(()) };
    if target.suspended || undone::is_remembered(&mut tx, activity.actor.id, Some(uri)).await? {
        return Ok(());
    }
    apply(inbox, &mut tx, activity, uri, &target).await?;
    activity.commit(tx).await
}

async fn apply(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    uri: &str,
    target: &LocalAccount,
) -> Result<()> {
    let actor = activity.actor;
    let object = target.uri(&inbox.renderer.uris);
    let follow = |id| Follow { id, uri, actor: &actor.uri, object: &object };
    if renew_request(conn, actor.id, target.id, uri).await? {
        return Ok(());
    }
    if target.moved || target.id == INSTANCE_ACTOR || is_unwanted(conn, target.id, actor.id).await? {
        return send(conn, target.id, follow(None).reject(), &actor.inbox_url).await;
    }
    // The other server may have lost the first answer.
    if renew_follow(conn, actor.id, target.id, uri).await? {
        return send(conn, target.id, follow(None).accept(), &actor.inbox_url).await;
    }
    let Some(request_id) = request(conn, actor.id, target.id, uri).await? else { return Ok(()) };
    if target.locked || actor.silenced {
        notify(conn, &Event::follow_request(target.id, actor.id, request_id)).await?;
        return Ok(());
    }
    send(conn, target.id, follow(Some(request_id)).accept(), &actor.inbox_url).await?;
    let granted = followers::grant(conn, actor.id, target.id).await?;
    if let Some(follow_id) = granted.and_then(|granted| granted.follow_id) {
        notify(conn, &Event::follow(target.id, actor.id, follow_id)).await?;
        followers::count(conn, actor.id, target.id, 1).await?;
    }
    Ok(())
}

async fn renew_request(conn: &mut PgConnection, from: AccountId, to: AccountId, uri: &str) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "UPDATE follow_requests SET uri = $3, updated_at = now() AT TIME ZONE 'utc' WHERE account_id = $1 AND target_account_id = $2",
        from,
        to,
        uri
    );
    Ok(renewed.execute(conn).await?.rows_affected() > 0)
}

async fn renew_follow(conn: &mut PgConnection, from: AccountId, to: AccountId, uri: &str) -> Result<bool, sqlx::Error> {
    let renewed = sqlx::query!(
        "UPDATE follows SET uri = $3, updated_at = now() AT TIME ZONE 'utc' WHERE account_id = $1 AND target_account_id = $2",
        from,
        to,
        uri
    );
    Ok(renewed.execute(conn).await?.rows_affected() > 0)
}

async fn request(conn: &mut PgConnection, from: AccountId, to: AccountId, uri: &str) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        INSERT INTO follow_requests (account_id, target_account_id, show_reblogs, uri, notify, created_at, updated_at)
        VALUES ($1, $2, true, $3, false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, target_account_id) DO NOTHING
        RETURNING id
        "#,
        from,
        to,
        uri
    )
    .fetch_optional(conn)
    .await
}

/// Whether `target` blocks `from` or its whole server.
async fn is_unwanted(conn: &mut PgConnection, target: AccountId, from: AccountId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT 1 FROM blocks WHERE account_id = $1 AND target_account_id = $2)
            OR EXISTS (SELECT 1 FROM account_domain_blocks b JOIN accounts a ON a.domain = b.domain WHERE b.account_id = $1 AND a.id = $2)
          AS "unwanted!"
        "#,
        target,
        from
    )
    .fetch_one(conn)
    .await
}
