//! The list of known servers, made anew.

use jobs::domain::RefreshInstances;

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, _: RefreshInstances) -> Result<(), JobError> {
    db::instances::refresh(&mut *context.db.acquire().await?).await?;
    Ok(())
}
