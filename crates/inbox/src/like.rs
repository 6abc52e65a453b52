//! Somebody elsewhere favourites a status of ours.

use db::StatusId;
use db::counters::{StatusDelta, add_to_statuses};
use db::statuses::Visibility;
use kv::trend::{self, Candidate};
use services::notify::{Event, notify};

use crate::activity::Activity;
use crate::error::Result;
use crate::{Inbox, lookup, undone};

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let Some(object) = activity.object_id() else { return Ok(()) };
    if undone::was_remembered_by_mastodon(inbox.kv, activity.actor.id, activity.id()).await {
        return Ok(());
    }
    let mut tx = inbox.db.begin().await?;
    let status = lookup::status(&mut tx, &inbox.config.federation, object).await?;
    let Some(status) = status.filter(|status| status.is_local() && status.reblog_of_id.is_none()) else { return Ok(()) };
    if undone::is_remembered(&mut tx, activity.actor.id, activity.id()).await? {
        return Ok(());
    }
    let made = sqlx::query_scalar!(
        r#"
        INSERT INTO favourites (account_id, status_id, created_at, updated_at)
        VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, status_id) DO NOTHING
        RETURNING id
        "#,
        activity.actor.id,
        status.id
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(favourite) = made {
        notify(&mut tx, &Event::favourite(status.account_id, activity.actor.id, favourite)).await?;
        add_to_statuses(&mut tx, &[StatusDelta { status_id: status.id, favourites: 1, ..StatusDelta::default() }]).await?;
    }
    activity.commit(tx).await?;
    if status.visibility() == Visibility::Public {
        propose(inbox, status.id).await;
    }
    Ok(())
}

/// What people like may trend; a trend less is no failure.
async fn propose(inbox: &Inbox<'_>, status: StatusId) {
    let now = inbox.config.clock.now();
    if let Err(error) = trend::add_candidates(inbox.kv, Candidate::Status, &[status], now).await {
        tracing::debug!(%error, "a favourite was not counted for trends");
    }
}
