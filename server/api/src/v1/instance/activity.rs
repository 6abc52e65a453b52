//! What happened here in the last twelve weeks.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{Datelike as _, Days, NaiveDate, NaiveTime};
use kv::activity::{self, Counter};
use serde::Serialize;
use shared::{ApiResult, App, Error, cache};

use super::hidden;

const WEEKS: u64 = 12;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/instance/activity", get(list))
}

/// All numbers are text.
#[derive(Debug, Serialize)]
struct Week {
    week: String,
    statuses: String,
    logins: String,
    registrations: String,
}

async fn list(State(app): State<App>) -> ApiResult<Response> {
    if !app.settings().await?.activity_api_enabled || app.config.federation.limited_federation {
        return Ok(hidden());
    }
    let mut weeks = Vec::new();
    for monday in mondays(app.clock.now().date_naive()) {
        weeks.push(week(&app, monday).await.map_err(|_| Error::unavailable())?);
    }
    Ok((cache::for_everyone(&app), Json(weeks)).into_response())
}

async fn week(app: &App, monday: NaiveDate) -> Result<Week, kv::Error> {
    let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(monday);
    Ok(Week {
        week: monday.and_time(NaiveTime::MIN).and_utc().timestamp().to_string(),
        statuses: activity::sum(&app.kv, Counter::Statuses, monday, sunday).await?.to_string(),
        logins: activity::logins(&app.kv, monday, sunday).await?.to_string(),
        registrations: activity::sum(&app.kv, Counter::Accounts, monday, sunday).await?.to_string(),
    })
}

/// This week's Monday and those before it.
fn mondays(today: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let days = u64::from(today.weekday().num_days_from_monday());
    (0..WEEKS).filter_map(move |weeks| today.checked_sub_days(Days::new(days + 7 * weeks)))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::mondays;

    #[test]
    fn weeks_begin_on_monday_and_the_running_one_comes_first() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let found: Vec<_> = mondays(day(25)).collect();
        assert_eq!(found.first(), Some(&day(23)));
        assert_eq!(found.get(1), Some(&day(16)));
        assert_eq!(found.len(), 12);
        assert_eq!(mondays(day(23)).next(), Some(day(23)));
    }
}
