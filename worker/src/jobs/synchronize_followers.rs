//! Compares our follows of a remote account with what its server knows.

use jobs::delivery::SynchronizeFollowers;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: SynchronizeFollowers) -> Result<(), JobError> {
    super::given_up(inbox::synchronize_followers(&context.inbox(), &job).await)
}
