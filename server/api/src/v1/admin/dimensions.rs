//! Figures of the dashboard by kind.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime};
use entities::AdminDimension;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::metrics::{About, Dimension, Period, Subject, dimension};
use shared::{ApiResult, App, Auth, Error, OneOrMany, Params, Permission};

pub(super) const READ: [&str; 1] = ["admin:read"];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/admin/dimensions", post(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    keys: OneOrMany<String>,
    start_at: String,
    end_at: String,
    limit: Option<i64>,
}

async fn list(State(app): State<App>, auth: Auth, query: Params<Query>) -> ApiResult<Json<Vec<AdminDimension>>> {
    auth.optional(&READ)?;
    let period = match (moment(&query.start_at)?, moment(&query.end_at)?) {
        (Some(start), Some(end)) => Some(Period { start, end }),
        _ => None,
    };
    let mut asked = Vec::new();
    for dimension in query.keys.0.iter().filter_map(|key| Dimension::from_key(key)) {
        asked.push((dimension, about(dimension.subject(), dimension.key(), query.raw())?));
    }
    auth.require_permission(&READ, Permission::ViewDashboard)?;
    let limit = query.limit.map(|limit| limit.max(0));
    let mut conn = app.db.acquire().await?;
    let mut dimensions = Vec::with_capacity(asked.len());
    for (kind, about) in asked {
        let counted = dimension(&mut conn, &app.kv, kind, &about, period, limit, app.urls.local_domain()).await?;
        dimensions.push(counted);
    }
    Ok(Json(dimensions))
}

/// What stands under the figure's own name among the parameters, for figures that are about one thing.
pub(super) fn about(subject: Subject, key: &str, params: &Map<String, Value>) -> ApiResult<About> {
    if subject == Subject::Server {
        return Ok(About::default());
    }
    let Some(Value::Object(own)) = params.get(key).filter(|own| own.as_object().is_some_and(|own| !own.is_empty())) else {
        return Err(Error::missing_param(key));
    };
    let text = |name: &str| match own.get(name) {
        Some(Value::String(text)) => text.replace('\0', ""),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let given = |name: &str| !matches!(own.get(name), None | Some(Value::Null | Value::Bool(false)));
    Ok(About {
        tag: text("id").parse().unwrap_or_default(),
        domain: text("domain"),
        include_subdomains: given("include_subdomains"),
    })
}

/// A date, or a date with time; blank is none. Without an offset it is UTC.
pub(super) fn moment(text: &str) -> ApiResult<Option<NaiveDateTime>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let with_offset = || DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)).ok();
    let without = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    };
    let date = || {
        let found = ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d"].iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
        found.map(NaiveDateTime::from)
    };
    with_offset()
        .map(|moment| moment.naive_utc())
        .or_else(without)
        .or_else(date)
        .filter(|moment| (1..5000).contains(&moment.year()))
        .map(Some)
        .ok_or_else(|| Error::unprocessable("Invalid date supplied"))
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn dates_and_moments_are_read_and_nonsense_is_refused() {
        let read = |text: &str| moment(text).unwrap().unwrap().to_string();
        assert_eq!(read("2026-11-22"), "2026-11-22 00:00:00");
        assert_eq!(read("2026-11-22T10:00:00.000+02:00"), "2026-11-22 08:00:00");
        assert_eq!(read("2026-11-22T10:00:00"), "2026-11-22 10:00:00");
        assert_eq!(moment(" ").unwrap(), None);
        for nonsense in ["yesterday", "2026-13-01", "999999-01-01", "2026-11-22T99:00:00Z"] {
            assert_eq!(moment(nonsense).unwrap_err().status(), 422, "{nonsense}");
        }
    }
}
