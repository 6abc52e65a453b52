//! Who is on a list.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, ListId, PageParams};
use entities::Account;
use http::Uri;
use jobs::feed::{Feed, MergeFeed, UnmergeFeed};
use serde::Deserialize;
use serde_json::{Value, json};
use services::error::Validation;
use shared::{ApiResult, App, Auth, ById, Error, IdParam, Links, OneOrMany, Params};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/lists/{id}/accounts", get(list).post(create).delete(delete))
}

/// `limit=0` gives all of them.
async fn list(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    list: Params<ById>,
    params: Params<PageParams>,
) -> ApiResult<Response> {
    let viewer = auth.require_user(&["read", "read:lists"])?.account_id;
    let page = params.page_since(40, 80);
    let all = page.limit == 0;
    let mut conn = app.db.acquire().await?;
    super::load(&mut conn, viewer, list.id).await?;
    let ids = sqlx::query_scalar!(
        r#"
        SELECT a.id FROM list_accounts la JOIN accounts a ON a.id = la.account_id AND a.suspended_at IS NULL
        WHERE la.list_id = $1 AND ($5 OR (a.id < $2 AND a.id > $3))
        ORDER BY a.id DESC LIMIT CASE WHEN $5 THEN NULL ELSE $4::bigint END
        "#,
        list.id,
        page.below,
        page.above,
        page.limit,
        all
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut links = Links::new(&app, &uri, params.raw());
    if !all {
        if let Some(last) = ids.last().filter(|_| i64::try_from(ids.len()) == Ok(page.limit)) {
            links = links.next(last);
        }
        if let Some(first) = ids.first() {
            links = links.prev_since(first);
        }
    }
    let accounts = Account::load_many(&mut conn, &app.urls, Some(viewer), &ids).await?;
    Ok((links, Json(accounts)).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Members {
    id: ListId,
    account_ids: OneOrMany<IdParam>,
}

impl Members {
    fn ids(&self) -> Vec<AccountId> {
        let mut ids: Vec<AccountId> = self.account_ids.0.iter().filter_map(|id| id.get()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Only whom one follows, or asked to follow, or oneself.
async fn create(State(app): State<App>, auth: Auth, params: Params<Members>) -> ApiResult<Json<Value>> {
    let viewer = auth.require_user(&["write", "write:lists"])?.account_id;
    let ids = params.ids();
    let mut tx = app.db.begin().await?;
    super::load(&mut tx, viewer, params.id).await?;
    let rows = sqlx::query!(
        r#"
        SELECT a.id, f.id AS "follow_id?", r.id AS "request_id?",
               EXISTS (SELECT 1 FROM list_accounts la WHERE la.list_id = $3 AND la.account_id = a.id) AS "listed!"
        FROM accounts a
        LEFT JOIN follows f ON f.account_id = $2 AND f.target_account_id = a.id
        LEFT JOIN follow_requests r ON r.account_id = $2 AND r.target_account_id = a.id
        WHERE a.id = ANY($1)
        ORDER BY a.id
        "#,
        &ids,
        viewer,
        params.id
    )
    .fetch_all(&mut *tx)
    .await?;
    if rows.len() < ids.len() {
        return Err(Error::not_found());
    }
    for row in &rows {
        let mut found = Validation::default();
        if row.listed {
            found.add("account_id", "Account", "ERR_TAKEN", "is already on the list");
        }
        if row.id != viewer && row.follow_id.is_none() && row.request_id.is_none() {
            found.add("account_id", "Account", "ERR_INVALID", "must be a followed account");
        }
        found.into_result()?;
    }
    let follows: Vec<Option<i64>> = rows.iter().map(|row| row.follow_id).collect();
    let requests: Vec<Option<i64>> = rows.iter().map(|row| row.request_id.filter(|_| row.follow_id.is_none())).collect();
    sqlx::query!(
        r#"
        INSERT INTO list_accounts (list_id, account_id, follow_id, follow_request_id)
        SELECT $1, m.account, m.follow, m.request
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS m (account, follow, request)
        ORDER BY m.account
        ON CONFLICT DO NOTHING
        "#,
        params.id,
        &ids,
        &follows as &[Option<i64>],
        &requests as &[Option<i64>]
    )
    .execute(&mut *tx)
    .await?;
    let merges: Vec<MergeFeed> = rows
        .iter()
        .filter(|row| row.follow_id.is_some() || row.id == viewer)
        .map(|row| MergeFeed { from: row.id, into: Feed::List(params.id) })
        .collect();
    jobs::enqueue_many(&mut tx, &merges).await.map_err(anyhow::Error::from)?;
    tx.commit().await?;
    Ok(Json(json!({})))
}

async fn delete(State(app): State<App>, auth: Auth, params: Params<Members>) -> ApiResult<Json<Value>> {
    let viewer = auth.require_user(&["write", "write:lists"])?.account_id;
    let mut tx = app.db.begin().await?;
    super::load(&mut tx, viewer, params.id).await?;
    let gone = sqlx::query_scalar!(
        "DELETE FROM list_accounts WHERE list_id = $1 AND account_id = ANY($2) RETURNING account_id",
        params.id,
        &params.ids()
    )
    .fetch_all(&mut *tx)
    .await?;
    let unmerges: Vec<UnmergeFeed> = gone.into_iter().map(|from| UnmergeFeed { from, out_of: Feed::List(params.id) }).collect();
    jobs::enqueue_many(&mut tx, &unmerges).await.map_err(anyhow::Error::from)?;
    tx.commit().await?;
    Ok(Json(json!({})))
}
