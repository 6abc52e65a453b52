//! Passing on what others signed: whoever follows a thread of ours sees the answers of people whom their server does not know.

use activitypub::keys::PublicKey;
use activitypub::ld_signature;
use activitypub::render::complete_context;
use activitypub::resolve_account::find_key;
use db::{AccountId, PgConnection};
use jobs::DeliveryOptions;
use serde_json::Value;

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup::StatusRef;

/// A reply goes to the followers of whom it answers.
pub(crate) async fn reply(conn: &mut PgConnection, activity: &Activity<'_>, answered: AccountId) -> Result<()> {
    let Some(body) = believable(conn, activity).await? else { return Ok(()) };
    pass_on(conn, activity, body, answered, &[answered], DeliveryOptions::default()).await
}

/// The end or a change of a post goes to the followers of those here who boosted or quoted it, or whom it answers.
pub(crate) async fn removal(conn: &mut PgConnection, activity: &Activity<'_>, status: &StatusRef) -> Result<()> {
    if !status.visibility().is_distributable() {
        return Ok(());
    }
    let concerned = sqlx::query_scalar!(
        r#"
        SELECT a.id AS "id!" FROM accounts a
        WHERE a.domain IS NULL AND a.id IN (
          SELECT p.account_id FROM statuses s JOIN statuses p ON p.id = s.in_reply_to_id WHERE s.id = $1
          UNION SELECT b.account_id FROM statuses b WHERE b.reblog_of_id = $1 AND b.deleted_at IS NULL
          UNION SELECT q.account_id FROM quotes q WHERE q.quoted_status_id = $1)
        ORDER BY EXISTS (SELECT 1 FROM statuses s JOIN statuses p ON p.id = s.in_reply_to_id
                         WHERE s.id = $1 AND p.account_id = a.id) DESC, a.id
        "#,
        status.id
    )
    .fetch_all(&mut *conn)
    .await?;
    let Some(signer) = concerned.first().copied() else { return Ok(()) };
    let Some(body) = believable(conn, activity).await? else { return Ok(()) };
    let options = DeliveryOptions { low_priority: true, object: Some(status.id), ..DeliveryOptions::default() };
    pass_on(conn, activity, body, signer, &concerned, options).await
}

/// The document as it is passed on, if its own signature holds, so that others can believe it from our hands.
async fn believable(conn: &mut PgConnection, activity: &Activity<'_>) -> Result<Option<Vec<u8>>> {
    let Some(body) = activity.signed else { return Ok(None) };
    let Ok(document) = serde_json::from_slice::<Value>(body) else { return Ok(None) };
    let Some(creator) = ld_signature::creator(&document) else { return Ok(None) };
    let Some(owner) = find_key(conn, creator).await?.filter(|owner| owner.account_id == activity.actor.id) else {
        return Ok(None);
    };
    let checked = tokio::task::spawn_blocking(move || redistributable(document, &owner.key)).await;
    Ok(checked.ok().flatten().and_then(|document| serde_json::to_vec(&document).ok()))
}

/// As Mastodon passes a document on: under the context of all terms, where it means the same there. `None`: not signed by
/// that key.
fn redistributable(document: Value, key: &PublicKey) -> Option<Value> {
    ld_signature::verify(&document, key).ok()?;
    let mut usual = document.clone();
    if let Some(context) = usual.get_mut("@context") {
        *context = complete_context();
    }
    Some(if ld_signature::verify(&usual, key).is_ok() { usual } else { document })
}

async fn pass_on(
    conn: &mut PgConnection,
    activity: &Activity<'_>,
    body: Vec<u8>,
    signer: AccountId,
    followed: &[AccountId],
    options: DeliveryOptions,
) -> Result<()> {
    let mut inboxes = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM follows f JOIN accounts a ON a.id = f.account_id
        WHERE f.target_account_id = ANY($1) AND a.domain IS NOT NULL AND a.suspended_at IS NULL
        "#,
        followed
    )
    .fetch_all(&mut *conn)
    .await?;
    inboxes.retain(|url| url != activity.actor.shared_inbox());
    jobs::deliver_to(conn, signer, &body, &inboxes, options).await?;
    Ok(())
}
