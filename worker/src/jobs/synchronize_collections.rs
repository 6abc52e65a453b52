//! Fetches the collections of accounts that a remote account keeps.

use jobs::inbox::SynchronizeCollections;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: SynchronizeCollections) -> Result<(), JobError> {
    super::given_up(inbox::synchronize_collections(&context.inbox(), &job).await)
}
