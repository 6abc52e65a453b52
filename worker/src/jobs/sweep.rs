//! Takes what has served its time out of schema `ferrodon`.

use jobs::maintenance::{Sweep, sweep};

use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, _: Sweep) -> Result<(), JobError> {
    sweep(&mut *context.db.acquire().await?).await?;
    Ok(())
}
