//! Looks for the whole thread below a remote status.

use jobs::inbox::FetchAllReplies;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: FetchAllReplies) -> Result<(), JobError> {
    super::given_up(inbox::fetch_all_replies(&context.inbox(), &job).await)
}
