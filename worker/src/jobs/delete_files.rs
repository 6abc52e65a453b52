//! Takes files out of the store whose rows are gone.

use jobs::media::DeleteFiles;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: DeleteFiles) -> Result<(), JobError> {
    for key in &job.keys {
        context.store.delete(key).await?;
    }
    Ok(())
}
