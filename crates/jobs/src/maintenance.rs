//! What the timetable starts.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::error::Result;
use crate::job::{Dedup, Job, Lane};

/// Publishes scheduled statuses whose time has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishScheduled {}

impl Job for PublishScheduled {
    const KIND: &'static str = "publish_scheduled";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Has the data removed of accounts that were suspended thirty days ago.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeleteSuspended {}

impl Job for DeleteSuspended {
    const KIND: &'static str = "delete_suspended";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Removes by age what nobody needs: people who never confirmed, dead tokens, unused sessions, addresses of sign-ins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CleanUp {}

impl Job for CleanUp {
    const KIND: &'static str = "clean_up";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const TIMEOUT: std::time::Duration = std::time::Duration::from_hours(1);
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// Takes what has served its time out of schema `ferrodon`: dead jobs, ended deliveries, keys, orphaned payloads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sweep {}

impl Job for Sweep {
    const KIND: &'static str = "sweep";
    const LANE: Lane = Lane::Scheduler;
    const RETRIES: i16 = 0;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(String::new())
    }
}

/// The work of [`Sweep`].
///
/// # Errors
/// The database's.
pub async fn sweep(conn: &mut PgConnection) -> Result<()> {
    crate::outbound::expire(conn).await?;
    // What this program has no handler for, a newer one may do.
    sqlx::query!("delete from ferrodon.dead where died_at < now() - interval '30 days' and reason <> 'unknown'")
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from ferrodon.idempotency where until < now()").execute(&mut *conn).await?;
    sqlx::query!("delete from ferrodon.deleted_before_arrival where until < now()").execute(&mut *conn).await?;
    sqlx::query!("delete from ferrodon.schedule_slot where slot < now() - interval '8 days'").execute(conn).await?;
    Ok(())
}
