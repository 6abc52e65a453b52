//! Boosting a status, and taking the boost back.

use config::Config;
use db::counters::{AccountDelta, StatusDelta, add_to_accounts, add_to_statuses};
use db::statuses::Visibility;
use db::uri::Uris;
use db::users::UserSettings;
use db::{AccountId, StatusId};
use jobs::delivery::FederateStatus;
use jobs::feed::Distribute;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::notify::{self, Event};
use crate::remove_status::{Removal, remove_status};
use crate::subject::{self, Author, Subject};

/// A boost, and whether it was made just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reblog {
    pub id: StatusId,
    pub is_new: bool,
}

struct BoosterRow {
    username: String,
    id_scheme: Option<i32>,
    locked: bool,
    settings: Option<String>,
}

/// Boosts the status, or what it boosts. Who has boosted it already gets that boost.
///
/// `visibility` is the client's word; without it the account's preference counts, and followers-only statuses, which only
/// their author may boost, keep their own.
///
/// # Errors
/// [`Error::NotFoundPlain`] if it is not for the account's eyes, [`Error::Forbidden`] if it must not be boosted, 422 for a
/// visibility that boosts cannot have.
pub async fn reblog(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    id: StatusId,
    visibility: Option<&str>,
) -> Result<Reblog> {
    let subject = subject::find(conn, account, id).await?;
    let allowed = match subject.visibility {
        Visibility::Public | Visibility::Unlisted => true,
        Visibility::Private => subject.account_id == account,
        Visibility::Direct | Visibility::Limited => false,
    };
    if !allowed || subject.blocking {
        return Err(Error::Forbidden);
    }
    // No unique index forbids a second boost.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended('reblog ' || $1::bigint, $2))", account, subject.id)
        .execute(&mut *conn)
        .await?;
    let known = sqlx::query_scalar!(
        "SELECT id FROM statuses WHERE account_id = $1 AND reblog_of_id = $2 AND deleted_at IS NULL",
        account,
        subject.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(id) = known {
        return Ok(Reblog { id, is_new: false });
    }
    let booster = booster(conn, account).await?;
    let visibility = chosen(&subject, &booster, visibility)?;
    let id = insert(conn, config, account, &booster, &subject, visibility).await?;
    if matches!(subject.author, Author::Local) {
        notify::notify(conn, &Event::reblog(subject.account_id, account, id)).await?;
    }
    jobs::enqueue(conn, &Distribute { status_id: id, skip_notifications: false }).await?;
    jobs::enqueue(conn, &FederateStatus { status_id: id }).await?;
    let now = config.clock.now_naive();
    let author = AccountDelta { account_id: account, statuses: 1, last_status_at: Some(now), ..AccountDelta::default() };
    add_to_accounts(conn, &[author]).await?;
    add_to_statuses(conn, &[StatusDelta { status_id: subject.id, reblogs: 1, ..StatusDelta::default() }]).await?;
    Ok(Reblog { id, is_new: true })
}

/// Takes the account's boost of exactly this status back; a status that it did not boost is only looked at.
///
/// # Errors
/// [`Error::NotFoundPlain`] for a status that is neither boosted nor for the account's eyes.
pub async fn unreblog(conn: &mut PgConnection, account: AccountId, id: StatusId) -> Result<()> {
    let boost = sqlx::query_scalar!(
        "SELECT id FROM statuses WHERE account_id = $1 AND reblog_of_id = $2 AND deleted_at IS NULL",
        account,
        id
    )
    .fetch_optional(&mut *conn)
    .await?;
    match boost {
        Some(boost) => remove_status(conn, boost, Removal::default()).await,
        None => subject::named(conn, account, id).await.map(drop),
    }
}

async fn booster(conn: &mut PgConnection, account: AccountId) -> Result<BoosterRow> {
    let row = sqlx::query_as!(
        BoosterRow,
        r#"
        SELECT a.username, a.id_scheme, a.locked, u.settings FROM accounts a JOIN users u ON u.account_id = a.id WHERE a.id = $1
        "#,
        account
    )
    .fetch_one(conn)
    .await?;
    Ok(row)
}

fn chosen(subject: &Subject, booster: &BoosterRow, asked: Option<&str>) -> Result<Visibility> {
    if !subject.visibility.is_distributable() {
        return Ok(subject.visibility);
    }
    let settings = UserSettings::parse(booster.settings.as_deref());
    let word = asked.filter(|word| !word.is_empty()).unwrap_or_else(|| settings.default_privacy(booster.locked));
    match Visibility::from_name(word) {
        Some(Visibility::Direct | Visibility::Limited) => Err(Error::invalid("Visibility is reserved")),
        Some(visibility) => Ok(visibility),
        None => Err(Error::invalid("Visibility is not included in the list")),
    }
}

/// The original is looked at once more by the statement that writes: it may be going this very moment.
async fn insert(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    booster: &BoosterRow,
    subject: &Subject,
    visibility: Visibility,
) -> Result<StatusId> {
    let now = config.clock.now_naive();
    let id = sqlx::query_scalar!(
        r#"
        WITH original AS (SELECT id FROM statuses WHERE id = $2 AND deleted_at IS NULL FOR KEY SHARE)
        INSERT INTO statuses (account_id, reblog_of_id, text, visibility, local, created_at, updated_at)
        SELECT $1, original.id, '', $3, true, $4, $4 FROM original
        RETURNING id
        "#,
        account,
        subject.id,
        visibility.column(),
        now
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFoundPlain)?;
    let uris = Uris::new(&config.federation.base_url());
    let uri = uris.status(&uris.account(account, &booster.username, booster.id_scheme), id);
    sqlx::query!("UPDATE statuses SET uri = $1 WHERE id = $2", format!("{uri}/activity"), id).execute(&mut *conn).await?;
    crate::post_status::begin_conversation(conn, id, account).await?;
    Ok(id)
}
