//! Somebody elsewhere no longer shows a post or hashtag first on their profile.

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, add, lookup};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    if !add::is_about_featured(activity) {
        return Ok(());
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
