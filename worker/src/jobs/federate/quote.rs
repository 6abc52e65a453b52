//! Asking other servers' authors whether they may be quoted, and taking our own authors' consent back.

use activitypub::render::activity;
use jobs::DeliveryOptions;
use jobs::delivery::{FederateQuoteRequest, FederateQuoteRevocation};

use super::sign;
use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("the quote is gone, or decided");

pub(in crate::jobs) async fn request(context: &Context, job: FederateQuoteRequest) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!(
        r#"
        SELECT q.status_id, q.account_id, q.activity_uri, o.uri AS object, a.inbox_url
        FROM quotes q
        JOIN statuses o ON o.id = q.quoted_status_id AND o.deleted_at IS NULL
        JOIN accounts a ON a.id = o.account_id AND a.domain IS NOT NULL
        WHERE q.id = $1 AND q.state = 0
        "#,
        job.quote_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(GONE)?;
    let (Some(id), Some(object)) = (row.activity_uri, row.object) else { return Err(GONE) };
    let note = context.renderer.note(&mut tx, row.status_id).await?.ok_or(GONE)?;
    let document = activity::quote_request(&id, &note, &object).into_document();
    let document = if matches!(note.visibility, 0 | 1) { sign(context, row.account_id, document).await? } else { document };
    let options = DeliveryOptions { object: Some(row.status_id), ..DeliveryOptions::default() };
    jobs::deliver_to(&mut tx, row.account_id, &serde_json::to_vec(&document)?, &[row.inbox_url], options).await?;
    tx.commit().await?;
    Ok(())
}

/// To the server that shows the quote, and to whoever may have got it from there: followers of the quoting account are not
/// known here, those of the quoted one are.
pub(in crate::jobs) async fn revoke(context: &Context, job: FederateQuoteRevocation) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!(
        r#"
        SELECT q.id, a.id AS account_id, a.username, a.id_scheme, q.quoted_status_id AS "quoted_status_id!", q.account_id AS quoter
        FROM quotes q JOIN accounts a ON a.id = q.quoted_account_id AND a.domain IS NULL
        WHERE q.id = $1 AND q.quoted_status_id IS NOT NULL
        "#,
        job.quote_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(GONE)?;
    let inboxes = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM accounts a
        WHERE a.domain IS NOT NULL AND a.protocol = 1 AND (
            a.id = $1
            OR a.id IN (SELECT f.account_id FROM follows f WHERE f.target_account_id IN ($1, $2))
            OR a.id IN (SELECT s.account_id FROM statuses s WHERE s.reblog_of_id = $3)
            OR a.id IN (SELECT f.account_id FROM favourites f WHERE f.status_id = $3)
            OR a.id IN (SELECT m.account_id FROM mentions m WHERE m.status_id = $3)
        )
        "#,
        row.quoter,
        row.account_id,
        row.quoted_status_id
    )
    .fetch_all(&mut *tx)
    .await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let actor = context.renderer.uris.account(row.account_id, &row.username, row.id_scheme);
    let document = activity::delete_quote_authorization(&actor, row.id).into_document();
    let document = sign(context, row.account_id, document).await?;
    let options = DeliveryOptions { object: Some(row.quoted_status_id), ..DeliveryOptions::default() };
    jobs::deliver_to(&mut tx, row.account_id, &serde_json::to_vec(&document)?, &inboxes, options).await?;
    tx.commit().await?;
    Ok(())
}
