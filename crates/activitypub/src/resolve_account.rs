//! From a handle or URI to an account: known, or fetched from its server, confirmed by WebFinger and stored. The only place
//! where rows of remote accounts are made.

mod actor;
mod key;
mod known;
mod store;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use config::{Clock, Federation};
use db::domain_blocks;
use db::uri::{INSTANCE_ACTOR, Uris};
use db::{AccountId, Db};
use http_client::{Client, FetchError, Signer};
use kv::Kv;
use moka::sync::Cache;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::document::value;
use crate::fetch::{fetch_document, fetch_resource};
use crate::keys::PrivateKey;
use crate::signature::RequestSigner;
use crate::webfinger::{self, Finger, Handle, WebfingerError};

pub use actor::{Actor, Emoji, Key, Picture};
pub use key::{KeyOwner, find_key, key_error};
use known::KnownRow;
pub use known::{is_local_uri, local_account};
pub use store::{Extras, Provenance, upsert_actor};

/// An account that was looked at longer ago is asked for again before it is used.
const STALE_AFTER: TimeDelta = TimeDelta::days(1);
/// Unknown actors from subdomains of one domain within a minute; more is somebody making up servers.
const SUBDOMAINS: u64 = 10;
const QUIET: Duration = Duration::from_secs(300);

#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The domain is suspended, or not among those allowed.
    #[error("{0} is not federated with")]
    Refused(String),
    /// Nobody here or there has this name.
    #[error("not found")]
    NotFound,
    /// Its server says that it has been deleted.
    #[error("gone")]
    Gone,
    /// What was found cannot be an account here.
    #[error("{0}")]
    Invalid(&'static str),
    /// Its server could not be asked a moment ago, and is not asked again so soon.
    #[error("skipped")]
    Skipped,
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Db(#[from] sqlx::Error),
    #[error(transparent)]
    Jobs(#[from] jobs::Error),
}

impl From<WebfingerError> for ResolveError {
    fn from(error: WebfingerError) -> Self {
        match error {
            WebfingerError::Gone => Self::Gone,
            WebfingerError::Invalid(reason) => Self::Invalid(reason),
            WebfingerError::Fetch(error) => Self::Fetch(error),
        }
    }
}

impl ResolveError {
    /// Whether asking later may end otherwise.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_temporary(),
            Self::Db(_) | Self::Jobs(_) | Self::Skipped => true,
            Self::Refused(_) | Self::NotFound | Self::Gone | Self::Invalid(_) => false,
        }
    }
}

/// Cheap to clone; one for a process, since it remembers which keys led nowhere.
#[derive(Clone)]
pub struct Resolver {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    kv: Kv,
    client: Client,
    federation: Federation,
    clock: Clock,
    signer: OnceCell<RequestSigner>,
    /// Whether the failure may have been temporary.
    failed_keys: Cache<String, bool>,
    refreshed_keys: Cache<AccountId, ()>,
}

impl Resolver {
    #[must_use]
    pub fn new(db: Db, kv: Kv, client: Client, federation: Federation, clock: Clock) -> Self {
        let failed_keys = Cache::builder().max_capacity(100_000).time_to_live(QUIET).build();
        let refreshed_keys = Cache::builder().max_capacity(100_000).time_to_live(QUIET).build();
        let signer = OnceCell::new();
        Self { inner: Arc::new(Inner { db, kv, client, federation, clock, signer, failed_keys, refreshed_keys }) }
    }

