//! What the members of one of the viewer's lists post.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use http::Uri;
use services::feed;
use shared::{ApiResult, App, Auth, ById, Error, Params};

pub(super) async fn show(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    list: Params<ById>,
    params: Params<PageParams>,
) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:lists"])?.account_id;
    let mut conn = app.db.acquire().await?;
    sqlx::query_scalar!("SELECT id FROM lists WHERE id = $1 AND account_id = $2", list.id, account)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or_else(Error::not_found)?;
    let page = feed::list_page(&mut conn, &app.kv, account, list.id, &params, app.clock.now_naive()).await?;
    let statuses = super::statuses(&mut conn, &app, Some(account), &page.ids).await?;
    let links = super::links(&app, &uri, params.raw(), &["limit"], &statuses);
    Ok((links, Json(statuses)).into_response())
}
