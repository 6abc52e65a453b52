//! Public statuses with a link that trends, by people who want to be found.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use http::Uri;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Error, Params, cache};

use super::{DEFAULT_LIMIT, Halves, MAX_LIMIT};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Show {
    url: String,
}

pub(super) async fn show(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<Show>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let user = auth.optional(&["read", "read:statuses"])?;
    let settings = app.settings().await?;
    let access = (settings.local_topic_feed_access, settings.remote_topic_feed_access);
    let halves = Halves::open(&auth, false, false, access.0, access.1)?;
    if params.url.contains('\0') {
        return Err(Error::not_found());
    }
    let mut conn = app.db.acquire().await?;
    let card = sqlx::query_scalar!(
        r#"
        SELECT c.id FROM preview_cards c JOIN preview_card_trends t ON t.preview_card_id = c.id
        WHERE c.url = $1 AND t.allowed
        LIMIT 1
        "#,
        params.url
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or_else(Error::not_found)?;
    if halves.none() {
        return Ok((cache::for_visitors(&app, &auth), Json([(); 0])).into_response());
    }
    let mut query = super::public_statuses();
    query.push(" AND author.discoverable AND EXISTS (SELECT 1 FROM preview_cards_statuses c WHERE c.status_id = s.id");
    query.push(" AND c.preview_card_id = ").push_bind(card).push(")");
    super::push_halves(&mut query, halves);
    if let Some(user) = user {
        super::push_viewer(&mut query, user.account_id);
    }
    let ids = super::ids(&mut conn, query, &page.page(DEFAULT_LIMIT, MAX_LIMIT)).await?;
    let statuses = super::statuses(&mut conn, &app, auth.account_id(), &ids).await?;
    let links = super::links(&app, &uri, params.raw(), &["url", "limit"], &statuses);
    Ok((cache::for_visitors(&app, &auth), links, Json(statuses)).into_response())
}
