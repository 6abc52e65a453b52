//! Network addresses from which nobody signs up, or comes in at all.

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection};
use ipnetwork::IpNetwork;

use crate::audit_log;
use crate::error::{Error, Result, Validation};

/// By the names and numbers of `ip_blocks.severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    SignUpRequiresApproval,
    SignUpBlock,
    NoAccess,
}

impl Severity {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "sign_up_requires_approval" => Self::SignUpRequiresApproval,
            "sign_up_block" => Self::SignUpBlock,
            "no_access" => Self::NoAccess,
            _ => return None,
        })
    }

    #[must_use]
    pub fn column(self) -> i32 {
        match self {
            Self::SignUpRequiresApproval => 5000,
            Self::SignUpBlock => 5500,
            Self::NoAccess => 9999,
        }
    }
}

/// What a client says of a block; what is `None` was not said.
#[derive(Debug, Clone, Default)]
pub struct AddressRule {
    pub ip: Option<String>,
    pub severity: Option<String>,
    pub comment: Option<String>,
    /// The inner `None`: for good.
    pub expires_at: Option<Option<NaiveDateTime>>,
}

/// The range that an address with or without a length names, without the bits below.
fn network(text: &str) -> Option<IpNetwork> {
    let network: IpNetwork = text.trim().parse().ok()?;
    IpNetwork::new(network.network(), network.prefix()).ok()
}

/// # Errors
/// [`Error::Invalid`] in the words of the API.
pub async fn block_address(conn: &mut PgConnection, by: AccountId, rule: &AddressRule) -> Result<i64> {
    // The column's default: recorded servers take it where no address is named.
    let ip = rule.ip.as_deref().map_or_else(|| network("0.0.0.0"), network);
    let severity = checked(conn, ip, rule.severity.as_deref(), None).await?;
    let (Some(ip), Some(severity)) = (ip, severity) else { return Err(Error::NotFound) };
    let id = sqlx::query_scalar!(
        r#"INSERT INTO ip_blocks (ip, severity, comment, expires_at, created_at, updated_at)
           VALUES ($1, $2, $3, $4, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING RETURNING id"#,
        ip,
        severity.column(),
        rule.comment.as_deref().unwrap_or_default(),
        rule.expires_at.flatten()
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or_else(|| Error::invalid("Ip has already been taken"))?;
    log(conn, by, "create", id, ip).await?;
    Ok(id)
}

async fn checked(
    conn: &mut PgConnection,
    ip: Option<IpNetwork>,
    severity: Option<&str>,
    own: Option<i64>,
) -> Result<Option<Severity>> {
    let mut found = Validation::default();
    let known = severity.and_then(Severity::from_name);
    if known.is_none() {
        found.add("severity", "Severity", "ERR_INCLUSION", "is not included in the list");
    }
    if ip.is_none() {
        found.add("ip", "Ip", "ERR_BLANK", "can't be blank");
    }
    if severity.is_none_or(|severity| severity.trim().is_empty()) {
        found.add("severity", "Severity", "ERR_BLANK", "can't be blank");
    }
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM ip_blocks WHERE ip = $1 AND id IS DISTINCT FROM $2) AS "taken!""#,
        ip,
        own
    );
    if taken.fetch_one(conn).await? {
        found.add("ip", "Ip", "ERR_TAKEN", "has already been taken");
    }
    found.into_result()?;
    Ok(known)
}

/// Changes what is given, all of it or nothing: what does not fit leaves the block as it was, and is no error (recorded clients
/// are not told).
///
/// # Errors
/// [`Error::NotFound`].
pub async fn change(conn: &mut PgConnection, by: AccountId, id: i64, rule: &AddressRule) -> Result<()> {
    let former = sqlx::query!("SELECT ip, severity FROM ip_blocks WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    let ip = match &rule.ip {
        Some(text) => network(text),
        None => Some(former.ip),
    };
    let severity = match &rule.severity {
        Some(name) => Severity::from_name(name).map(Severity::column),
        None => Some(former.severity),
    };
    let (Some(ip), Some(severity)) = (ip, severity) else { return Ok(()) };
    let changed = sqlx::query!(
        r#"UPDATE ip_blocks SET ip = $2, severity = $3, comment = COALESCE($4, comment),
             expires_at = CASE WHEN $5 THEN $6 ELSE expires_at END, updated_at = now() AT TIME ZONE 'utc'
           WHERE id = $1 AND NOT EXISTS (SELECT FROM ip_blocks WHERE ip = $2 AND id <> $1)"#,
        id,
        ip,
        severity,
        rule.comment,
        rule.expires_at.is_some(),
        rule.expires_at.flatten()
    )
    .execute(&mut *conn)
    .await?;
    if changed.rows_affected() > 0 {
        log(conn, by, "update", id, ip).await?;
    }
    Ok(())
}

/// # Errors
/// [`Error::NotFound`].
pub async fn unblock_address(conn: &mut PgConnection, by: AccountId, id: i64) -> Result<()> {
    let ip = sqlx::query_scalar!("DELETE FROM ip_blocks WHERE id = $1 RETURNING ip", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    log(conn, by, "destroy", id, ip).await
}

async fn log(conn: &mut PgConnection, by: AccountId, action: &str, id: i64, ip: IpNetwork) -> Result<()> {
    audit_log::write(conn, by, action, audit_log::Target { kind: "IpBlock", id, name: &ip.to_string(), route: None }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_range_is_named_by_its_first_address() {
        let shown = |text| network(text).map(|network| network.to_string());
        assert_eq!(shown("192.0.2.77").as_deref(), Some("192.0.2.77/32"));
        assert_eq!(shown(" 192.0.2.77/24 ").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(shown("2001:db8:77::1/48").as_deref(), Some("2001:db8:77::/48"));
        assert_eq!(shown("not an ip"), None);
    }
}
