//! Fetches one reply that a list names.

use jobs::inbox::FetchReply;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: FetchReply) -> Result<(), JobError> {
    let inbox = context.inbox();
    let Some(root) = job.thread_of else {
        return super::given_up(inbox::fetch_status(&inbox, &job.uri).await.map(drop));
    };
    let fetched = inbox::refetch_status(&inbox, &job.uri).await;
    // Whoever reads the thread does not wait for a server that is to be asked again later.
    inbox::finish_thread_part(&inbox, root, &job.uri, matches!(fetched, Ok(true))).await;
    super::given_up(fetched.map(drop))
}
