//! Providers of mailboxes, and single mailboxes, with which nobody signs up.

use db::{AccountId, PgConnection};

use crate::block_domain::normalize;
use crate::error::{Error, Result, Validation};
use crate::{audit_log, canonical_email};

/// Refuses a provider, or has its people wait for approval.
///
/// # Errors
/// [`Error::Invalid`] in the words of the API.
pub async fn block_email_domain(conn: &mut PgConnection, by: AccountId, domain: &str, after_approval: bool) -> Result<i64> {
    let domain = normalize(domain)?;
    let id = sqlx::query_scalar!(
        r#"INSERT INTO email_domain_blocks (domain, allow_with_approval, created_at, updated_at)
           VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING RETURNING id"#,
        domain,
        after_approval
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or_else(|| Error::invalid("Domain has already been taken"))?;
    log(conn, by, "create", ("EmailDomainBlock", id), &domain).await?;
    Ok(id)
}

/// Blocks of its mail servers that were made along with it go too.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn unblock_email_domain(conn: &mut PgConnection, by: AccountId, id: i64) -> Result<()> {
    let domain = sqlx::query_scalar!("DELETE FROM email_domain_blocks WHERE id = $1 RETURNING domain", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    log(conn, by, "destroy", ("EmailDomainBlock", id), &domain).await
}

/// A mailbox by its address, or by the hash of that.
#[derive(Debug, Clone, Copy)]
pub enum Mailbox<'a> {
    Address(&'a str),
    Hash(&'a str),
}

impl Mailbox<'_> {
    fn hash(self) -> String {
        match self {
            Self::Address(address) if address.trim().is_empty() => String::new(),
            Self::Address(address) => canonical_email::hash(address),
            Self::Hash(hash) => hash.replace('\0', ""),
        }
    }
}

/// # Errors
/// [`Error::Invalid`] in the words of the API.
pub async fn block_mailbox(conn: &mut PgConnection, by: AccountId, mailbox: Mailbox<'_>) -> Result<i64> {
    let hash = mailbox.hash();
    if hash.trim().is_empty() {
        return Err(Validation::new("Canonical email hash can't be blank").into());
    }
    let id = sqlx::query_scalar!(
        r#"INSERT INTO canonical_email_blocks (canonical_email_hash, created_at, updated_at)
           VALUES ($1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING RETURNING id"#,
        hash
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or_else(|| Error::invalid("Canonical email hash has already been taken"))?;
    log(conn, by, "create", ("CanonicalEmailBlock", id), &hash).await?;
    Ok(id)
}

/// # Errors
/// [`Error::NotFound`].
pub async fn unblock_mailbox(conn: &mut PgConnection, by: AccountId, id: i64) -> Result<()> {
    let hash = sqlx::query_scalar!("DELETE FROM canonical_email_blocks WHERE id = $1 RETURNING canonical_email_hash", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    log(conn, by, "destroy", ("CanonicalEmailBlock", id), &hash).await
}

/// Blocks that meet this address, however it is written.
///
/// # Errors
/// The database fails.
pub async fn blocks_of_mailbox(conn: &mut PgConnection, address: &str) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM canonical_email_blocks WHERE canonical_email_hash = $1",
        Mailbox::Address(address).hash()
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

async fn log(conn: &mut PgConnection, by: AccountId, action: &str, (kind, id): (&str, i64), name: &str) -> Result<()> {
    audit_log::write(conn, by, action, audit_log::Target { kind, id, name, route: None }).await?;
    Ok(())
}
