//! Somebody elsewhere no longer shows a post or hashtag first on their profile, or takes a collection of accounts or
//! somebody in it away.

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, add, featured_collection, featured_item, lookup};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    if !add::is_about_featured(activity) {
        return collection(inbox, activity).await;
    }
    let mut tx = inbox.db.begin().await?;
    if let Some(name) = add::hashtag(activity) {
        sqlx::query!(
            "DELETE FROM featured_tags f USING tags t WHERE f.account_id = $1 AND t.id = f.tag_id AND lower(t.name) = lower($2)",
            activity.actor.id,
            text::hashtag::normalize(name)
        )
        .execute(&mut *tx)
        .await?;
    } else if let Some(uri) = activity.object_id()
        && let Some(status) = lookup::own_status(&mut tx, activity.actor.id, uri).await?
    {
        sqlx::query!("DELETE FROM status_pins WHERE account_id = $1 AND status_id = $2", activity.actor.id, status.id)
            .execute(&mut *tx)
            .await?;
    }
    activity.commit(tx).await
}

async fn collection(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let (Some(target), Some(uri)) = (add::target(activity), activity.object_id()) else { return Ok(()) };
    let mut tx = inbox.db.begin().await?;
    if target == activity.actor.collections_url {
        featured_collection::remove(&mut tx, activity.actor.id, uri).await?;
    } else if let Some(id) = featured_collection::find_own(&mut tx, activity.actor.id, target).await? {
        featured_item::remove(&mut tx, id, uri).await?;
    }
    activity.commit(tx).await
}
