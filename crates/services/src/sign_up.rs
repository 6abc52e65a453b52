//! Who may sign up, and with whose invitation. The account itself is made by [`crate::create_account`].

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use config::Config;
use db::settings::{RegistrationsMode, Settings};
use ipnetwork::IpNetwork;
use kv::Kv;
use kv::trend::History;
use sqlx::PgConnection;

use crate::create_account::{MailServers, NewAccount, forces_approval, provider_rules};
use crate::error::{Error, Result};

/// `ip_blocks.severity`: nobody signs up from there, or comes in at all.
const SIGN_UP_BLOCK: i32 = 5500;
const NO_ACCESS: i32 = 9999;

/// Somebody's invitation that can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invite {
    pub id: i64,
    /// The inviter's role lets people in without anybody looking at them.
    pub bypasses_approval: bool,
}

/// The invitation with this code, unless it is used up, too old, or its owner's account does not work any more.
///
/// # Errors
/// The database's.
pub async fn find_invite(conn: &mut PgConnection, code: &str) -> Result<Option<Invite>> {
    if code.is_empty() || code.contains('\0') {
        return Ok(None);
    }
    let invite = sqlx::query_as!(
        Invite,
        r#"
        SELECT i.id AS "id!",
          ((COALESCE(r.permissions, 0) | COALESCE(e.permissions, 0)) & ((1 << 21) | 1)) <> 0 AS "bypasses_approval!"
        FROM invites i
        JOIN users u ON u.id = i.user_id
        JOIN accounts a ON a.id = u.account_id
        LEFT JOIN user_roles r ON r.id = u.role_id
        LEFT JOIN user_roles e ON e.id = -99
        WHERE i.code = $1 AND (i.max_uses IS NULL OR i.uses < i.max_uses)
          AND (i.expires_at IS NULL OR i.expires_at >= now() AT TIME ZONE 'utc')
          AND u.confirmed_at IS NOT NULL AND u.approved AND NOT u.disabled AND a.suspended_at IS NULL
          AND a.moved_to_account_id IS NULL AND NOT a.memorial
        "#,
        code
    )
    .fetch_optional(conn)
    .await?;
    Ok(invite)
}

/// Whether there ever was an invitation with this code.
///
/// # Errors
/// The database's.
pub async fn invite_exists(conn: &mut PgConnection, code: &str) -> Result<bool> {
    if code.contains('\0') {
        return Ok(false);
    }
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM invites WHERE code = $1) AS "exists!""#, code).fetch_one(conn).await?)
}

/// Whether anybody may sign up from this address. An invitation opens a closed server, but not a blocked address.
///
/// # Errors
/// The database's.
pub async fn may_sign_up(
    conn: &mut PgConnection,
    config: &Config,
    settings: &Settings,
    invite: Option<&Invite>,
    address: IpAddr,
) -> Result<bool> {
    let is_open = settings.registrations_mode != RegistrationsMode::None || invite.is_some();
    if config.federation.single_user_mode || !is_open {
        return Ok(false);
    }
    let blocked = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM ip_blocks WHERE severity IN ($1, $2) AND ip >>= $3
             AND (expires_at IS NULL OR expires_at > now() AT TIME ZONE 'utc')) AS "blocked!""#,
        SIGN_UP_BLOCK,
        NO_ACCESS,
        IpNetwork::from(address)
    )
    .fetch_one(conn)
    .await?;
    Ok(!blocked)
}

/// Who takes letters for this address. A provider that the operator lists by name is not looked up.
pub async fn mail_servers(http: &http_client::Client, config: &Config, email: &str) -> MailServers {
    let listed = &config.federation.email_domain_allowlist;
    let domain = email.rsplit_once('@').and_then(|(_, domain)| text::account_name::normalize_domain(domain).ok());
    match domain.filter(|domain| !domain.is_empty() && !listed.contains(domain)) {
        Some(domain) => http.mail_servers(&domain).await,
        None => MailServers::Unknown,
    }
}

/// Whether nobody has to look at this person first.
///
/// # Errors
/// The database's.
pub async fn is_approved(
    conn: &mut PgConnection,
    settings: &Settings,
    invite: Option<&Invite>,
    new: &NewAccount,
) -> Result<bool> {
    let open = settings.registrations_mode == RegistrationsMode::Open || invite.is_some_and(|invite| invite.bypasses_approval);
    Ok(open && !forces_approval(conn, new).await?)
}

/// Counts against rules about the mail's provider that somebody came from there, whatever becomes of it. Redis being away
/// loses the count only.
///
/// # Errors
/// The database's.
pub async fn count_attempt(
    conn: &mut PgConnection,
    kv: &Kv,
    new: &NewAccount,
    address: IpAddr,
    now: DateTime<Utc>,
) -> Result<()> {
    let met = provider_rules(conn, new).await?;
    if let Err(error) = kv::trend::record(kv, History::EmailDomainBlock, &met, &address.to_string(), now).await {
        tracing::warn!(%error, "an attempt to sign up is not counted");
    }
    Ok(())
}

/// Counts a use. Two people may come with the last one: the second is refused.
///
/// # Errors
/// [`Error::Forbidden`] if it is used up meanwhile.
pub async fn use_invite(conn: &mut PgConnection, invite: &Invite) -> Result<()> {
    let used =
        sqlx::query!("UPDATE invites SET uses = uses + 1 WHERE id = $1 AND (max_uses IS NULL OR uses < max_uses)", invite.id)
            .execute(conn)
            .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::Forbidden) }
}
