//! The views behind suggestions: first what accounts post, then who is recommended, since the second is made of the first.

use crate::context::Context;
use crate::registry::JobError;

/// Readers see the old contents until the new ones stand.
pub(super) async fn run(context: &Context) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    sqlx::query!("REFRESH MATERIALIZED VIEW CONCURRENTLY account_summaries").execute(&mut *conn).await?;
    sqlx::query!("REFRESH MATERIALIZED VIEW CONCURRENTLY global_follow_recommendations").execute(&mut *conn).await?;
    Ok(())
}
