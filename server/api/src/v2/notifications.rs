//! What happened to the viewer, with what belongs together told as one.

mod accounts;
pub(crate) mod policy;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use db::notifications::{self, Browse, GROUPABLE, Group};
use db::{AccountId, NotificationId, Page, PageParams, PgConnection};
use entities::{GroupRow, GroupedNotificationsResults};
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, Error, Links, OneOrMany, Params};

use crate::v1::notifications::{count_limit, delete_all, last_read};

const DEFAULT_LIMIT: i64 = 40;
const MAX_LIMIT: i64 = 80;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v2/notifications", get(list))
        .route("/api/v2/notifications/clear", post(clear))
        .route("/api/v2/notifications/unread_count", get(unread_count))
        .route("/api/v2/notifications/{group_key}", get(show))
        .route("/api/v2/notifications/{group_key}/dismiss", post(dismiss))
        .merge(accounts::routes())
        .merge(policy::routes())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct List {
    types: OneOrMany<String>,
    exclude_types: OneOrMany<String>,
    grouped_types: OneOrMany<String>,
    include_filtered: bool,
    expand_accounts: Option<String>,
}

impl List {
    fn browse(&self) -> Browse {
        Browse::new(&self.types.0, &self.exclude_types.0, self.include_filtered, None)
    }

    /// Types that may be grouped and are wanted so; all of them unless some are named.
    fn grouped(&self) -> Vec<String> {
        let wanted = |name: &&str| self.grouped_types.0.is_empty() || self.grouped_types.0.iter().any(|asked| asked == name);
        GROUPABLE.into_iter().filter(wanted).map(str::to_owned).collect()
    }

    fn partial(&self) -> ApiResult<bool> {
        match self.expand_accounts.as_deref().filter(|text| !text.is_empty()) {
            None | Some("full") => Ok(false),
            Some("partial_avatars") => Ok(true),
            Some(other) => Err(Error::bad_request(format!(
                "Invalid value for 'expand_accounts': '{other}', allowed values are 'full' and 'partial_avatars'"
            ))),
        }
    }
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<List>,
    page_params: Params<PageParams>,
) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let partial = params.partial()?;
    let page = page_params.page(DEFAULT_LIMIT, MAX_LIMIT);
    let mut conn = app.db.acquire().await?;
    let groups = notifications::group_page(&mut conn, account, &params.browse(), &params.grouped(), &page).await?;
    let rows = rows(&mut conn, account, &groups, &page, &page_params).await?;
    let results = GroupedNotificationsResults::load(&mut conn, &app.urls, account, &rows, partial).await?;
    let kept = ["limit", "include_filtered", "types", "exclude_types", "grouped_types", "supported_types"];
    let mut links = Links::keeping(&app, &uri, params.raw(), &kept);
    if let (Some(first), Some(last)) = (groups.first(), groups.last()) {
        links = links.next(last.id).prev(first.id);
    }
    Ok((links, Json(results)).into_response())
}

/// How far the page reaches, ends included. An incomplete page reaches as far as was asked for.
fn reach(groups: &[Group], page: &Page, params: &PageParams) -> (NotificationId, NotificationId) {
    let newest = groups.first().map_or(i64::MAX, |group| group.id);
    let oldest = groups.last().map_or(i64::MIN, |group| group.id);
    let incomplete = i64::try_from(groups.len()).is_ok_and(|count| count < page.limit);
    match (incomplete, params.min_id.is_some()) {
        (false, _) => (oldest, newest),
        (true, true) => (oldest, params.max_id.map_or(i64::MAX, |max| max.saturating_sub(1))),
        (true, false) => (params.since_id.map_or(i64::MIN, |since| since.saturating_add(1)), newest),
    }
}

