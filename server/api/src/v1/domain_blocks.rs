//! Servers that one blocks.

mod preview;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, Page, PageParams, PgConnection};
use http::Uri;
use serde::Deserialize;
use serde_json::{Value, json};
use services::block_domain::{block_domain, unblock_domain};
use shared::{ApiResult, App, Auth, Links, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/domain_blocks", get(list).post(create).delete(delete)).merge(preview::routes())
}

const WRITE: [&str; 3] = ["follow", "write", "write:blocks"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Domain {
    domain: String,
}

struct Row {
    id: i64,
    domain: String,
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, page: Params<PageParams>) -> ApiResult<(Links, Json<Vec<String>>)> {
    let viewer = auth.require_user(&["follow", "read", "read:blocks"])?.account_id;
    let bounds = page.page_since(100, 200);
    let rows = rows(&mut *app.db.acquire().await?, viewer, bounds).await?;
    let mut links = Links::new(&app, &uri, page.raw());
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        if i64::try_from(rows.len()).is_ok_and(|length| length == bounds.limit) {
            links = links.next(last.id);
        }
        links = links.prev_since(first.id);
    }
    Ok((links, Json(rows.into_iter().map(|row| row.domain).collect())))
}

async fn rows(conn: &mut PgConnection, viewer: AccountId, page: Page) -> ApiResult<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, domain FROM account_domain_blocks WHERE account_id = $1 AND id < $2 AND id > $3 ORDER BY id DESC LIMIT $4",
        viewer,
        page.below,
        page.above,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Domain>) -> ApiResult<Json<Value>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    block_domain(&mut tx, viewer, &params.domain).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<Domain>) -> ApiResult<Json<Value>> {
    let viewer = auth.require_user(&WRITE)?.account_id;
    let mut tx = app.db.begin().await?;
    unblock_domain(&mut tx, viewer, &params.domain).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
