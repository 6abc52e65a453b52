//! Somebody elsewhere refuses what was asked of them, or ends it.

use activitypub::document::value::is_type;
use activitypub::render::activity::Follow;
use services::followers;

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, accept, feature_request, lookup, quote, send};

/// `relays.state`
const RELAY_REJECTED: i32 = 3;

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(object) = activity.object() else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    if quote::rejected(&mut tx, activity).await? || feature_request::rejected(inbox, &mut tx, activity).await? {
        return activity.commit(tx).await;
    }
    if let Some(id) = activity.object_id()
        && accept::answer_relay(&mut tx, activity.actor.id, id, RELAY_REJECTED).await?
    {
        return activity.commit(tx).await;
    }
    if is_type(object, "QuoteRequest") {
        return activity.commit(tx).await;
    }
    let Some(follower) = accept::requester(inbox, &mut tx, activity, object).await? else { return activity.commit(tx).await };
    followers::end_request(&mut tx, follower, activity.actor.id).await?;
    if let Some(gone) = followers::end(&mut tx, follower, activity.actor.id).await? {
        if let Some(local) = lookup::local_by_id(&mut tx, follower).await? {
            let (actor, uri) = (local.uri(&inbox.renderer.uris), gone.uri.unwrap_or_default());
            let undo = Follow { id: Some(gone.id), uri: &uri, actor: &actor, object: &activity.actor.uri }.undo();
            send(&mut tx, follower, undo, &activity.actor.inbox_url).await?;
        }
        followers::count(&mut tx, follower, activity.actor.id, -1).await?;
    }
    activity.commit(tx).await
}
