//! What an account posted.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::PageParams;
use entities::Status;
use http::Uri;
use serde::Deserialize;
use services::account_statuses::{self, Selection};
use services::visibility::keep_visible;
use shared::{ApiResult, App, Auth, ById, Flag, Links, Params, cache};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts/{id}/statuses", get(list))
}

/// Kept in the links to other pages.
const KEPT: [&str; 7] = ["limit", "pinned", "tagged", "only_media", "exclude_replies", "exclude_reblogs", "exclude_direct"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filter {
    pinned: Flag,
    tagged: Option<String>,
    only_media: Flag,
    exclude_replies: Flag,
    exclude_reblogs: Flag,
    exclude_direct: Flag,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<ById>,
    page: Params<PageParams>,
    filter: Params<Filter>,
) -> ApiResult<(cache::Cache, Links, Json<Vec<Status>>)> {
    auth.optional(&["read", "read:statuses"])?;
    let viewer = auth.account_id();
    let selection = Selection {
        pinned: filter.pinned.is_true(),
        tagged: filter.tagged.clone().filter(|tag| !tag.trim().is_empty()),
        only_media: filter.only_media.is_true(),
        exclude_replies: filter.exclude_replies.is_true(),
        exclude_reblogs: filter.exclude_reblogs.is_true(),
        exclude_direct: filter.exclude_direct.is_true(),
    };
    let bounds = page.page(20, 40);
    let mut conn = app.db.acquire().await?;
    let ids = account_statuses::select(&mut conn, params.id, viewer, &selection, bounds).await?;
    let mut links = Links::keeping(&app, &uri, page.raw(), &KEPT);
    if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
        if i64::try_from(ids.len()).is_ok_and(|length| length == bounds.limit) {
            links = links.next(*last);
        }
        links = links.prev(*first);
    }
    let shown = keep_visible(&mut conn, viewer, &ids).await?;
    let statuses = Status::load_many(&mut conn, &app.urls, viewer, &shown).await?;
    Ok((cache::for_visitors(&app, &auth), links, Json(statuses)))
}
