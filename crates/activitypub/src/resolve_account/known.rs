//! Accounts that are here already: local ones by their URIs, remote ones by URI or handle.

use chrono::NaiveDateTime;
use config::Federation;
use db::uri::INSTANCE_ACTOR;
use db::{AccountId, PgConnection};

use crate::webfinger::Handle;

/// What tells whether an account must be fetched again.
#[derive(Debug, Clone)]
pub(crate) struct KnownRow {
    pub(crate) id: AccountId,
    pub(crate) uri: String,
    pub(crate) username: String,
    pub(crate) domain: Option<String>,
    pub(crate) last_webfingered_at: Option<NaiveDateTime>,
    pub(crate) suspended_at: Option<NaiveDateTime>,
}

impl KnownRow {
    pub(crate) fn handle(&self) -> Option<Handle> {
        Some(Handle { username: self.username.clone(), domain: self.domain.clone()? })
    }
}

/// Whether an address is on this server, which then is never asked over the network.
#[must_use]
pub fn is_local_uri(federation: &Federation, uri: &str) -> bool {
    local_path(federation, uri).is_some()
}

fn local_path(federation: &Federation, uri: &str) -> Option<String> {
    let url = url::Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?;
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    let local = federation.is_local(with_port.as_deref().unwrap_or(host));
    local.then(|| url.path().to_owned())
}

/// The local account that a URI of ours names, in either scheme.
///
/// # Errors
/// The database failed.
pub async fn local_account(
    conn: &mut PgConnection,
    federation: &Federation,
    uri: &str,
) -> Result<Option<AccountId>, sqlx::Error> {
    let Some(path) = local_path(federation, uri) else { return Ok(None) };
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["actor"] => Ok(Some(INSTANCE_ACTOR)),
        ["users", username] => local_by_name(conn, username).await,
        ["ap", "users", id] => match id.parse::<AccountId>() {
            Ok(id) => {
                sqlx::query_scalar!("SELECT id FROM accounts WHERE id = $1 AND domain IS NULL", id).fetch_optional(conn).await
            }
            Err(_) => Ok(None),
        },
        _ => Ok(None),
    }
}

pub(crate) async fn local_by_name(conn: &mut PgConnection, username: &str) -> Result<Option<AccountId>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM accounts WHERE lower(username) = lower($1) AND domain IS NULL", username)
        .fetch_optional(conn)
        .await
}

/// A fragment (`#main-key`) does not count.
pub(crate) async fn by_uri(conn: &mut PgConnection, uri: &str) -> Result<Option<KnownRow>, sqlx::Error> {
    let uri = uri.split('#').next().unwrap_or_default();
    sqlx::query_as!(
        KnownRow,
        "SELECT id, uri, username, domain, last_webfingered_at, suspended_at FROM accounts
         WHERE uri = $1 AND domain IS NOT NULL ORDER BY id LIMIT 1",
        uri,
    )
    .fetch_optional(conn)
    .await
}

pub(crate) async fn by_handle(conn: &mut PgConnection, handle: &Handle) -> Result<Option<KnownRow>, sqlx::Error> {
    sqlx::query_as!(
        KnownRow,
        "SELECT id, uri, username, domain, last_webfingered_at, suspended_at FROM accounts
         WHERE lower(username) = lower($1) AND COALESCE(lower(domain), '') = lower($2)",
        handle.username,
        handle.domain,
    )
    .fetch_optional(conn)
    .await
}

pub(crate) async fn by_id(conn: &mut PgConnection, id: AccountId) -> Result<Option<KnownRow>, sqlx::Error> {
    sqlx::query_as!(
        KnownRow,
        "SELECT id, uri, username, domain, last_webfingered_at, suspended_at FROM accounts WHERE id = $1 AND domain IS NOT NULL",
        id,
    )
    .fetch_optional(conn)
    .await
}
