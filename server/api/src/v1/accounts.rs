//! Accounts: looked at, and what one may do with them.

mod block;
pub(crate) mod collections;
mod email_subscriptions;
mod endorse;
mod endorsements;
mod familiar_followers;
mod featured_tags;
mod follow;
mod followers;
mod following;
mod identity_proofs;
pub(crate) mod in_collections;
mod lists;
mod lookup;
mod mute;
mod note;
mod relationships;
mod remove_from_followers;
mod search;
mod sign_up;
mod statuses;
pub(super) mod update_credentials;
mod verify_credentials;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection, Tx};
use entities::{Account, Relationship, Shared};
use serde::Deserialize;
use shared::{ApiResult, App, Auth, ById, Error, OneOrMany, Params, cache};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts", get(list))
        .route("/api/v1/accounts/{id}", get(show))
        .merge(block::routes())
        .merge(email_subscriptions::routes())
        .merge(collections::under("/api/v1"))
        .merge(endorse::routes())
        .merge(endorsements::routes())
        .merge(familiar_followers::routes())
        .merge(featured_tags::routes())
        .merge(follow::routes())
        .merge(followers::routes())
        .merge(following::routes())
        .merge(identity_proofs::routes())
        .merge(in_collections::under("/api/v1"))
        .merge(lists::routes())
        .merge(lookup::routes())
        .merge(mute::routes())
        .merge(note::routes())
        .merge(relationships::routes())
        .merge(remove_from_followers::routes())
        .merge(search::routes())
        .merge(sign_up::routes())
        .merge(statuses::routes())
        .merge(update_credentials::routes())
        .merge(verify_credentials::routes())
}

/// More ids in one request are refused.
const MAX_IDS: usize = 40;
const READ: [&str; 2] = ["read", "read:accounts"];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ids {
    id: OneOrMany<i64>,
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Ids>) -> ApiResult<Json<Vec<Shared<Account>>>> {
    auth.optional(&READ)?;
    if params.id.0.len() > MAX_IDS {
        return Err(Error::unprocessable("Validation failed: Too many IDs"));
    }
    let mut conn = app.db.acquire().await?;
    let ids = reachable(&mut conn, &params.id.0).await?;
    Ok(Json(Account::load_many(&mut conn, &app.urls, auth.account_id(), &ids).await?))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<(cache::Cache, Json<Shared<Account>>)> {
    auth.optional(&READ)?;
    let mut conn = app.db.acquire().await?;
    require_reachable(&mut conn, params.id).await?;
    let account = Account::load(&mut conn, &app.urls, auth.account_id(), params.id).await?.ok_or_else(Error::not_found)?;
    Ok((cache::for_visitors(&app, &auth), Json(account)))
}

/// Those of `ids` whom one can meet: everybody but local people who have not confirmed their address or are not let in yet.
async fn reachable(conn: &mut PgConnection, ids: &[AccountId]) -> ApiResult<Vec<AccountId>> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT a.id FROM accounts a LEFT JOIN users u ON u.account_id = a.id
        WHERE a.id = ANY($1) AND (a.domain IS NOT NULL OR (u.confirmed_at IS NOT NULL AND u.approved))
        ORDER BY a.id DESC
        "#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// # Errors
/// 404 unless the account can be met.
async fn require_reachable(conn: &mut PgConnection, id: AccountId) -> ApiResult<()> {
    if reachable(conn, &[id]).await?.is_empty() { Err(Error::not_found()) } else { Ok(()) }
}

/// # Errors
/// 404 unless there is such an account.
async fn require_account(conn: &mut PgConnection, id: AccountId) -> ApiResult<()> {
    let exists =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM accounts WHERE id = $1) AS "exists!""#, id).fetch_one(conn).await?;
    if exists { Ok(()) } else { Err(Error::not_found()) }
}

/// The answer to what somebody did with an account: how both stand now. Commits.
pub(super) async fn answer(app: &App, mut tx: Tx, viewer: AccountId, id: AccountId) -> ApiResult<Json<Relationship>> {
    let relationship = Relationship::load(&mut tx, &app.urls, viewer, id).await?.ok_or_else(Error::not_found)?;
    tx.commit().await?;
    Ok(Json(relationship))
}
