//! Somebody elsewhere blocks somebody here: follows end in both directions.

use activitypub::render::activity::Follow;
use db::PgConnection;
use db::counters::{AccountDelta, add_to_accounts};
use jobs::account::AfterBlock;
use services::followers;

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::{self, LocalAccount};
use crate::{Inbox, send, undone};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(object) = activity.object_id() else { return Ok(()) };
    let recalled = undone::was_remembered_by_mastodon(inbox.kv, activity.actor.id, activity.id()).await;
    let mut tx = inbox.db.begin().await?;
    let Some(target) = lookup::local(&mut tx, &inbox.config.federation, object).await? else { return Ok(()) };
    apply(inbox, &mut tx, activity, &target, recalled).await?;
    activity.commit(tx).await
}

async fn apply(
    inbox: &Inbox<'_>,
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    target: &LocalAccount,
    recalled: bool,
) -> Result<()> {
    let actor = activity.actor;
    let known = sqlx::query!(
        "UPDATE blocks SET uri = COALESCE($3, uri) WHERE account_id = $1 AND target_account_id = $2",
        actor.id,
        target.id,
        activity.id()
    );
    if known.execute(&mut *conn).await?.rows_affected() > 0 {
        return Ok(());
    }
    let local_uri = target.uri(&inbox.renderer.uris);
    let mut deltas = [
        AccountDelta { account_id: actor.id, ..AccountDelta::default() },
        AccountDelta { account_id: target.id, ..AccountDelta::default() },
    ];
    let [of_actor, of_target] = &mut deltas;
    if let Some(gone) = followers::end(conn, actor.id, target.id).await? {
        let uri = gone.uri.unwrap_or_default();
        let reject = Follow { id: Some(gone.id), uri: &uri, actor: &actor.uri, object: &local_uri }.reject();
        send(conn, target.id, reject, &actor.inbox_url).await?;
        (of_actor.following, of_target.followers) = (-1, -1);
    }
    if let Some(gone) = followers::end(conn, target.id, actor.id).await? {
        let uri = gone.uri.unwrap_or_default();
        let undo = Follow { id: Some(gone.id), uri: &uri, actor: &local_uri, object: &actor.uri }.undo();
        send(conn, target.id, undo, &actor.inbox_url).await?;
        (of_target.following, of_actor.followers) = (-1, -1);
    }
    followers::end_request(conn, target.id, actor.id).await?;
    if !recalled && !undone::is_remembered(conn, actor.id, activity.id()).await? {
        sqlx::query!(
            "INSERT INTO blocks (account_id, target_account_id, uri, created_at, updated_at)
             VALUES ($1, $2, $3, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING",
            actor.id,
            target.id,
            activity.id()
        )
        .execute(&mut *conn)
        .await?;
        jobs::enqueue(conn, &AfterBlock { account_id: actor.id, target_id: target.id }).await?;
    }
    if deltas.iter().any(|delta| delta.following != 0 || delta.followers != 0) {
        add_to_accounts(conn, &deltas).await?;
    }
    Ok(())
}
