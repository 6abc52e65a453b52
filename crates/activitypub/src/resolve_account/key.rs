//! Whose key is it? From the `keyId` of a signature to an account and the key to verify with.

use db::{AccountId, PgConnection};
use http_client::FetchError;
use serde_json::Value;

use super::actor::{is_actor, lists_key};
use super::known::{self, is_local_uri};
use super::{ResolveError, Resolver};
use crate::document::value;
use crate::fetch::{fetch_resource, has_supported_context};
use crate::keys::PublicKey;
use crate::signature::SignatureError;
use crate::webfinger::Handle;

/// A remote account and one of its keys.
#[derive(Debug, Clone)]
pub struct KeyOwner {
    pub account_id: AccountId,
    pub username: String,
    pub domain: String,
    pub uri: String,
    pub key: PublicKey,
}

impl KeyOwner {
    /// `user@domain`, as error texts name it.
    #[must_use]
    pub fn acct(&self) -> String {
        format!("{}@{}", self.username, self.domain)
    }
}

struct KeyRow {
    account_id: AccountId,
    username: String,
    domain: String,
    uri: String,
    pem: String,
}

/// The owner of a key that is stored. Revoked and expired keys have none.
///
/// # Errors
/// The database failed.
pub async fn find_key(conn: &mut PgConnection, key_id: &str) -> Result<Option<KeyOwner>, sqlx::Error> {
    let row = sqlx::query_as!(
        KeyRow,
        r#"SELECT a.id AS "account_id!", a.username AS "username!", a.domain AS "domain!", a.uri AS "uri!", k.public_key AS "pem!"
           FROM keypairs k JOIN accounts a ON a.id = k.account_id
           WHERE k.uri = $1 AND a.domain IS NOT NULL AND NOT k.revoked AND (k.expires_at IS NULL OR k.expires_at > now() AT TIME ZONE 'UTC')
           UNION ALL
           SELECT a.id, a.username, a.domain, a.uri, a.public_key
           FROM accounts a
           WHERE a.uri = split_part($1, '#', 1) AND a.domain IS NOT NULL AND a.public_key <> ''
           LIMIT 1"#,
        key_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(owner))
}

