//! Acts on an activity that came in.

use jobs::inbox::ProcessInbox;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: ProcessInbox) -> Result<(), JobError> {
    super::given_up(inbox::process(&context.inbox(), job.inbox_id).await)
}
