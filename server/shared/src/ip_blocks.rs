//! Addresses that administrators shut out altogether; the list is read again every ten seconds, and at once
//! where it was changed.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use ipnetwork::IpNetwork;

use crate::app::App;

const AGE: Duration = Duration::from_secs(10);
/// `no_access` in Mastodon's numbers.
const NO_ACCESS: i32 = 9999;

#[derive(Default)]
pub(crate) struct IpBlocks {
    known: ArcSwapOption<(Instant, Vec<IpNetwork>)>,
}

impl IpBlocks {
    /// The next request sees what the database has.
    pub(crate) fn forget(&self) {
        self.known.store(None);
    }

    /// Without an answer from the database the last list counts; without any list nobody is blocked.
    pub(crate) async fn contains(&self, app: &App, address: IpAddr) -> bool {
        let known = self.known.load_full();
        let list = match known {
            Some(known) if known.0.elapsed() < AGE => known,
            older => match read(app).await {
                Ok(list) => {
                    let fresh = Arc::new((Instant::now(), list));
                    self.known.store(Some(fresh.clone()));
                    fresh
                }
                Err(error) => {
                    tracing::warn!(%error, "could not read the blocked addresses");
                    match older {
                        Some(older) => older,
                        None => return false,
                    }
                }
            },
        };
        list.1.iter().any(|range| range.contains(address))
    }
}

async fn read(app: &App) -> Result<Vec<IpNetwork>, sqlx::Error> {
    let mut conn = app.db.acquire().await?;
    sqlx::query_scalar!(
        "SELECT ip FROM ip_blocks WHERE severity = $1 AND (expires_at IS NULL OR expires_at > $2)",
        NO_ACCESS,
        app.clock.now_naive()
    )
    .fetch_all(&mut *conn)
    .await
}