/// A key of an account that a signature names by handle: it has no key id of its own.
async fn first_key(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<KeyOwner>, sqlx::Error> {
    let row = sqlx::query_as!(
        KeyRow,
        r#"SELECT a.id AS "account_id!", a.username AS "username!", a.domain AS "domain!", a.uri AS "uri!",
                  COALESCE(k.public_key, a.public_key) AS "pem!"
           FROM accounts a
           LEFT JOIN keypairs k ON k.account_id = a.id AND NOT k.revoked AND (k.expires_at IS NULL OR k.expires_at > now() AT TIME ZONE 'UTC')
           WHERE a.id = $1 AND a.domain IS NOT NULL
           ORDER BY k.id LIMIT 1"#,
        account_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(owner))
}

/// `None` if what is stored is no key.
fn owner(row: KeyRow) -> Option<KeyOwner> {
    let key = PublicKey::from_pem(&row.pem).ok()?;
    Some(KeyOwner { account_id: row.account_id, username: row.username, domain: row.domain, uri: row.uri, key })
}

/// What a request is answered whose key could not be had: 503 when nobody could be asked, 401 when there is no such key.
#[must_use]
pub fn key_error(error: &ResolveError, key_id: &str) -> SignatureError {
    match error {
        ResolveError::Skipped => SignatureError::Skipped,
        ResolveError::Fetch(FetchError::Refused(_)) => SignatureError::Unreachable("could not be reached".to_owned()),
        ResolveError::Fetch(FetchError::Status(_)) if is_failed_connection(error) => SignatureError::UnexpectedReply,
        error if is_failed_connection(error) => SignatureError::Unreachable(error.to_string()),
        _ => SignatureError::KeyNotFound(key_id.to_owned()),
    }
}

/// Also what the guard refuses: to the sender it is a server that cannot be reached.
fn is_failed_connection(error: &ResolveError) -> bool {
    matches!(error, ResolveError::Fetch(error) if error.is_temporary() || matches!(error, FetchError::Refused(_)))
}

impl Resolver {
    /// The owner of a key: stored, or fetched with its account. A key id that led nowhere is not asked for again for five
    /// minutes, so that forged requests cannot make this server ask others over and over.
    ///
    /// # Errors
    /// See [`ResolveError`]; [`ResolveError::Fetch`] when the owner's server could not be asked.
    pub async fn key_owner(&self, key_id: &str) -> Result<Option<KeyOwner>, ResolveError> {
        if let Some(owner) = find_key(&mut *self.db().acquire().await?, key_id).await? {
            return Ok(Some(owner));
        }
        if is_local_uri(self.federation(), key_id) {
            return Ok(None);
        }
        match self.failed_keys().get(key_id) {
            Some(true) => return Err(ResolveError::Skipped),
            Some(false) => return Ok(None),
            None => {}
        }
        let result = self.fetch_key_owner(key_id).await;
        match &result {
            Ok(Some(_)) | Err(ResolveError::Db(_) | ResolveError::Jobs(_)) => {}
            Ok(None) => self.failed_keys().insert(key_id.to_owned(), false),
            Err(error) => self.failed_keys().insert(key_id.to_owned(), is_failed_connection(error)),
        }
        result
    }

    /// After a signature did not fit the stored key: the account's keys are fetched anew, at most once in five minutes. `None`
    /// when nothing was fetched, or the key is gone.
    ///
    /// # Errors
    /// As [`Resolver::key_owner`].
    pub async fn refresh_key(&self, key_id: &str, account_id: AccountId) -> Result<Option<KeyOwner>, ResolveError> {
        if self.refreshed_keys().contains_key(&account_id) {
            return Ok(None);
        }
        self.refreshed_keys().insert(account_id, ());
        let Some(account) = known::by_id(&mut *self.db().acquire().await?, account_id).await? else { return Ok(None) };
        if self.is_stale(&account) {
            self.refresh_account(account_id).await?;
        } else {
            self.fetch_keys(&account.uri).await?;
        }
        let conn = &mut *self.db().acquire().await?;
        match find_key(conn, key_id).await? {
            Some(owner) if owner.account_id == account_id => Ok(Some(owner)),
            Some(_) => Ok(None),
            None if key_id.starts_with("acct:") => Ok(first_key(conn, account_id).await?),
            None => Ok(None),
        }
    }

    async fn fetch_key_owner(&self, key_id: &str) -> Result<Option<KeyOwner>, ResolveError> {
        if let Some(handle) = key_id.strip_prefix("acct:").and_then(Handle::parse) {
            let account_id = self.account_by_handle(&handle).await?;
            return Ok(first_key(&mut *self.db().acquire().await?, account_id).await?);
        }
        self.refuse_domain(&super::actor::domain_of(key_id)).await?;
        let signer = self.signer().await?;
        let document = fetch_resource(self.client(), Some(signer), key_id, false).await?;
        if !has_supported_context(&document) && document.get("publicKeyPem").is_none() {
            return Err(ResolveError::Invalid("no ActivityStreams context"));
        }
        if is_actor(&document) {
            self.account_from_actor(document, None).await?;
        } else {
            self.account_of_key(&document).await?;
        }
        Ok(find_key(&mut *self.db().acquire().await?, key_id).await?)
    }

    /// A key that is a document of its own counts when its owner lists it.
    async fn account_of_key(&self, document: &Value) -> Result<(), ResolveError> {
        let id = document.get("id").and_then(Value::as_str).ok_or(ResolveError::Invalid("a key without id"))?;
        let owner = value::id(document.get("owner")).ok_or(ResolveError::Invalid("a key without owner"))?;
        if is_local_uri(self.federation(), owner) {
            return Err(ResolveError::Invalid("a key of a local account"));
        }
        self.refuse_domain(&super::actor::domain_of(owner)).await?;
        let actor = fetch_resource(self.client(), Some(self.signer().await?), owner, true).await?;
        if !lists_key(&actor, id) {
            return Err(ResolveError::Invalid("the owner of the key does not list it"));
        }
        self.account_from_actor(actor, None).await?;
        Ok(())
    }
}
