//! What goes by age, in Mastodon's measures. Everything goes in pieces, each with a transaction of its own, so that a round which
//! is broken off has done what it has done.

pub(super) mod feeds;
mod files;
pub(super) mod people;
pub(super) mod policies;
mod statuses;
mod walk;

use std::future::Future;

use crate::context::Context;
use crate::registry::JobError;

/// Rows of one piece.
const PIECE: i64 = 1_000;

/// Once a night.
pub(super) async fn run(context: &Context) -> Result<(), JobError> {
    let mut rest = Rest::default();
    rest.doing("people who never confirmed", people::unconfirmed(context)).await;
    rest.doing("tokens", people::tokens(context)).await;
    rest.doing("sessions and addresses", people::sessions(context)).await;
    rest.doing("forms that were not sent", people::unfinished(context)).await;
    rest.doing("posts that were deleted long ago", statuses::discarded(context)).await;
    rest.done()
}

/// Once an hour, up to a limit.
pub(super) async fn make_room(context: &Context) -> Result<(), JobError> {
    let settings = db::settings::load(&mut *context.db.acquire().await?).await?;
    let before = |days: Option<i64>| days.and_then(chrono::TimeDelta::try_days).map(|age| context.clock.now_naive() - age);
    let mut rest = Rest::default();
    rest.doing("files that nobody posted", files::unattached(context)).await;
    if let Some(before) = before(settings.media_cache_retention_period) {
        rest.doing("cached media", files::cached_media(context, before)).await;
        rest.doing("pictures of cards", files::card_images(context, before)).await;
    }
    if let Some(before) = before(settings.content_cache_retention_period) {
        rest.doing("posts of other servers", statuses::cached(context, before)).await;
    }
    if let Some(before) = before(settings.backups_retention_period) {
        rest.doing("archives", files::backups(context, before)).await;
    }
    rest.done()
}

/// What fails does not keep the others from being done.
#[derive(Default)]
struct Rest(Option<JobError>);

impl Rest {
    async fn doing(&mut self, what: &'static str, part: impl Future<Output = Result<u64, JobError>>) {
        match part.await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(target: "ferrodon", removed, "cleaned up: {what}"),
            Err(error) => {
                tracing::warn!(target: "ferrodon", ?error, "could not clean up: {what}");
                self.0 = Some(error);
            }
        }
    }

    fn done(self) -> Result<(), JobError> {
        self.0.map_or(Ok(()), Err)
    }
}
