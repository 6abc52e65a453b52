//! Getting to know accounts of other servers while a client waits: a few at a time, and not for long.

use std::time::Duration;

use futures_util::StreamExt as _;
use shared::App;

const AT_A_TIME: usize = 4;
const PATIENCE: Duration = Duration::from_secs(8);

/// Looks the handles (`user@domain`) up. Those that cannot be had in time stay unknown.
pub(crate) async fn by_handles(app: &App, handles: Vec<String>) {
    let lookups = futures_util::stream::iter(handles).for_each_concurrent(AT_A_TIME, |handle| {
        let resolver = &app.resolver;
        async move {
            if let Err(error) = resolver.resolve(&handle).await {
                tracing::debug!(%error, handle, "a mentioned account was not found");
            }
        }
    });
    if tokio::time::timeout(PATIENCE, lookups).await.is_err() {
        tracing::debug!("not all mentioned accounts were found in time");
    }
}
