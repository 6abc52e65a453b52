//! The statuses that quote one, and taking a quote back.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{Page, PageParams};
use db::{PgConnection, StatusId};
use entities::Status;
use http::Uri;
use serde::Deserialize;
use services::quote;
use services::visibility::{keep_listable, keep_visible};
use shared::{ApiResult, App, Auth, ById, Error, Links, Params};

use super::{READ, WRITE, answer, require_visible, user_who_sees};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/statuses/{id}/quotes", get(list))
        .route("/api/v1/statuses/{id}/quotes/{quoting_id}/revoke", post(revoke))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Revoke {
    id: i64,
    quoting_id: i64,
}

struct QuoteRow {
    id: i64,
    status_id: StatusId,
}

async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<ById>,
    page: Params<PageParams>,
) -> ApiResult<(Links, Json<Vec<Status>>)> {
    let viewer = auth.account_id();
    let page_of = page.page_since(20, 40);
    let mut tx = app.db.begin().await?;
    require_visible(&mut tx, viewer, params.id).await?;
    auth.require_token(&READ)?;
    let author = sqlx::query_scalar!("SELECT account_id FROM statuses WHERE id = $1", params.id)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or_else(Error::not_found_plain)?;
    let quotes = quotes(&mut tx, params.id, page_of).await?;
    let mut links = Links::new(&app, &uri, page.raw());
    if let (Some(first), Some(last)) = (quotes.first(), quotes.last()) {
        if i64::try_from(quotes.len()).is_ok_and(|length| length == page_of.limit) {
            links = links.next(last.id);
        }
        links = links.prev_since(first.id);
    }
    let ids: Vec<StatusId> = quotes.iter().map(|quote| quote.status_id).collect();
    // Authors see all who quote them, also whom they would rather not.
    let ids = if viewer == Some(author) {
        keep_visible(&mut tx, viewer, &ids).await?
    } else {
        keep_listable(&mut tx, viewer, &ids).await?
    };
    Ok((links, Json(Status::load_many(&mut tx, &app.urls, viewer, &ids).await?)))
}

async fn quotes(conn: &mut PgConnection, quoted: StatusId, page: Page) -> ApiResult<Vec<QuoteRow>> {
    let rows = sqlx::query_as!(
        QuoteRow,
        r#"
        SELECT q.id, q.status_id FROM quotes q JOIN statuses s ON s.id = q.status_id AND s.deleted_at IS NULL
        WHERE q.quoted_status_id = $1 AND q.state = 1 AND q.id < $2 AND q.id > $3
        ORDER BY q.id DESC LIMIT $4
        "#,
        quoted,
        page.below,
        page.above,
        page.limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

async fn revoke(State(app): State<App>, auth: Auth, params: Params<Revoke>) -> ApiResult<Json<Status>> {
    let account = user_who_sees(&app, &auth, params.id, &WRITE).await?;
    let mut tx = app.db.begin().await?;
    quote::revoke(&mut tx, account, params.id, params.quoting_id).await?;
    answer(&app, tx, account, params.quoting_id).await
}
