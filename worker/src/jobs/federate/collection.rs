//! Collections of accounts: what changes in ours, the requests to stand in them, and consent that is taken back.

use activitypub::render::featured_collection::{FeatureAuthorization, feature_request};
use jobs::DeliveryOptions;
use jobs::delivery::{FederateCollection, FederateFeatureRequest, FederateFeatureRevocation};

use super::{deliver, reach, sign};
use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("the item is gone, or decided");

pub(in crate::jobs) async fn send(context: &Context, job: FederateCollection) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let mut inboxes = reach::account(&mut tx, job.account_id).await?;
    let members = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM collection_items i JOIN accounts a ON a.id = i.account_id
        WHERE i.collection_id = $1 AND a.domain IS NOT NULL AND a.protocol = 1 AND a.suspended_at IS NULL
        "#,
        job.collection_id
    )
    .fetch_all(&mut *tx)
    .await?;
    for inbox in members {
        if !inboxes.contains(&inbox) {
            inboxes.push(inbox);
        }
    }
    let document = serde_json::from_str(&job.json)?;
    let options = DeliveryOptions { object: Some(job.collection_id), ..DeliveryOptions::default() };
    deliver(&mut tx, context, job.account_id, document, false, &inboxes, options).await?;
    tx.commit().await?;
    Ok(())
}

/// To the account itself, not to its shared inbox (recorded).
pub(in crate::jobs) async fn request(context: &Context, job: FederateFeatureRequest) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!(
        r#"
        SELECT i.activity_uri, c.id AS collection_id, c.account_id AS owner, a.uri, a.inbox_url
        FROM collection_items i
        JOIN collections c ON c.id = i.collection_id AND c.local
        JOIN accounts a ON a.id = i.account_id AND a.domain IS NOT NULL AND a.protocol = 1
        WHERE i.id = $1 AND i.state = 0
        "#,
        job.item_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(GONE)?;
    let id = row.activity_uri.ok_or(GONE)?;
    let collection = context.renderer.uris.collection(row.owner, row.collection_id);
    let document = feature_request(&id, &collection, &row.uri).into_document();
    let options = DeliveryOptions { object: Some(row.collection_id), ..DeliveryOptions::default() };
    deliver(&mut tx, context, row.owner, document, true, &[row.inbox_url], options).await?;
    tx.commit().await?;
    Ok(())
}

/// Signed so that the owner's server can pass it on.
pub(in crate::jobs) async fn revoke(context: &Context, job: FederateFeatureRevocation) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let row = sqlx::query!(
        r#"
        SELECT i.id, a.id AS account_id, a.username, a.id_scheme, c.id AS collection_id, c.uri AS "uri!", o.inbox_url
        FROM collection_items i
        JOIN accounts a ON a.id = i.account_id AND a.domain IS NULL
        JOIN collections c ON c.id = i.collection_id AND NOT c.local AND c.uri IS NOT NULL
        JOIN accounts o ON o.id = c.account_id AND o.domain IS NOT NULL
        WHERE i.id = $1 AND i.state = 3
        "#,
        job.item_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(GONE)?;
    let uris = &context.renderer.uris;
    let stamp = uris.feature_authorization(row.account_id, row.id);
    let account = uris.account(row.account_id, &row.username, row.id_scheme);
    let document = FeatureAuthorization { id: &stamp, account: &account, collection: &row.uri }.delete().into_document();
    let document = sign(context, row.account_id, document).await?;
    let options = DeliveryOptions { object: Some(row.collection_id), ..DeliveryOptions::default() };
    jobs::deliver_to(&mut tx, row.account_id, &serde_json::to_vec(&document)?, &[row.inbox_url], options).await?;
    tx.commit().await?;
    Ok(())
}
