//! Who may see a status, and who would rather not. Endpoints ask here before they load entities.
//!
//! The statement itself is `db::statuses::visible`, because the entity of a quote needs it as well.

use std::collections::{HashMap, HashSet};

use db::statuses::{self, AversionRow};
use db::{AccountId, PgConnection, StatusId};

/// Those of `ids` that `viewer` may see, in the same order.
///
/// Direct and limited statuses are for the author and the mentioned, private ones for followers too, all others for everybody
/// whom the author does not block (nor their server). Nothing of a suspended account is seen, and no boost of what is unseen.
///
/// # Errors
/// The database failed.
pub async fn keep_visible(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<StatusId>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let visible: HashSet<StatusId> = statuses::visible(conn, viewer, ids).await?.into_iter().collect();
    Ok(ids.iter().copied().filter(|id| visible.contains(id)).collect())
}

/// # Errors
/// The database failed.
pub async fn is_visible(conn: &mut PgConnection, viewer: Option<AccountId>, id: StatusId) -> Result<bool, sqlx::Error> {
    Ok(!keep_visible(conn, viewer, &[id]).await?.is_empty())
}

/// Those of `ids` that `viewer` may see and wants to see in threads and lists, in the same order: without accounts on
/// either side of a block, muted accounts, blocked servers, and limited accounts that the viewer does not follow. A boost goes
/// with whom it boosts as well. The viewer's own statuses always stay.
///
/// # Errors
/// The database failed.
pub async fn keep_listable(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<StatusId>, sqlx::Error> {
    let visible = keep_visible(conn, viewer, ids).await?;
    if visible.is_empty() {
        return Ok(visible);
    }
    let aversions = statuses::aversions(conn, viewer, &visible).await?;
    let aversions: HashMap<StatusId, AversionRow> = aversions.into_iter().map(|row| (row.status_id, row)).collect();
    Ok(visible.into_iter().filter(|id| aversions.get(id).is_none_or(is_wanted)).collect())
}

fn is_wanted(row: &AversionRow) -> bool {
    !(row.blocking || row.blocked_by || row.blocking_domain || row.muting || row.silenced)
}
