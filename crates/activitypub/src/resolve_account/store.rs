//! An actor document becomes a row of `accounts`, with its keys, counters and the jobs that follow.

use chrono::NaiveDateTime;
use db::domain_blocks::{self, DomainBlockRow, Severity};
use db::{AccountId, PgConnection};
use jobs::account::{AfterSuspensionChange, MergeAccounts, Refollow, VerifyLinks};
use jobs::domain::RefreshInstances;
use jobs::inbox::{SynchronizeCollections, SynchronizeFeatured, SynchronizeFeaturedTags};
use jobs::media::{DownloadAvatar, DownloadEmoji, DownloadHeader};

use super::actor::{Actor, Key, Picture};
use super::known;
use crate::keys::PublicKey;
use crate::webfinger::Handle;

/// How a document came, and so how much of it counts.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Under which it is stored; confirmed by WebFinger, or that of the account which signed the document.
    pub handle: Handle,
    /// Only addresses and keys are taken: the document was wanted for a key, and nobody asked WebFinger.
    pub only_keys: bool,
    pub webfinger_confirmed: bool,
    /// It came by an activity under a key that was known before: new keys in it are no sign of a server that lost its data.
    pub signed_with_known_key: bool,
    pub limited_federation: bool,
    pub now: NaiveDateTime,
}

/// What stands in other documents, fetched before.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    pub keys: Vec<Key>,
    pub statuses: Option<i64>,
    pub following: Option<i64>,
    pub followers: Option<i64>,
    pub hide_collections: bool,
    pub moved_to: Option<AccountId>,
}

struct ExistingRow {
    id: AccountId,
    public_key: String,
    suspended_at: Option<NaiveDateTime>,
    suspension_origin: Option<i32>,
    avatar_remote_url: Option<String>,
    avatar_file_name: Option<String>,
    header_remote_url: String,
    header_file_name: Option<String>,
}

const LOCAL_ORIGIN: i32 = 0;
const REMOTE_ORIGIN: i32 = 1;

/// Makes or changes the account of a document, within the caller's transaction; two documents of one actor wait for each
/// other. `None` when its domain is refused, or when keys alone were wanted and the account is not known.
///
/// # Errors
/// The database failed.
pub async fn upsert_actor(
    conn: &mut PgConnection,
    actor: &Actor,
    extras: &Extras,
    provenance: &Provenance,
) -> Result<Option<AccountId>, jobs::Error> {
    let domain = &provenance.handle.domain;
    if domain_blocks::is_refused(conn, domain, provenance.limited_federation).await? {
        return Ok(None);
    }
    let rule = domain_blocks::rule_for(conn, domain).await?;
    lock(conn, &actor.uri).await?;
    let existing = match find(conn, actor, provenance).await? {
        Some(existing) => existing,
        None if provenance.only_keys => return Ok(None),
        None => create(conn, actor, provenance, rule.as_ref()).await?,
    };
    let id = existing.id;
    let suspension_changed = update_addresses(conn, &existing, actor, provenance).await?;
    let held_here = existing.suspended_at.is_some() && existing.suspension_origin != Some(REMOTE_ORIGIN);
    let suspended = held_here || actor.suspended;
    // Of an account that we suspended the old keys stay: what it signed before must remain recognisable.
    if !held_here {
        store_keys(conn, &existing, actor, extras, provenance).await?;
    }
    if !suspended {
        update_profile(conn, id, actor, provenance.now).await?;
        let reject_media = rule.is_some_and(|rule| rule.reject_media);
        if !reject_media {
            fetch_emojis(conn, actor, domain).await?;
        }
        if !provenance.only_keys {
            if !reject_media {
                update_pictures(conn, &existing, actor).await?;
            }
            update_extras(conn, id, extras, provenance.now).await?;
            follow_up(conn, id, actor).await?;
        }
    }
    if suspension_changed {
        jobs::enqueue(conn, &AfterSuspensionChange { account_id: id }).await?;
    }
    if !db::instances::is_known(conn, domain).await? {
        jobs::enqueue(conn, &RefreshInstances {}).await?;
    }
    if provenance.webfinger_confirmed && has_duplicates(conn, id, &actor.uri).await? {
        jobs::enqueue(conn, &MergeAccounts { account_id: id }).await?;
    }
    Ok(Some(id))
}

