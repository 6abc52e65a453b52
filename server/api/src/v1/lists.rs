//! The viewer's lists.

mod accounts;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, ListId, PgConnection};
use entities::{List, REPLIES_POLICIES};
use kv::feed::{FeedKey, clear};
use serde::Deserialize;
use serde_json::{Value, json};
use services::error::Validation;
use shared::{ApiResult, App, Auth, ById, Error, Flag, Params};

const MAX_TITLE: usize = 256;
const MAX_LISTS: i64 = 50;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/lists", get(list).post(create))
        .route("/api/v1/lists/{id}", get(show).put(update).patch(update).delete(delete))
        .merge(accounts::routes())
}

async fn list(State(app): State<App>, auth: Auth) -> ApiResult<Json<Vec<List>>> {
    let account = auth.require_user(&["read", "read:lists"])?.account_id;
    Ok(Json(List::load_all(&mut *app.db.acquire().await?, account).await?))
}

/// One of the viewer's own; others do not exist for them.
async fn load(conn: &mut PgConnection, account: AccountId, id: ListId) -> ApiResult<List> {
    let row = sqlx::query!("SELECT title, replies_policy, exclusive FROM lists WHERE id = $1 AND account_id = $2", id, account)
        .fetch_optional(conn)
        .await?
        .ok_or_else(Error::not_found)?;
    Ok(List::new(id, row.title, row.replies_policy, row.exclusive))
}

async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<List>> {
    let account = auth.require_user(&["read", "read:lists"])?.account_id;
    Ok(Json(load(&mut *app.db.acquire().await?, account, params.id).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Write {
    id: ListId,
    title: Option<String>,
    replies_policy: Option<String>,
    exclusive: Flag,
}

impl Write {
    /// What is to be written; what is left out is `None`.
    fn checked(&self, title_needed: bool, full: bool) -> ApiResult<(Option<String>, Option<i32>)> {
        let mut found = Validation::default();
        let policy = match self.replies_policy.as_deref() {
            None => None,
            Some(word) => REPLIES_POLICIES.iter().position(|known| *known == word),
        };
        if self.replies_policy.is_some() && policy.is_none() {
            found.add("replies_policy", "Replies policy", "ERR_INCLUSION", "is not included in the list");
        }
        let title = self.title.as_ref().map(|title| title.replace('\0', ""));
        if title.as_deref().map_or(title_needed, |title| title.trim().is_empty()) {
            found.add("title", "Title", "ERR_BLANK", "can't be blank");
        }
        if title.as_deref().is_some_and(|title| title.chars().count() > MAX_TITLE) {
            found.add("title", "Title", "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_TITLE} characters)"));
        }
        if full {
            found.add("base", "", "ERR_LIMIT", "You have reached the maximum number of lists");
        }
        found.into_result()?;
        Ok((title, policy.and_then(|index| i32::try_from(index).ok())))
    }
}

async fn create(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<List>> {
    let account = auth.require_user(&["write", "write:lists"])?.account_id;
    let mut tx = app.db.begin().await?;
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM lists WHERE account_id = $1"#, account)
        .fetch_one(&mut *tx)
        .await?;
    let (title, policy) = params.checked(true, count >= MAX_LISTS)?;
    let row = sqlx::query!(
        r#"
        INSERT INTO lists (account_id, title, replies_policy, exclusive, created_at, updated_at)
        VALUES ($1, $2, COALESCE($3, 0), $4, $5, $5)
        RETURNING id, title, replies_policy, exclusive
        "#,
        account,
        title.unwrap_or_default(),
        policy,
        params.exclusive.is_true(),
        app.clock.now_naive()
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Json(List::new(row.id, row.title, row.replies_policy, row.exclusive)))
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Write>) -> ApiResult<Json<List>> {
    let account = auth.require_user(&["write", "write:lists"])?.account_id;
    let mut tx = app.db.begin().await?;
    load(&mut tx, account, params.id).await?;
    let (title, policy) = params.checked(false, false)?;
    let row = sqlx::query!(
        r#"
        UPDATE lists SET title = COALESCE($3, title), replies_policy = COALESCE($4, replies_policy),
          exclusive = COALESCE($5, exclusive), updated_at = $6
        WHERE id = $1 AND account_id = $2
        RETURNING id, title, replies_policy, exclusive
        "#,
        params.id,
        account,
        title,
        policy,
        params.exclusive.given(),
        app.clock.now_naive()
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Json(List::new(row.id, row.title, row.replies_policy, row.exclusive)))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Value>> {
    let account = auth.require_user(&["write", "write:lists"])?.account_id;
    let gone = sqlx::query!("DELETE FROM lists WHERE id = $1 AND account_id = $2", params.id, account)
        .execute(&mut *app.db.acquire().await?)
        .await?;
    if gone.rows_affected() == 0 {
        return Err(Error::not_found());
    }
    if let Err(error) = clear(&app.kv, &[FeedKey::List(params.id)]).await {
        tracing::warn!(%error, list = params.id, "the feed of a deleted list stays");
    }
    Ok(Json(json!({})))
}
