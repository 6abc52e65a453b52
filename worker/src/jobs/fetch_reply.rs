//! Fetches one reply that a list names.

use jobs::inbox::FetchReply;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: FetchReply) -> Result<(), JobError> {
    super::given_up(inbox::fetch_status(&context.inbox(), &job.uri).await.map(drop))
}
