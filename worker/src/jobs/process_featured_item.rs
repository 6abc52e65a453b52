//! Takes an account into a remote collection.

use jobs::inbox::ProcessFeaturedItem;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: ProcessFeaturedItem) -> Result<(), JobError> {
    super::given_up(inbox::process_featured_item(&context.inbox(), &job).await)
}
