//! Somebody elsewhere deletes a status of theirs, themselves, or their consent to a quote or to a place in a collection.

use activitypub::document::value::is_type;
use activitypub::fetch::same_host;
use db::PgConnection;
use jobs::account::DeleteAccount;
use serde_json::Value;
use services::remove_status::{Removal, remove_status};

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::{self, StatusRef};
use crate::{Inbox, create, feature_request, forward, quote, undone};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(uri) = activity.object_id() else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    if uri == activity.actor.uri {
        let job = DeleteAccount {
            account_id: activity.actor.id,
            reserve_username: false,
            free_address: false,
            skip_activitypub: true,
            domain_block: None,
        };
        jobs::enqueue(&mut tx, &job).await?;
        return activity.commit(tx).await;
    }
    if feature_request::revoked(inbox, &mut tx, activity.actor.id, uri).await? {
        return activity.commit(tx).await;
    }
    if same_host(&activity.actor.uri, uri) {
        // A Create that is under way either has finished or will see this.
        create::lock(&mut tx, uri).await?;
        undone::remember(&mut tx, activity.actor.id, uri).await?;
        bury(&mut tx, activity, uri).await?;
    }
    match own(&mut tx, activity, uri).await? {
        Some(status) => {
            forward::removal(&mut tx, activity, &status).await?;
            remove_status(&mut tx, status.id, Removal::default()).await?;
        }
        None => {
            let typed = activity.object().filter(|object| object.get("type").is_some());
            if typed.is_none_or(|object| is_type(object, "QuoteAuthorization") || is_type(object, "Tombstone")) {
                quote::revoke(&mut tx, activity, uri).await?;
            }
        }
    }
    activity.commit(tx).await
}

/// For good, unlike what is merely remembered.
async fn bury(conn: &mut PgConnection, activity: &Activity<'_>, uri: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO tombstones (account_id, uri, created_at, updated_at)
         SELECT $1, $2::text, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
         WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE uri = $2::text AND account_id = $1)",
        activity.actor.id,
        uri
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn own(conn: &mut PgConnection, activity: &Activity<'_>, uri: &str) -> Result<Option<StatusRef>, sqlx::Error> {
    if let Some(status) = lookup::own_status(conn, activity.actor.id, uri).await? {
        return Ok(Some(status));
    }
    match activity.object().and_then(|object| object.get("atomUri")).and_then(Value::as_str) {
        Some(atom_uri) => lookup::own_status(conn, activity.actor.id, atom_uri).await,
        None => Ok(None),
    }
}
