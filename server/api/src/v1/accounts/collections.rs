//! The collections that an account keeps.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::Collection;
use http::Uri;
use serde::{Deserialize, Serialize};
use shared::{ApiResult, App, Auth, Error, Links, Params, cache};

use crate::v1::collections::READ;

pub(crate) fn under(version: &str) -> Router<App> {
    Router::new().route(&format!("{version}/accounts/{{id}}/collections"), get(list))
}

const DEFAULT_LIMIT: i64 = 40;
const MAX_LIMIT: i64 = 100;
/// Links to further pages count with this one (`api-behaviours`: the cap of the list and that of its links differ).
const MAX_LINKED: i64 = 80;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Paging {
    pub(super) id: AccountId,
    limit: Option<i64>,
    offset: Option<i64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Listed {
    pub(super) collections: Vec<Collection>,
}

impl Paging {
    pub(super) fn limit(&self, most: i64) -> i64 {
        self.limit.map_or(DEFAULT_LIMIT, |limit| limit.saturating_abs().min(most))
    }

    pub(super) fn offset(&self) -> i64 {
        self.offset.unwrap_or_default().max(0)
    }

    /// The product in the test for a next page is Mastodon's (recorded with `limit=1`): later pages end too early.
    pub(super) fn links(&self, links: Links, shown: usize, total: i64) -> Links {
        let (offset, limit) = (self.offset(), self.limit(MAX_LINKED));
        let shown = i64::try_from(shown).unwrap_or(i64::MAX);
        let links = if offset.saturating_mul(limit).saturating_add(shown) < total {
            links.with("next", "offset", offset.saturating_add(limit))
        } else {
            links
        };
        if offset == 0 { links } else { links.with("prev", "offset", offset - limit) }
    }
}

/// The address that links name: by the account's username, and never the alpha's.
pub(super) fn address(username: &str, list: &str) -> ApiResult<Uri> {
    format!("/api/v1/accounts/{username}/{list}").parse().map_err(|_| Error::not_found())
}

async fn list(State(app): State<App>, auth: Auth, params: Params<Paging>) -> ApiResult<(cache::Cache, Links, Json<Listed>)> {
    auth.optional(&READ)?;
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    let owner = owner(&mut conn, params.id, viewer).await?.ok_or_else(Error::not_found)?;
    let links = Links::new(&app, &address(&owner.username, "collections")?, params.raw());
    if owner.hidden {
        return Ok((cache::for_visitors(&app, &auth), links, Json(Listed { collections: Vec::new() })));
    }
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM collections WHERE account_id = $1 AND (discoverable OR $2)
        ORDER BY created_at DESC, id DESC OFFSET $3 LIMIT $4
        "#,
        params.id,
        viewer == Some(params.id),
        params.offset(),
        params.limit(MAX_LIMIT)
    )
    .fetch_all(&mut *conn)
    .await?;
    let collections = Collection::load_many(&mut conn, &app.urls, viewer, &ids).await?;
    let links = params.links(links, collections.len(), owner.total);
    Ok((cache::for_visitors(&app, &auth), links, Json(Listed { collections })))
}

struct OwnerRow {
    username: String,
    /// The viewer sees nothing of this account, or it is suspended.
    hidden: bool,
    /// Of all its collections, those that the viewer does not see too.
    total: i64,
}

async fn owner(conn: &mut PgConnection, id: AccountId, viewer: Option<AccountId>) -> ApiResult<Option<OwnerRow>> {
    let row = sqlx::query_as!(
        OwnerRow,
        r#"
        SELECT a.username, a.suspended_at IS NOT NULL
            OR EXISTS (SELECT FROM blocks b WHERE b.account_id = a.id AND b.target_account_id = $2) AS "hidden!",
          (SELECT count(*) FROM collections c WHERE c.account_id = a.id) AS "total!"
        FROM accounts a WHERE a.id = $1
        "#,
        id,
        viewer
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}
