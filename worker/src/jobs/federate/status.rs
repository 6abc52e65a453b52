//! Create and Announce, Update, and the state of a poll.

use activitypub::render::note::changed_at;
use activitypub::render::{StatusActivity, activity};
use db::statuses::Visibility;
use jobs::DeliveryOptions;
use jobs::delivery::{FederateStatus, FederateStatusUpdate};

use super::deliver;
use super::reach::Reach;
use crate::context::Context;
use crate::registry::JobError;

const GONE: JobError = JobError::Discard("the status is gone or not ours");

fn options(reach: &Reach) -> DeliveryOptions {
    DeliveryOptions {
        synchronize_followers: reach.visibility == Visibility::Private,
        object: Some(reach.id),
        ..DeliveryOptions::default()
    }
}

pub(in crate::jobs) async fn create(context: &Context, job: FederateStatus) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let reach = Reach::load(&mut tx, job.status_id).await?.ok_or(GONE)?;
    let inboxes = reach.inboxes(&mut tx).await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let activity = context.renderer.activities(&mut tx, &[reach.id]).await?.pop().ok_or(GONE)?;
    let activity = match activity {
        StatusActivity::Create(note) => StatusActivity::Create(Box::new(note.before_replies())),
        announce @ StatusActivity::Announce(_) => announce,
    };
    let document = activity.render().into_document();
    let public = reach.visibility.is_distributable();
    deliver(&mut tx, context, reach.account_id, document, public, &inboxes, options(&reach)).await?;
    tx.commit().await?;
    Ok(())
}

pub(in crate::jobs) async fn update(context: &Context, job: FederateStatusUpdate) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let reach = Reach::load(&mut tx, job.status_id).await?.ok_or(GONE)?;
    let inboxes = reach.inboxes(&mut tx).await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let note = context.renderer.note(&mut tx, reach.id).await?.ok_or(GONE)?;
    let times = sqlx::query!("SELECT created_at, edited_at FROM statuses WHERE id = $1", reach.id).fetch_one(&mut *tx).await?;
    let document = activity::update_note(&note, changed_at(times.edited_at, times.created_at)).into_document();
    let public = reach.visibility.is_distributable();
    deliver(&mut tx, context, reach.account_id, document, public, &inboxes, options(&reach)).await?;
    tx.commit().await?;
    Ok(())
}

/// Tells how a local poll stands.
pub(in crate::jobs) async fn poll(conn: &mut db::PgConnection, context: &Context, status: db::StatusId) -> Result<(), JobError> {
    let Some(reach) = Reach::load(conn, status).await? else { return Ok(()) };
    let inboxes = reach.poll_inboxes(conn).await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let note = context.renderer.note(conn, reach.id).await?.ok_or(GONE)?;
    let document = activity::update_poll(&note, context.clock.now_naive()).into_document();
    let public = reach.visibility.is_distributable();
    let options = DeliveryOptions { object: Some(reach.id), ..DeliveryOptions::default() };
    deliver(conn, context, reach.account_id, document, public, &inboxes, options).await
}
