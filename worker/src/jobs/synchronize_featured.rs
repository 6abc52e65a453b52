//! Fetches the pinned statuses of a remote account.

use jobs::inbox::SynchronizeFeatured;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: SynchronizeFeatured) -> Result<(), JobError> {
    super::given_up(inbox::synchronize_featured(&context.inbox(), &job).await)
}
