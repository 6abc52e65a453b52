//! Somebody asked for the report of a year.

use jobs::account::GenerateAnnualReport;
use services::annual_report::generate;

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: GenerateAnnualReport) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    generate(&mut tx, job.account_id, job.year, context.clock.now_naive()).await?;
    tx.commit().await?;
    let key = kv::key::annual_report(job.account_id, job.year);
    if let Err(error) = kv::async_refresh::finish(&context.kv, &key).await {
        tracing::warn!(%error, "nobody hears that an annual report is there");
    }
    Ok(())
}
