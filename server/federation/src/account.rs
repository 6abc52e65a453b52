//! The local account that a path names.

use std::collections::HashMap;

use axum::response::Response;
use db::{AccountId, Conn};
use http::StatusCode;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::response::{Caching, refusal};
use crate::signature;

/// What the path parts `username` or `id` lead to.
pub(crate) type PathParts = HashMap<String, String>;

#[derive(Debug, Clone)]
pub(crate) struct LocalAccount {
    pub(crate) id: AccountId,
    pub(crate) username: String,
    pub(crate) id_scheme: Option<i32>,
    pub(crate) hide_collections: Option<bool>,
    pub(crate) suspension: Suspension,
    pub(crate) followers_count: i64,
    pub(crate) following_count: i64,
    pub(crate) statuses_count: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suspension {
    None,
    /// The account can come back for 30 days.
    Temporary,
    Permanent,
}

struct AccountRow {
    id: AccountId,
    username: String,
    id_scheme: Option<i32>,
    hide_collections: Option<bool>,
    suspended: bool,
    deletion_requested: bool,
    followers_count: i64,
    following_count: i64,
    statuses_count: i64,
}

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    NotFound,
    Gone,
    Suspended,
}

impl Absent {
    pub(crate) fn response(self, caching: Caching) -> Response {
        match self {
            Self::NotFound => refusal(StatusCode::NOT_FOUND, "Not Found", caching),
            Self::Gone => refusal(StatusCode::GONE, "Gone", caching),
            Self::Suspended => refusal(StatusCode::FORBIDDEN, "Forbidden", caching),
        }
    }
}

impl LocalAccount {
    /// Accounts whose owner has not confirmed the address or was not let in yet do not exist for others.
    /// Suspended ones are found; see [`LocalAccount::unless_suspended`].
    pub(crate) async fn find(conn: &mut PgConnection, path: &PathParts) -> Result<Option<Self>, sqlx::Error> {
        let username = path.get("username").map(|name| name.strip_suffix(".json").unwrap_or(name));
        let id: Option<AccountId> = path.get("id").map(|id| id.strip_suffix(".json").unwrap_or(id).parse().unwrap_or(0));
        if username.is_some_and(|name| name.contains('\0')) {
            return Ok(None);
        }
        let row = sqlx::query_as!(
            AccountRow,
            r#"
            SELECT a.id, a.username, a.id_scheme, a.hide_collections, a.suspended_at IS NOT NULL AS "suspended!",
              EXISTS (SELECT 1 FROM account_deletion_requests d WHERE d.account_id = a.id) AS "deletion_requested!",
              COALESCE(t.followers_count, 0) AS "followers_count!", COALESCE(t.following_count, 0) AS "following_count!",
              COALESCE(t.statuses_count, 0) AS "statuses_count!"
            FROM accounts a
            LEFT JOIN users u ON u.account_id = a.id
            LEFT JOIN account_stats t ON t.account_id = a.id
            WHERE a.domain IS NULL AND a.id > 0
              AND (lower(a.username) = lower($1::text) OR a.id = $2::bigint)
              AND (u.id IS NULL OR (u.approved AND u.confirmed_at IS NOT NULL))
            "#,
            username,
            id
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(Self::from))
    }

    /// The account, unless it is suspended in whatever way.
    pub(crate) async fn find_shown(conn: &mut PgConnection, path: &PathParts) -> Result<Result<Self, Absent>, sqlx::Error> {
        Ok(match Self::find(conn, path).await? {
            None => Err(Absent::NotFound),
            Some(account) => account.unless_suspended(),
        })
    }

    pub(crate) fn unless_suspended(self) -> Result<Self, Absent> {
        match self.suspension {
            Suspension::None => Ok(self),
            Suspension::Temporary => Err(Absent::Suspended),
            Suspension::Permanent => Err(Absent::Gone),
        }
    }

    pub(crate) fn uri(&self, uris: &db::uri::Uris) -> String {
        uris.account(self.id, &self.username, self.id_scheme)
    }
}

impl From<AccountRow> for LocalAccount {
    fn from(row: AccountRow) -> Self {
        let suspension = match (row.suspended, row.deletion_requested) {
            (false, _) => Suspension::None,
            (true, true) => Suspension::Temporary,
            (true, false) => Suspension::Permanent,
        };
        Self {
            id: row.id,
            username: row.username,
            id_scheme: row.id_scheme,
            hide_collections: row.hide_collections,
            suspension,
            followers_count: row.followers_count,
            following_count: row.following_count,
            statuses_count: row.statuses_count,
        }
    }
}

/// A request for something of an account that may be answered.
pub(crate) struct Visit {
    pub(crate) signer: Option<AccountId>,
    pub(crate) conn: Conn,
    pub(crate) account: LocalAccount,
}

/// The common beginning: a signature where one is demanded, then the account, unless it is suspended. Otherwise the refusal.
pub(crate) async fn visit(
    app: &App,
    path: &PathParts,
    request: &signature::Parts,
    caching: Caching,
) -> ApiResult<Result<Visit, Response>> {
    let signer = match signature::required_if_authorized_fetch(app, request).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut conn = app.db.acquire().await?;
    Ok(match LocalAccount::find_shown(&mut conn, path).await? {
        Ok(account) => Ok(Visit { signer, conn, account }),
        Err(absent) => Err(absent.response(caching)),
    })
}