async fn rows(
    conn: &mut PgConnection,
    account: AccountId,
    groups: &[Group],
    page: &Page,
    params: &PageParams,
) -> ApiResult<Vec<GroupRow>> {
    let keys: Vec<String> = groups.iter().filter_map(|group| group.group_key.clone()).collect();
    let (from, to) = reach(groups, page, params);
    let known = notifications::summarize_page(conn, account, &keys, from, to).await?;
    let rows = groups.iter().map(|group| {
        let data = known.iter().find(|data| Some(&data.group_key) == group.group_key.as_ref());
        match data {
            Some(data) => GroupRow {
                most_recent_id: data.most_recent_id,
                count: data.count,
                page: Some((data.min_id.unwrap_or(data.most_recent_id), data.most_recent_id, data.latest_at)),
                sample_account_ids: data.sample_account_ids.clone(),
                ungrouped: false,
            },
            None => GroupRow {
                most_recent_id: group.id,
                count: 1,
                page: Some((group.id, group.id, group.created_at)),
                sample_account_ids: vec![group.from_account_id],
                ungrouped: true,
            },
        }
    });
    Ok(rows.collect())
}

async fn unread_count(
    State(app): State<App>,
    auth: Auth,
    params: Params<List>,
    page: Params<PageParams>,
) -> ApiResult<Json<Value>> {
    let user = auth.require_user(&["read", "read:notifications"])?;
    let mut conn = app.db.acquire().await?;
    let last_read = last_read(&mut conn, user.id).await?;
    let limit = count_limit(page.limit);
    let (browse, grouped) = (params.browse(), params.grouped());
    let count = notifications::count_groups_above(&mut conn, user.account_id, &browse, &grouped, last_read, limit).await?;
    Ok(Json(json!({ "count": count })))
}

/// A group by its key, or a notification that stands alone by `ungrouped-` and its id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ByKey {
    group_key: String,
}

impl ByKey {
    fn ungrouped(&self) -> Option<NotificationId> {
        self.group_key.strip_prefix("ungrouped-")?.parse().ok()
    }
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ByKey>) -> ApiResult<Json<GroupedNotificationsResults>> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    let mut conn = app.db.acquire().await?;
    let group = sqlx::query_as!(
        Group,
        r#"
        SELECT n.id, n.account_id, n.from_account_id, n.created_at,
               CASE WHEN n.type IN ('favourite', 'reblog', 'follow', 'admin.sign_up') THEN n.group_key END AS group_key
        FROM notifications n JOIN accounts sender ON sender.id = n.from_account_id AND sender.suspended_at IS NULL
        WHERE n.account_id = $1 AND (n.id = $2 OR n.group_key = $3)
        ORDER BY n.id DESC
        LIMIT 1
        "#,
        account,
        params.ungrouped(),
        params.group_key
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or_else(Error::not_found)?;
    let keys: Vec<String> = group.group_key.iter().cloned().collect();
    let data = notifications::summarize(&mut conn, account, &keys).await?.into_iter().next();
    let row = match data {
        Some(data) => GroupRow {
            most_recent_id: data.most_recent_id,
            count: data.count,
            page: None,
            sample_account_ids: data.sample_account_ids,
            ungrouped: false,
        },
        None => GroupRow {
            most_recent_id: group.id,
            count: 1,
            page: None,
            sample_account_ids: vec![group.from_account_id],
            ungrouped: true,
        },
    };
    Ok(Json(GroupedNotificationsResults::load(&mut conn, &app.urls, account, &[row], false).await?))
}

/// Unknown keys are no error.
async fn dismiss(State(app): State<App>, auth: Auth, params: Params<ByKey>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    sqlx::query!(
        "DELETE FROM notifications WHERE account_id = $1 AND (id = $2 OR group_key = $3)",
        account,
        params.ungrouped(),
        params.group_key
    )
    .execute(&mut *app.db.acquire().await?)
    .await?;
    Ok(Json(json!({})))
}

async fn clear(State(app): State<App>, auth: Auth) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    delete_all(&mut *app.db.acquire().await?, account).await?;
    Ok(Json(json!({})))
}
