//! Slots of the timetable: each is used once, however many schedulers there are.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::error::Result;

/// True for the first who asks for this slot. In one transaction with the job that the slot starts, so that neither is
/// without the other. A scheduler that was paused for an hour finds its slots used.
///
/// # Errors
/// The database's.
pub async fn claim(conn: &mut PgConnection, name: &str, slot: DateTime<Utc>) -> Result<bool> {
    let claimed = sqlx::query!(
        "insert into ferrodon.schedule_slot (name, slot) values ($1, $2) on conflict (name, slot) do nothing",
        name,
        slot
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() == 1)
}
