//! The viewer's threads of direct messages. Their cursor is the last message, not the conversation.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use db::{AccountId, PageParams};
use entities::Conversation;
use http::Uri;
use kv::publish::{Channel, Message, publish};
use serde_json::{Value, json};
use shared::{ApiResult, App, Auth, ById, Error, Links, Params};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/conversations", get(list))
        .route("/api/v1/conversations/{id}", delete(remove))
        .route("/api/v1/conversations/{id}/read", post(read))
        .route("/api/v1/conversations/{id}/unread", post(unread))
}

async fn list(State(app): State<App>, auth: Auth, uri: Uri, params: Params<PageParams>) -> ApiResult<Response> {
    let account = auth.require_user(&["read", "read:statuses"])?.account_id;
    let page = params.page(20, 40);
    let mut conn = app.db.acquire().await?;
    let mut rows = sqlx::query!(
        r#"
        SELECT c.id, c.last_status_id AS "last_status_id!" FROM account_conversations c
        WHERE c.account_id = $1 AND c.last_status_id < $2 AND c.last_status_id > $3
        ORDER BY CASE WHEN $4 THEN c.last_status_id END ASC, c.last_status_id DESC
        LIMIT $5
        "#,
        account,
        page.below,
        page.above,
        page.ascending,
        page.limit
    )
    .fetch_all(&mut *conn)
    .await?;
    page.arrange(&mut rows);
    let mut links = Links::new(&app, &uri, params.raw());
    if let Some(last) = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(page.limit)) {
        links = links.next(last.last_status_id);
    }
    if let Some(first) = rows.first() {
        links = links.prev(first.last_status_id);
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let conversations = Conversation::load_many(&mut conn, &app.urls, account, &ids).await?;
    Ok((links, Json(conversations)).into_response())
}

async fn remove(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:conversations"])?.account_id;
    let gone = sqlx::query!("DELETE FROM account_conversations WHERE id = $1 AND account_id = $2", params.id, account)
        .execute(&mut *app.db.acquire().await?)
        .await?;
    if gone.rows_affected() == 0 { Err(Error::not_found()) } else { Ok(Json(json!({}))) }
}

async fn read(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Conversation>> {
    let account = auth.require_user(&["write", "write:conversations"])?.account_id;
    mark(&app, account, params.id, false).await
}

async fn unread(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Conversation>> {
    let account = auth.require_user(&["write", "write:conversations"])?.account_id;
    mark(&app, account, params.id, true).await
}

/// The viewer's other clients hear of it.
async fn mark(app: &App, account: AccountId, id: i64, unread: bool) -> ApiResult<Json<Conversation>> {
    let mut tx = app.db.begin().await?;
    sqlx::query!(
        r#"
        UPDATE account_conversations SET unread = $3, lock_version = lock_version + (unread <> $3)::int
        WHERE id = $1 AND account_id = $2
        "#,
        id,
        account,
        unread
    )
    .execute(&mut *tx)
    .await?;
    let conversation = Conversation::load_many(&mut tx, &app.urls, account, &[id]).await?.pop().ok_or_else(Error::not_found)?;
    tx.commit().await?;
    let told = async { publish(&app.kv, &[(Channel::Direct(account), Message::new("conversation", &conversation)?)]).await };
    if let Err(error) = told.await {
        tracing::warn!(%error, "streams are not told of a conversation");
    }
    Ok(Json(conversation))
}
