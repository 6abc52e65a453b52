//! What the web client remembers about itself; the server keeps it as it comes.

use axum::extract::State;
use axum::routing::put;
use axum::{Json, Router};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, Error, Params, Session};

/// A client that remembers more is not ours. In bytes.
const LARGEST: usize = 256 * 1024;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/web/settings", put(update).patch(update))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {}

async fn update(
    State(app): State<App>,
    session: Session,
    headers: HeaderMap,
    auth: Auth,
    params: Params<Update>,
    method: http::Method,
) -> ApiResult<Json<Value>> {
    session.check_form(&app, &headers, params.raw_params(), &method.as_str().to_ascii_lowercase())?;
    let user = auth.require_signed_in()?;
    let data = params.raw().get("data");
    if data.is_some_and(|data| data.to_string().len() > LARGEST) {
        return Err(Error::unprocessable("Validation failed: Data is too long"));
    }
    let mut tx = app.db.begin().await?;
    sqlx::query!(
        "INSERT INTO web_settings (user_id, data, created_at, updated_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (user_id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at",
        user.id,
        data,
        app.clock.now_naive()
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