async fn lock(conn: &mut PgConnection, uri: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('process_account:' || $1, 0))", uri).execute(conn).await?;
    Ok(())
}

/// By handle, since that is what people know an account by; for keys alone by URI, the handle not being confirmed.
async fn find(conn: &mut PgConnection, actor: &Actor, provenance: &Provenance) -> Result<Option<ExistingRow>, sqlx::Error> {
    let known = if provenance.only_keys {
        known::by_uri(conn, &actor.uri).await?
    } else {
        known::by_handle(conn, &provenance.handle).await?
    };
    let Some(known) = known else { return Ok(None) };
    sqlx::query_as!(
        ExistingRow,
        r#"SELECT id AS "id!", public_key AS "public_key!", suspended_at, suspension_origin, avatar_remote_url, avatar_file_name,
                  header_remote_url AS "header_remote_url!", header_file_name
           FROM accounts WHERE id = $1 AND domain IS NOT NULL FOR UPDATE"#,
        known.id,
    )
    .fetch_optional(conn)
    .await
}

/// Accounts of a domain with a rule begin under it.
async fn create(
    conn: &mut PgConnection,
    actor: &Actor,
    provenance: &Provenance,
    rule: Option<&DomainBlockRow>,
) -> Result<ExistingRow, sqlx::Error> {
    let since = |severity| rule.filter(|rule| rule.severity == severity).map(|rule| rule.created_at);
    let suspended_at = since(Severity::Suspend);
    sqlx::query_as!(
        ExistingRow,
        r#"INSERT INTO accounts (username, domain, uri, protocol, created_at, updated_at, suspended_at, suspension_origin, silenced_at)
           VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8)
           RETURNING id AS "id!", public_key AS "public_key!", suspended_at, suspension_origin, avatar_remote_url, avatar_file_name,
                     header_remote_url AS "header_remote_url!", header_file_name"#,
        provenance.handle.username,
        provenance.handle.domain,
        actor.uri,
        actor.published.unwrap_or(provenance.now),
        provenance.now,
        suspended_at,
        suspended_at.map(|_| LOCAL_ORIGIN),
        since(Severity::Silence),
    )
    .fetch_one(conn)
    .await
}

/// Addresses, type and suspension by its own server, which yields to ours. Tells whether the suspension changed.
async fn update_addresses(
    conn: &mut PgConnection,
    existing: &ExistingRow,
    actor: &Actor,
    provenance: &Provenance,
) -> Result<bool, sqlx::Error> {
    let suspended_there = existing.suspended_at.is_some() && existing.suspension_origin == Some(REMOTE_ORIGIN);
    let change = match (existing.suspended_at.is_some(), actor.suspended) {
        (false, true) => Some(Some(provenance.now)),
        (true, false) if suspended_there => Some(None),
        _ => None,
    };
    sqlx::query!(
        "UPDATE accounts SET protocol = 1, inbox_url = $2, outbox_url = $3, shared_inbox_url = $4, followers_url = $5,
                following_url = $6, url = $7, uri = $8, actor_type = $9, created_at = COALESCE($10, created_at),
                feature_approval_policy = $11, updated_at = $12,
                last_webfingered_at = CASE WHEN $13 THEN last_webfingered_at ELSE $12 END,
                suspended_at = CASE WHEN $14 THEN $15 ELSE suspended_at END,
                suspension_origin = CASE WHEN $14 THEN $16 ELSE suspension_origin END
         WHERE id = $1",
        existing.id,
        actor.inbox,
        actor.outbox,
        actor.shared_inbox,
        actor.followers,
        actor.following,
        actor.url,
        actor.uri,
        actor.kind,
        actor.published,
        actor.feature_policy,
        provenance.now,
        provenance.only_keys,
        change.is_some(),
        change.flatten(),
        change.flatten().map(|_| REMOTE_ORIGIN),
    )
    .execute(&mut *conn)
    .await?;
    match change {
        Some(Some(now)) => {
            sqlx::query!(
                "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
                 SELECT $1, $2, $2 WHERE NOT EXISTS (SELECT 1 FROM account_deletion_requests WHERE account_id = $1)",
                existing.id,
                now,
            )
            .execute(conn)
            .await?;
        }
        Some(None) => {
            sqlx::query!("DELETE FROM account_deletion_requests WHERE account_id = $1", existing.id).execute(conn).await?;
        }
        None => {}
    }
    Ok(change.is_some())
}

