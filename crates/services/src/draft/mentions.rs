//! Who is mentioned in a local text.

use std::collections::HashMap;

use config::Config;
use db::{AccountId, StatusId};
use sqlx::PgConnection;

use crate::error::Result;

/// The text as it is stored, and whom it mentions in the order of appearance.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    /// Handles in their short form: `@BOB@our.example` becomes `@bob`.
    pub text: String,
    pub accounts: Vec<AccountId>,
}

struct KnownRow {
    id: AccountId,
    username: String,
    domain: Option<String>,
    unavailable: bool,
}

/// Handles of other servers that nobody here has met: to be looked up on the network before the transaction begins. Those
/// that cannot be found stay plain text.
///
/// # Errors
/// The database fails.
pub async fn unknown_handles(conn: &mut PgConnection, config: &Config, text: &str) -> Result<Vec<String>> {
    let handles = handles(config, text);
    let known = known(conn, &handles).await?;
    Ok(handles
        .into_iter()
        .filter(|(username, domain)| !domain.is_empty() && !known.contains_key(&(username.clone(), domain.clone())))
        .map(|(username, domain)| format!("{username}@{domain}"))
        .collect())
}

/// Resolves the handles among the accounts we know.
///
/// # Errors
/// The database fails.
pub async fn resolve(conn: &mut PgConnection, config: &Config, text: &str) -> Result<Mentions> {
    let known = known(conn, &handles(config, text)).await?;
    let mut mentions = Mentions { text: String::with_capacity(text.len()), accounts: Vec::new() };
    let mut from = 0;
    for entity in text::mention::in_text(text) {
        let Some(account) = known.get(&key(config, entity.value(text))) else { continue };
        if account.unavailable {
            continue;
        }
        mentions.text.push_str(text.get(from..entity.range.start).unwrap_or_default());
        mentions.text.push('@');
        mentions.text.push_str(&account.username);
        if let Some(domain) = &account.domain {
            mentions.text.push('@');
            mentions.text.push_str(domain);
        }
        from = entity.range.end;
        if !mentions.accounts.contains(&account.id) {
            mentions.accounts.push(account.id);
        }
    }
    mentions.text.push_str(text.get(from..).unwrap_or_default());
    Ok(mentions)
}

/// Those who do not block the author, and whose user does not block the author's server.
///
/// # Errors
/// The database fails.
pub async fn without_blocking(conn: &mut PgConnection, author: AccountId, mentioned: &[AccountId]) -> Result<Vec<AccountId>> {
    if mentioned.is_empty() {
        return Ok(Vec::new());
    }
    let blocking = sqlx::query_scalar!(
        "SELECT account_id FROM blocks WHERE target_account_id = $1 AND account_id = ANY($2)",
        author,
        mentioned
    )
    .fetch_all(conn)
    .await?;
    Ok(mentioned.iter().copied().filter(|id| !blocking.contains(id)).collect())
}

/// Sets the mentions of a status right: new ones are added, those that fell away become silent, so that whoever was told
/// once keeps access to what they were told.
///
/// Answers the accounts that were not mentioned before.
///
/// # Errors
/// The database fails.
pub async fn store(conn: &mut PgConnection, status_id: StatusId, mentioned: &[AccountId]) -> Result<Vec<AccountId>> {
    let added = sqlx::query_scalar!(
        r#"
        INSERT INTO mentions (status_id, account_id, silent, created_at, updated_at)
        SELECT $1, m.id, false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($2::bigint[]) WITH ORDINALITY AS m (id, position)
        ORDER BY m.position
        ON CONFLICT (account_id, status_id) DO UPDATE SET silent = false, updated_at = excluded.updated_at
        WHERE mentions.silent
        RETURNING account_id AS "account_id!"
        "#,
        status_id,
        mentioned
    )
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!(
        r#"
        UPDATE mentions SET silent = true, updated_at = now() AT TIME ZONE 'utc'
        WHERE status_id = $1 AND NOT silent AND account_id <> ALL($2)
        "#,
        status_id,
        mentioned
    )
    .execute(conn)
    .await?;
    Ok(added)
}

fn handles(config: &Config, text: &str) -> Vec<(String, String)> {
    let mut handles: Vec<(String, String)> = text::mention::extract(text).into_iter().map(|handle| key(config, handle)).collect();
    handles.sort_unstable();
    handles.dedup();
    handles
}

/// Lower case; the domain is empty for our own accounts, in whatever way they are written.
fn key(config: &Config, handle: &str) -> (String, String) {
    let (username, domain) = text::mention::split(handle);
    let domain = domain.filter(|domain| !config.federation.is_local(domain)).unwrap_or_default();
    let domain = text::account_name::normalize_domain(domain).unwrap_or_else(|_| domain.to_lowercase());
    (username.to_lowercase(), domain)
}

async fn known(conn: &mut PgConnection, handles: &[(String, String)]) -> Result<HashMap<(String, String), KnownRow>> {
    if handles.is_empty() {
        return Ok(HashMap::new());
    }
    let usernames: Vec<String> = handles.iter().map(|(username, _)| username.clone()).collect();
    let domains: Vec<String> = handles.iter().map(|(_, domain)| domain.clone()).collect();
    let rows = sqlx::query_as!(
        KnownRow,
        r#"
        SELECT a.id, a.username, a.domain, (a.suspended_at IS NOT NULL) AS "unavailable!"
        FROM unnest($1::text[], $2::text[]) AS asked (username, domain)
        JOIN accounts a ON lower(a.username) = asked.username AND COALESCE(lower(a.domain), '') = asked.domain
        WHERE a.id > 0
        "#,
        &usernames,
        &domains
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.username.to_lowercase(), row.domain.as_deref().unwrap_or_default().to_lowercase()), row))
        .collect())
}
