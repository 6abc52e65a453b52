//! Who favourited a status.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection, StatusId};
use db::{Page, PageParams};
use entities::{Account, Shared};
use http::Uri;
use shared::{ApiResult, App, Auth, ById, Links, Params, cache};

use super::require_visible;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/statuses/{id}/favourited_by", get(list))
}

struct Row {
    cursor: i64,
    account_id: AccountId,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<ById>,
    page: Params<PageParams>,
) -> ApiResult<(cache::Cache, Links, Json<Vec<Shared<Account>>>)> {
    auth.optional(&["read", "read:accounts"])?;
    let viewer = auth.account_id();
    let page_of = page.page_since(40, 80);
    let mut tx = app.db.begin().await?;
    require_visible(&mut tx, viewer, params.id).await?;
    let rows = rows(&mut tx, viewer, params.id, page_of).await?;
    let mut links = Links::new(&app, &uri, page.raw());
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        if i64::try_from(rows.len()).is_ok_and(|length| length == page_of.limit) {
            links = links.next(last.cursor);
        }
        links = links.prev_since(first.cursor);
    }
    let ids: Vec<AccountId> = rows.iter().map(|row| row.account_id).collect();
    let accounts = Account::load_many(&mut tx, &app.urls, viewer, &ids).await?;
    Ok((cache::for_visitors(&app, &auth), links, Json(accounts)))
}

async fn rows(conn: &mut PgConnection, viewer: Option<AccountId>, id: StatusId, page: Page) -> ApiResult<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT f.id AS cursor, f.account_id
        FROM favourites f JOIN accounts a ON a.id = f.account_id AND a.suspended_at IS NULL
        WHERE f.status_id = $1 AND f.id < $2 AND f.id > $3 AND NOT EXISTS (
            SELECT 1 FROM blocks b WHERE (b.account_id, b.target_account_id) IN (($5, a.id), (a.id, $5)))
          AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = $5 AND m.target_account_id = a.id)
        ORDER BY f.id DESC LIMIT $4
        "#,
        id,
        page.below,
        page.above,
        page.limit,
        viewer
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
