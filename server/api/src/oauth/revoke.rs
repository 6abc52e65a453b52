//! An application gives a token back.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::oauth_access_tokens;
use http::{HeaderMap, header};
use kv::publish::{self, Channel, Message};
use serde::Deserialize;
use serde_json::json;
use shared::{App, Params};

use super::client::authenticate;
use super::refusal::Refusal;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Revoke {
    token: String,
}

/// A token that nobody knows is as good as revoked; one that belongs to another application is none of the caller's business.
pub(super) async fn create(State(app): State<App>, headers: HeaderMap, params: Params<Revoke>) -> Result<Response, Refusal> {
    let mut tx = app.db.begin().await?;
    let client = authenticate(&mut tx, &headers, params.raw()).await?.ok_or(Refusal::NotYours)?;
    let token = oauth_access_tokens::find(&mut tx, &params.token).await?;
    if let Some(token) = &token {
        if token.application_id.is_some_and(|owner| owner != client.id) {
            return Err(Refusal::NotYours);
        }
        oauth_access_tokens::revoke(&mut tx, &[token.id], app.clock.now_naive()).await?;
        tx.commit().await?;
        kill_streams(&app, token.id).await;
    }
    let headers = [(header::CACHE_CONTROL, "max-age=0, private, must-revalidate"), (header::VARY, "Accept")];
    Ok((headers, Json(json!({}))).into_response())
}

/// Open streams ask the database again at intervals, so that a lost message only delays their end.
async fn kill_streams(app: &App, token: i64) {
    let sent = async {
        let message = Message::bare("kill")?;
        publish::publish(&app.kv, &[(Channel::AccessToken(token), message)]).await
    };
    if let Err(error) = sent.await {
        tracing::warn!(%error, "streams were not told of a revoked token");
    }
}
