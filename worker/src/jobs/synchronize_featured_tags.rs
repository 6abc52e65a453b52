//! Fetches the featured hashtags of a remote account.

use jobs::inbox::SynchronizeFeaturedTags;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: SynchronizeFeaturedTags) -> Result<(), JobError> {
    super::given_up(inbox::synchronize_featured_tags(&context.inbox(), &job).await)
}