async fn store_keys(
    conn: &mut PgConnection,
    existing: &ExistingRow,
    actor: &Actor,
    extras: &Extras,
    provenance: &Provenance,
) -> Result<(), jobs::Error> {
    let usable = |key: &&Key| PublicKey::from_pem(&key.pem).is_ok();
    let keys: Vec<&Key> = actor.keys.iter().chain(&extras.keys).filter(usable).collect();
    let known =
        sqlx::query_scalar!("SELECT public_key FROM keypairs WHERE account_id = $1", existing.id).fetch_all(&mut *conn).await?;
    let (uris, pems): (Vec<String>, Vec<String>) = keys.iter().map(|key| (key.uri.clone(), key.pem.clone())).unzip();
    sqlx::query!("DELETE FROM keypairs WHERE account_id = $1 AND uri <> ALL($2)", existing.id, &uris).execute(&mut *conn).await?;
    // A key id that another account holds stays with it: an id names one key of one owner.
    sqlx::query!(
        "INSERT INTO keypairs (account_id, uri, public_key, type, created_at, updated_at)
         SELECT DISTINCT ON (k.uri) $1::bigint, k.uri, k.pem, 0, $4::timestamp, $4::timestamp FROM UNNEST($2::text[], $3::text[]) AS k (uri, pem)
         ON CONFLICT (uri) DO UPDATE SET public_key = excluded.public_key, updated_at = excluded.updated_at
         WHERE keypairs.account_id = excluded.account_id AND keypairs.public_key <> excluded.public_key",
        existing.id,
        &uris,
        &pems,
        provenance.now,
    )
    .execute(&mut *conn)
    .await?;
    if !existing.public_key.is_empty() {
        sqlx::query!("UPDATE accounts SET public_key = '' WHERE id = $1", existing.id).execute(&mut *conn).await?;
    }
    let was_known = known.iter().chain((!existing.public_key.is_empty()).then_some(&existing.public_key)).collect::<Vec<_>>();
    let all_new = !was_known.is_empty() && !pems.is_empty() && !pems.iter().any(|pem| was_known.contains(&pem));
    if all_new {
        sqlx::query!("DELETE FROM tombstones WHERE account_id = $1", existing.id).execute(&mut *conn).await?;
        if !provenance.signed_with_known_key {
            jobs::enqueue(conn, &Refollow { account_id: existing.id }).await?;
        }
    }
    Ok(())
}

