//! The rest of a deletion: feeds and streams, other servers, files and rows. The status was hidden and counted off before.

pub(super) mod feeds;
mod gone;
mod reach;

use activitypub::render::activity;
use db::{MediaAttachmentId, PgConnection, StatusId};
use jobs::DeliveryOptions;
use jobs::feed::RemoveStatus;
use services::{remove_status, upload_media};

use self::gone::Gone;
use super::federate;
use crate::context::Context;
use crate::registry::JobError;

/// What Redis carries comes first, while the rows still tell where the status is; losing it costs nothing but an entry in a
/// feed that leads nowhere.
pub(crate) async fn run(context: &Context, job: RemoveStatus) -> Result<(), JobError> {
    let gone = Gone::load(&mut *context.db.acquire().await?, job.status_id).await?;
    let Some(gone) = gone else { return Err(JobError::Discard("the status is removed already")) };
    if let Err(error) = feeds::take_out(context, &gone, job.skip_streaming).await {
        tracing::warn!(target: "ferrodon", %error, status_id = gone.id, "a deleted status stays in feeds");
    }
    let mut tx = context.db.begin().await?;
    if gone.author_is_local {
        tell_servers(&mut tx, context, &gone).await?;
    }
    remove_status::leave_conversations(&mut tx, &[gone.id]).await?;
    let with_boosts =
        sqlx::query_scalar!("SELECT id FROM statuses WHERE id = $1 OR reblog_of_id = $1", gone.id).fetch_all(&mut *tx).await?;
    remove_status::delete_notifications(&mut tx, &with_boosts).await?;
    sqlx::query!("DELETE FROM statuses WHERE reblog_of_id = $1", gone.id).execute(&mut *tx).await?;
    // What was reported is kept for the moderators.
    if !gone.is_reported {
        if !job.redraft {
            delete_media(&mut tx, gone.id).await?;
        }
        sqlx::query!("DELETE FROM statuses WHERE id = $1", gone.id).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn tell_servers(conn: &mut PgConnection, context: &Context, gone: &Gone) -> Result<(), JobError> {
    let inboxes = reach::inboxes(conn, gone).await?;
    if inboxes.is_empty() {
        return Ok(());
    }
    let account = context.renderer.uris.account(gone.account_id, &gone.username, gone.id_scheme);
    let (document, signed) = if gone.reblog_of.is_some() {
        let Some(announce) = context.renderer.removed_announce(conn, gone.id).await? else { return Ok(()) };
        (announce.undo(gone.id).into_document(), gone.visibility.is_distributable())
    } else {
        let uri = gone.uri.clone().unwrap_or_else(|| context.renderer.uris.status(&account, gone.id));
        (activity::delete_note(&account, &uri).into_document(), true)
    };
    // A Delete is passed on by those who have the status, so it carries a signature of its own in any case.
    let document = if signed { federate::sign(context, gone.account_id, document).await? } else { document };
    let options = DeliveryOptions { object: Some(gone.id), ..DeliveryOptions::default() };
    jobs::deliver_to(conn, gone.account_id, &serde_json::to_vec(&document)?, &inboxes, options).await?;
    Ok(())
}

async fn delete_media(conn: &mut PgConnection, id: StatusId) -> Result<(), JobError> {
    let media: Vec<MediaAttachmentId> =
        sqlx::query_scalar!("SELECT id FROM media_attachments WHERE status_id = $1", id).fetch_all(&mut *conn).await?;
    Ok(upload_media::delete_with_files(conn, &media).await?)
}
