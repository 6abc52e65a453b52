//! Somebody elsewhere moves to another account: local followers go along.

use activitypub::document::value;
use db::AccountId;
use jobs::account::MoveFollowers;

use crate::Inbox;
use crate::activity::Activity;
use crate::error::Result;

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(target) = value::id(value::first(activity.json.get("target"))) else { return Ok(()) };
    if activity.object_id() != Some(&activity.actor.uri) || target == activity.actor.uri {
        return Ok(());
    }
    // A week between two moves; without Redis they are not counted.
    if !kv::federation::begin_move(inbox.kv, activity.actor.id).await.unwrap_or(true) {
        return Ok(());
    }
    let moved = move_to(inbox, activity, target).await;
    if !matches!(moved, Ok(true)) {
        let _ = kv::federation::end_move(inbox.kv, activity.actor.id).await;
    }
    moved.map(drop)
}

async fn move_to(inbox: &Inbox<'_>, activity: &Activity<'_>, target: &str) -> Result<bool> {
    let known = inbox.resolver.account_by_uri(target).await?;
    // What it says of its other accounts may have been written a moment ago.
    let target_id = if is_local(inbox, known).await? { known } else { inbox.resolver.refresh_account(known).await? };
    let mut tx = inbox.db.begin().await?;
    let agreed = sqlx::query!(
        "UPDATE accounts SET moved_to_account_id = $2, updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1 AND EXISTS (SELECT 1 FROM accounts t
           WHERE t.id = $2 AND t.id <> $1 AND t.suspended_at IS NULL AND $3 = ANY(COALESCE(t.also_known_as, '{}')))",
        activity.actor.id,
        target_id,
        activity.actor.uri
    )
    .execute(&mut *tx)
    .await?;
    if agreed.rows_affected() == 0 {
        return Ok(false);
    }
    jobs::enqueue(&mut tx, &MoveFollowers { source_id: activity.actor.id, target_id }).await?;
    activity.commit(tx).await?;
    Ok(true)
}

async fn is_local(inbox: &Inbox<'_>, id: AccountId) -> Result<bool> {
    let local = sqlx::query_scalar!(r#"SELECT domain IS NULL AS "local!" FROM accounts WHERE id = $1"#, id);
    Ok(local.fetch_one(&mut *inbox.db.acquire().await?).await?)
}
