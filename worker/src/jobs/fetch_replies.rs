//! Reads the list of replies that a post's own server keeps.

use jobs::inbox::FetchReplies;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: FetchReplies) -> Result<(), JobError> {
    super::given_up(inbox::fetch_replies(&context.inbox(), &job).await)
}