async fn update_profile(conn: &mut PgConnection, id: AccountId, actor: &Actor, now: NaiveDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET featured_collection_url = $2, collections_url = $3, display_name = $4, note = $5, locked = $6,
                fields = $7, also_known_as = $8, discoverable = $9, indexable = $10, memorial = $11, attribution_domains = $12,
                show_featured = COALESCE($13, show_featured), show_media = COALESCE($14, show_media),
                show_media_replies = COALESCE($15, show_media_replies), updated_at = $16
         WHERE id = $1",
        id,
        actor.featured,
        actor.collections,
        actor.name,
        actor.summary,
        actor.locked,
        actor.fields,
        &actor.also_known_as,
        actor.discoverable,
        actor.indexable,
        actor.memorial,
        &actor.attribution_domains,
        actor.show_featured,
        actor.show_media,
        actor.show_media_replies,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The jobs fetch what the columns name, or take the files away where the address has become empty.
async fn update_pictures(conn: &mut PgConnection, existing: &ExistingRow, actor: &Actor) -> Result<(), jobs::Error> {
    sqlx::query!(
        "UPDATE accounts SET avatar_remote_url = $2, avatar_description = $3, header_remote_url = $4, header_description = $5 WHERE id = $1",
        existing.id,
        actor.icon.url,
        actor.icon.description,
        actor.image.url,
        actor.image.description,
    )
    .execute(&mut *conn)
    .await?;
    let account_id = existing.id;
    if must_fetch(&actor.icon, existing.avatar_remote_url.as_deref(), existing.avatar_file_name.is_some()) {
        jobs::enqueue(conn, &DownloadAvatar { account_id }).await?;
    }
    if must_fetch(&actor.image, Some(&existing.header_remote_url), existing.header_file_name.is_some()) {
        jobs::enqueue(conn, &DownloadHeader { account_id }).await?;
    }
    Ok(())
}

fn must_fetch(picture: &Picture, stored_url: Option<&str>, has_file: bool) -> bool {
    if picture.url.is_empty() { has_file } else { !has_file || stored_url != Some(picture.url.as_str()) }
}

async fn update_extras(conn: &mut PgConnection, id: AccountId, extras: &Extras, now: NaiveDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE accounts SET hide_collections = $2, moved_to_account_id = $3 WHERE id = $1",
        id,
        extras.hide_collections,
        extras.moved_to,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO account_stats (account_id, statuses_count, following_count, followers_count, created_at, updated_at)
         VALUES ($1, COALESCE($2::bigint, 0), COALESCE($3::bigint, 0), COALESCE($4::bigint, 0), $5, $5)
         ON CONFLICT (account_id) DO UPDATE SET statuses_count = COALESCE($2, account_stats.statuses_count),
           following_count = COALESCE($3, account_stats.following_count),
           followers_count = COALESCE($4, account_stats.followers_count), updated_at = $5",
        id,
        extras.statuses,
        extras.following,
        extras.followers,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn fetch_emojis(conn: &mut PgConnection, actor: &Actor, domain: &str) -> Result<(), jobs::Error> {
    if actor.emojis.is_empty() {
        return Ok(());
    }
    let shortcodes: Vec<String> = actor.emojis.iter().map(|emoji| emoji.shortcode.clone()).collect();
    let known = sqlx::query!(
        "SELECT shortcode, image_remote_url, updated_at FROM custom_emojis WHERE domain = $1 AND shortcode = ANY($2)",
        domain,
        &shortcodes,
    )
    .fetch_all(&mut *conn)
    .await?;
    let wanted = actor.emojis.iter().filter(|emoji| match known.iter().find(|row| row.shortcode == emoji.shortcode) {
        None => true,
        Some(row) => {
            row.image_remote_url.as_deref() != Some(emoji.url.as_str())
                || emoji.updated.is_some_and(|updated| updated >= row.updated_at)
        }
    });
    let jobs: Vec<DownloadEmoji> = wanted
        .map(|emoji| DownloadEmoji {
            domain: domain.to_owned(),
            shortcode: emoji.shortcode.clone(),
            uri: emoji.uri.clone(),
            url: emoji.url.clone(),
        })
        .collect();
    jobs::enqueue_many(conn, &jobs).await
}

async fn follow_up(conn: &mut PgConnection, account_id: AccountId, actor: &Actor) -> Result<(), jobs::Error> {
    if !actor.featured.is_empty() {
        jobs::enqueue(conn, &SynchronizeFeatured { account_id }).await?;
    }
    if !actor.collections.is_empty() {
        jobs::enqueue(conn, &SynchronizeCollections { account_id }).await?;
    }
    if !actor.featured_tags.is_empty() {
        jobs::enqueue(conn, &SynchronizeFeaturedTags { account_id, url: actor.featured_tags.clone() }).await?;
    }
    let has_link = actor.fields.as_array().is_some_and(|fields| {
        fields.iter().any(|field| field.get("value").and_then(|value| value.as_str()).is_some_and(|value| value.contains("http")))
    });
    if has_link {
        jobs::enqueue(conn, &VerifyLinks { account_id }).await?;
    }
    Ok(())
}

async fn has_duplicates(conn: &mut PgConnection, id: AccountId, uri: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM accounts WHERE uri = $1 AND id <> $2 AND domain IS NOT NULL) AS "found!""#,
        uri,
        id
    )
    .fetch_one(conn)
    .await
}
