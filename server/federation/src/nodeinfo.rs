//! NodeInfo 2.0: what runs here and how large it is.

use axum::extract::State;
use axum::response::Response;
use chrono::{Days, NaiveDate};
use db::settings::RegistrationsMode;
use http::header;
use kv::activity;
use serde_json::json;
use shared::{ApiResult, App};

use crate::response::{Caching, with_type};

/// Clients and directories look at the name before anything else; it says which API is spoken.
const SOFTWARE: &str = "mastodon";
const JSON: &str = "application/json; charset=utf-8";

pub(crate) async fn index(State(app): State<App>) -> Response {
    let href = format!("{}/nodeinfo/2.0", app.renderer.uris.base());
    let body = json!({"links": [{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": href}]});
    let mut response = with_type(&body, JSON, Caching { seconds: Some(259_200), vary: "Origin" });
    response.headers_mut().remove(header::VARY);
    response
}

pub(crate) async fn show(State(app): State<App>) -> ApiResult<Response> {
    let settings = app.settings().await?;
    let mut conn = app.db.acquire().await?;
    let counts = sqlx::query!(
        r#"
        SELECT
          (SELECT count(*) FROM users u JOIN accounts a ON a.id = u.account_id
            WHERE u.confirmed_at IS NOT NULL AND a.suspended_at IS NULL) AS "users!",
          (SELECT COALESCE(sum(t.statuses_count), 0)::bigint FROM account_stats t JOIN accounts a ON a.id = t.account_id
            WHERE a.domain IS NULL) AS "statuses!"
        "#
    )
    .fetch_one(&mut *conn)
    .await?;
    drop(conn);
    let today = app.clock.now().date_naive();
    let body = json!({
        "version": "2.0",
        "software": {"name": SOFTWARE, "version": entities::MASTODON_VERSION},
        "protocols": ["activitypub"],
        "services": {"outbound": [], "inbound": []},
        "usage": {
            "users": {
                "total": counts.users,
                "activeMonth": active(&app, today, 28).await,
                "activeHalfyear": active(&app, today, 168).await,
            },
            "localPosts": counts.statuses,
        },
        "openRegistrations": settings.registrations_mode != RegistrationsMode::None && !app.config.federation.single_user_mode,
        "metadata": {"nodeName": settings.site_title, "nodeDescription": settings.site_short_description},
    });
    Ok(with_type(&body, JSON, Caching { seconds: Some(1800), vary: "Accept" }))
}

/// Who signed in within so many days; 0 while Redis is away.
async fn active(app: &App, today: NaiveDate, days: u64) -> u64 {
    let from = today.checked_sub_days(Days::new(days)).unwrap_or(today);
    let until = today.checked_add_days(Days::new(1)).unwrap_or(today);
    activity::logins(&app.kv, from, until).await.unwrap_or_default()
}
