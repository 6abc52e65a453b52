//! Fetches a remote actor again.

use jobs::account::RefreshAccount;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: RefreshAccount) -> Result<(), JobError> {
    match context.resolver.refresh_account(job.account_id).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_temporary() => Err(error.into()),
        Err(error) => {
            tracing::debug!(%error, account_id = job.account_id, "an account cannot be refreshed");
            Err(JobError::Discard("the account cannot be had"))
        }
    }
}
