//! How far the viewer has read.

use db::{PgConnection, UserId};
use serde::Serialize;

use crate::Id;
use crate::timestamp::Millis;

#[derive(Debug, Clone, Serialize)]
pub struct Marker {
    pub last_read_id: Id,
    pub version: i32,
    pub updated_at: Millis,
}

/// By timeline; those that were not asked for or never set are left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Markers {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<Marker>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Marker>,
}

impl Markers {
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, user: UserId, timelines: &[String]) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT timeline, last_read_id, lock_version, updated_at FROM markers WHERE user_id = $1 AND timeline = ANY($2)",
            user,
            timelines,
        )
        .fetch_all(conn)
        .await?;
        let mut markers = Self::default();
        for row in rows {
            let marker =
                Marker { last_read_id: Id(row.last_read_id), version: row.lock_version, updated_at: Millis(row.updated_at) };
            match row.timeline.as_str() {
                "home" => markers.home = Some(marker),
                "notifications" => markers.notifications = Some(marker),
                _ => {}
            }
        }
        Ok(markers)
    }
}
