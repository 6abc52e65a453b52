//! Accounts that want to be found.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::Account;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Error, Flag, Params, cache};
use sqlx::{Postgres, QueryBuilder};

use crate::account_list::{DEFAULT_LIMIT, MAX_LIMIT};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/directory", get(list))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    order: String,
    local: Flag,
    limit: Option<i64>,
    offset: i64,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    /// Who posted last.
    Active,
    /// Who came last.
    New,
}

impl Order {
    /// Mastodon fails on other words.
    fn from_name(name: &str) -> ApiResult<Self> {
        match name.trim() {
            "" | "active" => Ok(Self::Active),
            "new" => Ok(Self::New),
            _ => Err(Error::bad_request("order is neither active nor new")),
        }
    }
}

async fn list(State(app): State<App>, auth: Auth, query: Params<Query>) -> ApiResult<Response> {
    if !app.settings().await?.profile_directory {
        return Err(Error::not_found_plain());
    }
    let order = Order::from_name(&query.order)?;
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    let ids = discoverable(&mut conn, viewer, order, &query).await?;
    let accounts = Account::load_many(&mut conn, &app.urls, viewer, &ids).await?;
    Ok((cache::for_visitors(&app, &auth), Json(accounts)).into_response())
}

/// Neither limited, suspended nor moved, and nobody with whom the viewer wants nothing to do.
async fn discoverable(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    order: Order,
    query: &Query,
) -> ApiResult<Vec<AccountId>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "SELECT a.id FROM accounts a LEFT JOIN account_stats s ON s.account_id = a.id LEFT JOIN users u ON u.account_id = a.id
         WHERE a.discoverable AND a.suspended_at IS NULL AND a.silenced_at IS NULL AND a.moved_to_account_id IS NULL",
    );
    sql.push(" AND (");
    if !query.local.is_true() {
        sql.push("a.domain IS NOT NULL OR ");
    }
    sql.push("(a.domain IS NULL AND u.approved AND u.confirmed_at IS NOT NULL))");
    if let Some(viewer) = viewer {
        let exclusions = [
            " AND NOT EXISTS (SELECT FROM blocks x WHERE x.target_account_id = a.id AND x.account_id = ",
            ") AND NOT EXISTS (SELECT FROM blocks x WHERE x.account_id = a.id AND x.target_account_id = ",
            ") AND NOT EXISTS (SELECT FROM mutes x WHERE x.target_account_id = a.id AND x.account_id = ",
            ") AND NOT EXISTS (SELECT FROM account_domain_blocks x WHERE x.domain = a.domain AND x.account_id = ",
        ];
        for exclusion in exclusions {
            sql.push(exclusion).push_bind(viewer);
        }
        sql.push(")");
    }
    sql.push(match order {
        Order::Active => " ORDER BY s.last_status_at DESC NULLS LAST, a.id DESC",
        Order::New => " ORDER BY a.id DESC",
    });
    let limit = query.limit.map_or(DEFAULT_LIMIT, |limit| limit.saturating_abs().min(MAX_LIMIT));
    sql.push(" LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(query.offset.max(0));
    Ok(sql.build_query_scalar().fetch_all(conn).await?)
}
