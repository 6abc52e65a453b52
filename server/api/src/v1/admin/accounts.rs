//! Accounts as moderators see them, and what is done to them.

mod list;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::AdminAccount;
use serde::Deserialize;
use serde_json::{Value, json};
use services::moderate_account::{ActionKind, Deed, Moderator, Strike, moderate_account, take_action};
use services::revoke_access::end_streams_of;
use shared::{ApiResult, App, Auth, ById, Error, Flag, IdParam, Params, Permission, User};

pub(crate) use list::{AccountFilter, DEFAULT_LIMIT, MAX_LIMIT, Texts, listed};

pub(crate) const READ: [&str; 2] = ["admin:read", "admin:read:accounts"];
const WRITE: [&str; 2] = ["admin:write", "admin:write:accounts"];

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/admin/accounts", get(list::list))
        .route("/api/v1/admin/accounts/{id}", get(show).delete(delete))
        .route("/api/v1/admin/accounts/{id}/action", post(action))
        .route("/api/v1/admin/accounts/{id}/approve", post(approve))
        .route("/api/v1/admin/accounts/{id}/enable", post(enable))
        .route("/api/v1/admin/accounts/{id}/reject", post(reject))
        .route("/api/v1/admin/accounts/{id}/unsensitive", post(unsensitive))
        .route("/api/v1/admin/accounts/{id}/unsilence", post(unsilence))
        .route("/api/v1/admin/accounts/{id}/unsuspend", post(unsuspend))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminAccount>> {
    auth.optional(&READ)?;
    let mut conn = app.db.acquire().await?;
    exists(&mut conn, params.id).await?;
    let viewer = auth.permitted(Permission::ManageUsers)?.account_id;
    loaded(&app, &mut conn, viewer, params.id).await
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    gone(&app, &auth, Permission::DeleteUserData, params.id, Deed::Delete).await
}

async fn reject(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    gone(&app, &auth, Permission::ManageUsers, params.id, Deed::Reject).await
}

async fn approve(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminAccount>> {
    changed(&app, &auth, params.id, Deed::Approve).await
}

async fn enable(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminAccount>> {
    changed(&app, &auth, params.id, Deed::Enable).await
}

async fn unsensitive(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminAccount>> {
    changed(&app, &auth, params.id, Deed::Unsensitive).await
}

async fn unsilence(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminAccount>> {
    changed(&app, &auth, params.id, Deed::Unsilence).await
}

async fn unsuspend(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<AdminAccount>> {
    changed(&app, &auth, params.id, Deed::Unsuspend).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Action {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    report_id: IdParam,
    warning_preset_id: IdParam,
    text: String,
    send_email_notification: Flag,
}

async fn action(State(app): State<App>, auth: Auth, params: Params<Action>) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    exists(&mut *app.db.acquire().await?, params.id).await?;
    let user = auth.permitted(Permission::ManageUsers)?;
    let kind = ActionKind::from_name(&params.kind).ok_or_else(|| services::Error::invalid("Type is not included in the list"))?;
    let strike = Strike {
        kind,
        report: params.report_id.get(),
        preset: params.warning_preset_id.get(),
        text: &params.text,
        notify: params.send_email_notification.given().unwrap_or(true),
    };
    let mut tx = app.db.begin().await?;
    take_action(&mut tx, moderator(user), params.id, &strike).await?;
    tx.commit().await?;
    if matches!(kind, ActionKind::Disable | ActionKind::Suspend) {
        end_streams_of(&app.kv, params.id).await;
    }
    Ok(Json(json!({})))
}

fn moderator(user: &User) -> Moderator {
    Moderator { account: user.account_id, position: user.role_position }
}

async fn gone(app: &App, auth: &Auth, permission: Permission, account: AccountId, deed: Deed) -> ApiResult<Json<Value>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    exists(&mut tx, account).await?;
    let user = auth.permitted(permission)?;
    moderate_account(&mut tx, moderator(user), account, deed).await?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn changed(app: &App, auth: &Auth, account: AccountId, deed: Deed) -> ApiResult<Json<AdminAccount>> {
    auth.optional(&WRITE)?;
    let mut tx = app.db.begin().await?;
    exists(&mut tx, account).await?;
    let user = auth.permitted(Permission::ManageUsers)?;
    moderate_account(&mut tx, moderator(user), account, deed).await?;
    let shown = loaded(app, &mut tx, user.account_id, account).await?;
    tx.commit().await?;
    Ok(shown)
}

async fn loaded(app: &App, conn: &mut PgConnection, viewer: AccountId, id: AccountId) -> ApiResult<Json<AdminAccount>> {
    let mut found = AdminAccount::load_map(conn, &app.urls, Some(viewer), &[id]).await?;
    Ok(Json(found.remove(&id).ok_or_else(Error::not_found)?))
}

/// Whoever asks learns first that there is nobody of this id: recorded so.
async fn exists(conn: &mut PgConnection, id: AccountId) -> ApiResult<()> {
    sqlx::query_scalar!("SELECT id FROM accounts WHERE id = $1", id).fetch_optional(conn).await?.ok_or_else(Error::not_found)?;
    Ok(())
}
