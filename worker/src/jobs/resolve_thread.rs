//! Fetches the parent of a reply that arrived before it.

use jobs::inbox::ResolveThread;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: ResolveThread) -> Result<(), JobError> {
    super::given_up(inbox::resolve_thread(&context.inbox(), &job).await)
}
