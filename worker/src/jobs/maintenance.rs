//! One round of what the timetable asks for.

use jobs::domain::RefreshInstances;
use jobs::maintenance::{Maintenance, Task, sweep};

use super::{clean_up, publish_scheduled, refresh_recommendations, refresh_trends, request_trend_reviews};
use crate::context::Context;
use crate::registry::JobError;

pub(crate) async fn run(context: &Context, job: Maintenance) -> Result<(), JobError> {
    match job.task {
        Task::PublishScheduled => publish_scheduled::run(context).await,
        Task::DeleteSuspended => clean_up::people::delete_suspended(context).await,
        Task::CleanUp => clean_up::run(context).await,
        Task::CleanUpFiles => clean_up::make_room(context).await,
        Task::CleanUpFeeds => clean_up::feeds::run(context).await,
        Task::CleanUpStatuses => clean_up::policies::run(context).await,
        // Others ask for it too; two at a time would wait for each other.
        Task::RefreshInstances => Ok(jobs::enqueue(&mut *context.db.acquire().await?, &RefreshInstances {}).await?),
        Task::RefreshRecommendations => refresh_recommendations::run(context).await,
        Task::RefreshTrends => refresh_trends::run(context).await,
        Task::RequestTrendReviews => request_trend_reviews::run(context).await,
        Task::Sweep => Ok(sweep(&mut *context.db.acquire().await?).await?),
    }
}