    /// An account by `user@domain`, or by the bare name of a local one.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn resolve(&self, handle: &str) -> Result<AccountId, ResolveError> {
        match Handle::parse(handle) {
            Some(handle) => self.account_by_handle(&handle).await,
            None => self.local(handle.trim().trim_start_matches("acct:").trim_start_matches('@')).await,
        }
    }

    /// Known and looked at within a day, or else asked for: WebFinger first, which may name another handle, then the actor.
    ///
    /// # Errors
    /// See [`ResolveError`]. Of an account that is gone its deletion here is enqueued.
    pub async fn account_by_handle(&self, handle: &Handle) -> Result<AccountId, ResolveError> {
        if self.federation().is_local(&handle.domain) {
            return self.local(&handle.username).await;
        }
        self.refuse_domain(&handle.domain).await?;
        if let Some(account) = self.fresh_by_handle(handle).await? {
            return Ok(account);
        }
        let finger = match webfinger::confirm(self.client(), handle).await {
            Err(WebfingerError::Gone) => return Err(self.gone(handle).await?),
            finger => finger?,
        };
        if self.federation().is_local(&finger.subject.domain) {
            return self.local(&finger.subject.username).await;
        }
        if !finger.subject.is(handle) {
            self.refuse_domain(&finger.subject.domain).await?;
            if let Some(account) = self.fresh_by_handle(&finger.subject).await? {
                return Ok(account);
            }
        }
        let uri = finger.actor_uri.clone();
        self.fetch_account(&uri, Some(finger)).await
    }

    /// An account by its actor's URI, fetched only if it is unknown.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn account_by_uri(&self, uri: &str) -> Result<AccountId, ResolveError> {
        match self.known_account(uri).await? {
            Some(id) => Ok(id),
            None if is_local_uri(self.federation(), uri) => Err(ResolveError::NotFound),
            None => self.fetch_account(uri, None).await,
        }
    }

    /// The local or stored account of a URI; nobody is asked.
    ///
    /// # Errors
    /// The database failed.
    pub async fn known_account(&self, uri: &str) -> Result<Option<AccountId>, sqlx::Error> {
        let conn = &mut *self.db().acquire().await?;
        if is_local_uri(self.federation(), uri) {
            return local_account(conn, self.federation(), uri).await;
        }
        Ok(known::by_uri(conn, uri).await?.map(|account| account.id))
    }

    /// Fetches a remote account anew, with WebFinger, whatever its age.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn refresh_account(&self, account_id: AccountId) -> Result<AccountId, ResolveError> {
        let account = known::by_id(&mut *self.db().acquire().await?, account_id).await?.ok_or(ResolveError::NotFound)?;
        self.fetch_account(&account.uri, None).await
    }

    /// The same if it was looked at more than a day ago; otherwise nothing.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn refresh_if_stale(&self, account_id: AccountId) -> Result<(), ResolveError> {
        let account = known::by_id(&mut *self.db().acquire().await?, account_id).await?;
        match account {
            Some(account) if self.is_stale(&account) => self.fetch_account(&account.uri, None).await.map(drop),
            _ => Ok(()),
        }
    }

    /// An actor document that was fetched from its own id: confirmed by WebFinger and stored.
    ///
    /// # Errors
    /// See [`ResolveError`].
    pub async fn account_from_document(&self, document: Value) -> Result<AccountId, ResolveError> {
        self.account_from_actor(document, None).await
    }

    /// An actor document that came in an Update which its own account signed.
    ///
    /// # Errors
    /// See [`ResolveError`]; [`ResolveError::Invalid`] when it is another actor's.
    pub async fn update_account(&self, account_id: AccountId, document: &Value) -> Result<AccountId, ResolveError> {
        let account = known::by_id(&mut *self.db().acquire().await?, account_id).await?.ok_or(ResolveError::NotFound)?;
        let actor = Actor::read_embedded(document).map_err(ResolveError::Invalid)?;
        let handle =
            account.handle().filter(|_| actor.uri == account.uri).ok_or(ResolveError::Invalid("not the signer's own actor"))?;
        let extras = self.extras(&actor, document).await?;
        self.store(&actor, &extras, Provenance { signed_with_known_key: true, ..self.provenance(handle) }).await
    }

    /// Signs fetches as the instance actor.
    ///
    /// # Errors
    /// The instance actor is missing or has no key.
    pub async fn signer(&self) -> Result<&RequestSigner, ResolveError> {
        self.inner.signer.get_or_try_init(|| self.instance_signer()).await
    }

    async fn instance_signer(&self) -> Result<RequestSigner, ResolveError> {
        let pem = sqlx::query_scalar!("SELECT private_key FROM accounts WHERE id = $1", INSTANCE_ACTOR)
            .fetch_optional(self.db().pool())
            .await?
            .flatten();
        let key = pem.as_deref().and_then(|pem| PrivateKey::from_pem(pem).ok());
        let key = key.ok_or(ResolveError::Invalid("the instance actor has no usable key"))?;
        let uri = Uris::new(&self.federation().base_url()).account(INSTANCE_ACTOR, "", None);
        Ok(RequestSigner::new(format!("{uri}#main-key"), key, self.inner.clock.clone()))
    }

    async fn local(&self, username: &str) -> Result<AccountId, ResolveError> {
        known::local_by_name(&mut *self.db().acquire().await?, username).await?.ok_or(ResolveError::NotFound)
    }

    async fn fresh_by_handle(&self, handle: &Handle) -> Result<Option<AccountId>, ResolveError> {
        let account = known::by_handle(&mut *self.db().acquire().await?, handle).await?;
        Ok(account.filter(|account| !self.is_stale(account)).map(|account| account.id))
    }

    fn is_stale(&self, account: &KnownRow) -> bool {
        let now = self.inner.clock.now_naive();
        account.last_webfingered_at.is_none_or(|at| at <= now - STALE_AFTER)
    }

    /// An account that its server no longer has goes here too, unless that has begun already.
    async fn gone(&self, handle: &Handle) -> Result<ResolveError, ResolveError> {
        let mut tx = self.db().begin().await?;
        if let Some(account) = known::by_handle(&mut tx, handle).await?.filter(|account| account.suspended_at.is_none()) {
            let job = jobs::account::DeleteAccount {
                account_id: account.id,
                reserve_username: false,
                free_address: false,
                skip_activitypub: true,
                domain_block: None,
            };
            jobs::enqueue(&mut tx, &job).await?;
        }
        tx.commit().await?;
        Ok(ResolveError::Gone)
    }

    /// # Errors
    /// [`ResolveError::Refused`] for a domain that is suspended, or not among those allowed.
    pub async fn refuse_domain(&self, domain: &str) -> Result<(), ResolveError> {
        let conn = &mut *self.db().acquire().await?;
        if domain_blocks::is_refused(conn, domain, self.federation().limited_federation).await? {
            Err(ResolveError::Refused(domain.to_owned()))
        } else {
            Ok(())
        }
    }

    async fn fetch_account(&self, uri: &str, finger: Option<Finger>) -> Result<AccountId, ResolveError> {
        self.refuse_domain(&actor::domain_of(uri)).await?;
        let document = fetch_resource(self.client(), Some(self.signer().await?), uri, true).await?;
        self.account_from_actor(document, finger).await
    }

    /// Keys and addresses alone, without WebFinger: enough to verify a signature.
    async fn fetch_keys(&self, uri: &str) -> Result<AccountId, ResolveError> {
        self.refuse_domain(&actor::domain_of(uri)).await?;
        let document = fetch_resource(self.client(), Some(self.signer().await?), uri, true).await?;
        let actor = Actor::read(&document).map_err(ResolveError::Invalid)?;
        let handle = actor.handle.clone().ok_or(ResolveError::Invalid("no user name"))?;
        let extras = Extras { keys: self.separate_keys(&actor).await, ..Extras::default() };
        self.store(&actor, &extras, Provenance { only_keys: true, webfinger_confirmed: false, ..self.provenance(handle) }).await
    }

    async fn account_from_actor(&self, document: Value, finger: Option<Finger>) -> Result<AccountId, ResolveError> {
        let actor = Actor::read(&document).map_err(ResolveError::Invalid)?;
        if is_local_uri(self.federation(), &actor.uri) {
            return self.known_account(&actor.uri).await?.ok_or(ResolveError::NotFound);
        }
        let handle = self.confirmed_handle(&actor, finger).await?;
        let extras = self.extras(&actor, &document).await?;
        self.store(&actor, &extras, Provenance { webfinger_confirmed: true, ..self.provenance(handle) }).await
    }

    /// The handle that leads to this very actor. The answer of a WebFinger made on the way here is used again.
    async fn confirmed_handle(&self, actor: &Actor, finger: Option<Finger>) -> Result<Handle, ResolveError> {
        let claimed = actor.handle.clone().ok_or(ResolveError::Invalid("no user name"))?;
        let finger = match finger {
            Some(finger) if finger.subject.is(&claimed) => finger,
            _ => webfinger::confirm(self.client(), &claimed).await?,
        };
        if finger.actor_uri != actor.uri {
            return Err(ResolveError::Invalid("WebFinger does not lead back to the actor"));
        }
        if self.federation().is_local(&finger.subject.domain) {
            return Err(ResolveError::Invalid("another server's actor with a handle of this one"));
        }
        self.refuse_domain(&finger.subject.domain).await?;
        Ok(finger.subject)
    }

    fn provenance(&self, handle: Handle) -> Provenance {
        Provenance {
            handle,
            only_keys: false,
            webfinger_confirmed: false,
            signed_with_known_key: false,
            limited_federation: self.federation().limited_federation,
            now: self.inner.clock.now_naive(),
        }
    }

    async fn store(&self, actor: &Actor, extras: &Extras, provenance: Provenance) -> Result<AccountId, ResolveError> {
        self.refuse_subdomain_flood(&provenance.handle).await?;
        let mut tx = self.db().begin().await?;
        let stored = upsert_actor(&mut tx, actor, extras, &provenance).await?;
        tx.commit().await?;
        stored.ok_or(ResolveError::Refused(provenance.handle.domain))
    }

    /// Without Redis there is no count, and nothing is refused.
    async fn refuse_subdomain_flood(&self, handle: &Handle) -> Result<(), ResolveError> {
        if known::by_handle(&mut *self.db().acquire().await?, handle).await?.is_some() {
            return Ok(());
        }
        let registrable = psl::domain_str(&handle.domain).unwrap_or(&handle.domain);
        match kv::federation::record_subdomain(&self.inner.kv, registrable, &handle.domain).await {
            Ok(count) if count > SUBDOMAINS => Err(ResolveError::Refused(handle.domain.clone())),
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "subdomains could not be counted");
                Ok(())
            }
        }
    }

    /// What other documents say: counters, separate keys, where the account moved to. Missing ones are no error.
    async fn extras(&self, actor: &Actor, document: &Value) -> Result<Extras, ResolveError> {
        let (keys, outbox, following, followers) = tokio::join!(
            self.separate_keys(actor),
            self.collection(document.get("outbox")),
            self.collection(document.get("following")),
            self.collection(document.get("followers")),
        );
        let moved_to = match &actor.moved_to {
            Some(target) if *target != actor.uri => Box::pin(self.moved_target(target)).await?,
            _ => None,
        };
        Ok(Extras {
            keys,
            statuses: outbox.total,
            following: following.total,
            followers: followers.total,
            hide_collections: !following.is_open || !followers.is_open,
            moved_to,
        })
    }

    /// An account that has moved on itself is no target.
    async fn moved_target(&self, uri: &str) -> Result<Option<AccountId>, ResolveError> {
        if let Some(known) = self.known_account(uri).await? {
            return Ok(Some(known));
        }
        let Ok(document) = fetch_resource(self.client(), Some(self.signer().await?), uri, true).await else { return Ok(None) };
        match Actor::read(&document) {
            Ok(actor) if actor.moved_to.is_none() => match self.account_from_actor(document, None).await {
                Ok(id) => Ok(Some(id)),
                Err(error @ (ResolveError::Db(_) | ResolveError::Jobs(_))) => Err(error),
                Err(_) => Ok(None),
            },
            _ => Ok(None),
        }
    }

    async fn separate_keys(&self, actor: &Actor) -> Vec<Key> {
        let mut keys = Vec::new();
        for uri in &actor.key_uris {
            let Ok(signer) = self.signer().await else { break };
            let Ok(document) = fetch_resource(self.client(), Some(signer), uri, true).await else { continue };
            let owned = value::id(document.get("owner")) == Some(actor.uri.as_str());
            if let (true, Some(pem)) = (owned, document.get("publicKeyPem").and_then(Value::as_str)) {
                keys.push(Key { uri: uri.clone(), pem: pem.replace('\0', "") });
            }
        }
        keys
    }

    async fn collection(&self, value: Option<&Value>) -> Collection {
        let (Some(url), Ok(signer)) = (value::id(value), self.signer().await) else { return Collection::default() };
        match fetch_document(self.client(), Some(signer as &dyn Signer), url).await {
            Ok((document, _)) => Collection {
                total: document.get("totalItems").and_then(Value::as_i64),
                is_open: document.get("first").is_some_and(|first| !first.is_null()),
            },
            Err(_) => Collection::default(),
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    pub(crate) fn federation(&self) -> &Federation {
        &self.inner.federation
    }

    fn failed_keys(&self) -> &Cache<String, bool> {
        &self.inner.failed_keys
    }

    fn refreshed_keys(&self) -> &Cache<AccountId, ()> {
        &self.inner.refreshed_keys
    }
}

/// What is wanted of another server's collection: its size, and whether one may look into it.
#[derive(Default)]
struct Collection {
    total: Option<i64>,
    is_open: bool,
}
