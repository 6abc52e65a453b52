//! Names somebody in a post who could not be asked for when it came.

use jobs::account::ResolveMention;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: ResolveMention) -> Result<(), JobError> {
    super::given_up(inbox::resolve_mention(&context.inbox(), &job).await)
}
