//! The statuses that the signed-in person favourited.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection, StatusId};
use db::{Page, PageParams};
use entities::Status;
use http::Uri;
use services::visibility::keep_visible;
use shared::{ApiResult, App, Auth, Links, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/favourites", get(list))
}

struct Row {
    id: i64,
    status_id: StatusId,
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params<PageParams>) -> ApiResult<(Links, Json<Vec<Status>>)> {
    let account = auth.require_user(&["read", "read:favourites"])?.account_id;
    let page = params.page(20, 40);
    let mut conn = app.db.acquire().await?;
    let rows = rows(&mut conn, account, page).await?;
    let mut links = Links::new(&app, &uri, params.raw());
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        if i64::try_from(rows.len()).is_ok_and(|length| length == page.limit) {
            links = links.next(last.id);
        }
        links = links.prev(first.id);
    }
    let ids: Vec<StatusId> = rows.iter().map(|row| row.status_id).collect();
    let ids = keep_visible(&mut conn, Some(account), &ids).await?;
    Ok((links, Json(Status::load_many(&mut conn, &app.urls, Some(account), &ids).await?)))
}

async fn rows(conn: &mut PgConnection, account: AccountId, page: Page) -> ApiResult<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT id AS "id!", status_id AS "status_id!" FROM (
            (SELECT f.id, f.status_id FROM favourites f JOIN statuses s ON s.id = f.status_id AND s.deleted_at IS NULL
             WHERE $5 AND f.account_id = $1 AND f.id < $2 AND f.id > $3 ORDER BY f.id LIMIT $4)
            UNION ALL
            (SELECT f.id, f.status_id FROM favourites f JOIN statuses s ON s.id = f.status_id AND s.deleted_at IS NULL
             WHERE NOT $5 AND f.account_id = $1 AND f.id < $2 AND f.id > $3 ORDER BY f.id DESC LIMIT $4)
        ) page
        ORDER BY id DESC
        "#,
        account,
        page.below,
        page.above,
        page.limit,
        page.ascending
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
