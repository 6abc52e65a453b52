//! What moderators decide about whole servers. What it does to the accounts there is done by jobs, piece by piece.

mod accounts;
mod media;
mod sever;

use chrono::NaiveDateTime;
use db::domain_blocks::{self, DomainBlockRow, Severity};
use db::{AccountId, PgConnection};
use jobs::domain::{ApplyDomainBlock, ClearDomainMedia, DeleteDomain, LiftDomainBlock, RefreshInstances};

pub use accounts::{apply, free, next_accounts, suspend_disallowed};
pub use media::{clear_attachments, clear_emojis, clear_pictures};
pub use sever::{sever, sever_silently, tell_severed};

use crate::audit_log;
use crate::block_domain::normalize;
use crate::error::{Error, Result};

/// What a domain block says; what is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// The inner `None`: a word that is no severity.
    pub severity: Option<Option<Severity>>,
    pub reject_media: Option<bool>,
    pub reject_reports: Option<bool>,
    pub obfuscate: Option<bool>,
    /// The inner `None`: no comment any more.
    pub private_comment: Option<Option<String>>,
    pub public_comment: Option<Option<String>>,
}

impl Rule {
    fn severity(&self) -> Result<Option<Severity>> {
        match self.severity {
            Some(None) => Err(Error::invalid("Severity is not included in the list")),
            Some(severity) => Ok(severity),
            None => Ok(None),
        }
    }

    /// More than what holds already by a rule for a domain above.
    fn is_stricter_than(&self, held: &DomainBlockRow) -> bool {
        // An unknown severity is refused later, and until then counts as none of the three.
        match (self.severity.unwrap_or(Some(Severity::Silence)), held.severity) {
            (Some(Severity::Suspend), _) => true,
            (Some(_), Severity::Suspend) | (Some(Severity::Noop), Severity::Silence) => false,
            _ => {
                (self.reject_media == Some(true) || !held.reject_media)
                    && (self.reject_reports == Some(true) || !held.reject_reports)
            }
        }
    }
}

/// What became of a new rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    Now(i64),
    /// This rule says as much already; nothing was done.
    Before(i64),
}

/// # Errors
/// [`Error::Invalid`] in the words of the API.
pub async fn block(conn: &mut PgConnection, by: AccountId, domain: &str, rule: &Rule) -> Result<Blocked> {
    let normal = normalize(domain);
    if let Ok(normal) = &normal
        && let Some(held) = domain_blocks::rule_for(conn, normal).await?
        && (held.domain == *normal || !rule.is_stricter_than(&held))
    {
        return Ok(Blocked::Before(held.id));
    }
    let domain = normal?;
    let severity = rule.severity()?.unwrap_or(Severity::Silence);
    let inserted = sqlx::query!(
        r#"
        INSERT INTO domain_blocks (domain, severity, reject_media, reject_reports, obfuscate, private_comment, public_comment,
          created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING
        RETURNING id, created_at
        "#,
        domain,
        severity.column(),
        rule.reject_media.unwrap_or(false),
        rule.reject_reports.unwrap_or(false),
        rule.obfuscate.unwrap_or(false),
        rule.private_comment.clone().flatten(),
        rule.public_comment.clone().flatten()
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(inserted) = inserted else {
        // Somebody else was quicker by a moment.
        let held = domain_blocks::rule_for(conn, &domain).await?.ok_or(Error::NotFound)?;
        return Ok(Blocked::Before(held.id));
    };
    take_effect(conn, inserted.id, severity, rule.reject_media == Some(true), inserted.created_at).await?;
    know(conn, &domain).await?;
    log(conn, by, "create", "DomainBlock", inserted.id, &domain).await?;
    Ok(Blocked::Now(inserted.id))
}

/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] for a severity that is none.
pub async fn change(conn: &mut PgConnection, by: AccountId, id: i64, rule: &Rule) -> Result<()> {
    let former = domain_blocks::held(conn, id).await?.ok_or(Error::NotFound)?;
    let severity = rule.severity()?.unwrap_or(former.severity);
    let reject_media = rule.reject_media.unwrap_or(former.reject_media);
    let updated_at = sqlx::query_scalar!(
        r#"
        UPDATE domain_blocks SET severity = $2, reject_media = $3, reject_reports = COALESCE($4, reject_reports),
          obfuscate = COALESCE($5, obfuscate), private_comment = CASE WHEN $6 THEN $7 ELSE private_comment END,
          public_comment = CASE WHEN $8 THEN $9 ELSE public_comment END, updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        RETURNING updated_at
        "#,
        id,
        severity.column(),
        reject_media,
        rule.reject_reports,
        rule.obfuscate,
        rule.private_comment.is_some(),
        rule.private_comment.clone().flatten(),
        rule.public_comment.is_some(),
        rule.public_comment.clone().flatten()
    )
    .fetch_one(&mut *conn)
    .await?;
    if severity != former.severity || reject_media != former.reject_media {
        take_effect(conn, id, severity, reject_media, updated_at).await?;
    }
    log(conn, by, "update", "DomainBlock", id, &former.domain).await
}

async fn take_effect(
    conn: &mut PgConnection,
    id: i64,
    severity: Severity,
    reject_media: bool,
    since: NaiveDateTime,
) -> Result<()> {
    jobs::enqueue(conn, &ApplyDomainBlock { domain_block_id: id, since }).await?;
    // A suspension takes everything anyway.
    if reject_media && severity != Severity::Suspend {
        jobs::enqueue(conn, &ClearDomainMedia { domain_block_id: id }).await?;
    }
    Ok(())
}

/// The accounts of a small server are free at once, those of a large one soon after.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn unblock(conn: &mut PgConnection, by: AccountId, id: i64) -> Result<()> {
    let former = domain_blocks::held(conn, id).await?.ok_or(Error::NotFound)?;
    sqlx::query!("DELETE FROM domain_blocks WHERE id = $1", id).execute(&mut *conn).await?;
    let mut waits = false;
    for domain in domain_blocks::known_below(conn, &former.domain).await? {
        let accounts = next_accounts(conn, &domain, i64::MIN).await?;
        free(conn, &accounts, former.created_at).await?;
        waits |= accounts::is_full(&accounts);
    }
    if waits {
        let rest = LiftDomainBlock { domain: former.domain.clone(), imposed_at: former.created_at };
        jobs::enqueue(conn, &rest).await?;
    }
    log(conn, by, "destroy", "DomainBlock", id, &former.domain).await
}

/// Lets a server in where only allowed ones are. Its id, if it was not allowed before; or else that of the older row.
///
/// # Errors
/// [`Error::Invalid`] in the words of the API.
pub async fn allow(conn: &mut PgConnection, by: AccountId, domain: &str) -> Result<i64> {
    let domain = normalize(domain)?;
    let inserted = sqlx::query_scalar!(
        r#"INSERT INTO domain_allows (domain, created_at, updated_at)
           VALUES ($1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING RETURNING id"#,
        domain
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(id) = inserted else {
        let older = sqlx::query_scalar!("SELECT id FROM domain_allows WHERE domain = $1", domain).fetch_optional(conn).await?;
        return older.ok_or(Error::NotFound);
    };
    know(conn, &domain).await?;
    log(conn, by, "create", "DomainAllow", id, &domain).await?;
    Ok(id)
}

/// The opposite. In limited federation mode what is known of the server goes, rows and all.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn disallow(conn: &mut PgConnection, by: AccountId, id: i64, limited_federation: bool) -> Result<()> {
    let domain = sqlx::query_scalar!("DELETE FROM domain_allows WHERE id = $1 RETURNING domain", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    if limited_federation {
        jobs::enqueue(conn, &DeleteDomain { domain: domain.clone() }).await?;
    }
    log(conn, by, "destroy", "DomainAllow", id, &domain).await
}

/// The list of servers is made anew when one is named for the first time; otherwise every hour.
async fn know(conn: &mut PgConnection, domain: &str) -> Result<()> {
    if !db::instances::is_known(conn, domain).await? {
        jobs::enqueue(conn, &RefreshInstances {}).await?;
    }
    Ok(())
}

async fn log(conn: &mut PgConnection, by: AccountId, action: &str, kind: &str, id: i64, domain: &str) -> Result<()> {
    audit_log::write(conn, by, action, audit_log::Target { kind, id, name: domain, route: None }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use db::domain_blocks::{DomainBlockRow, Severity};

    use super::Rule;

    fn held(severity: Severity, reject_media: bool) -> DomainBlockRow {
        let created_at = chrono::DateTime::UNIX_EPOCH.naive_utc();
        DomainBlockRow { id: 1, domain: "a.example".to_owned(), created_at, severity, reject_media, reject_reports: false }
    }

    fn rule(severity: Severity) -> Rule {
        Rule { severity: Some(Some(severity)), ..Rule::default() }
    }

    #[test]
    fn a_part_of_a_server_may_be_treated_worse_than_the_whole_but_not_better() {
        use Severity::{Noop, Silence, Suspend};
        for (new, old, stricter) in [
            (Suspend, Suspend, true),
            (Suspend, Noop, true),
            (Silence, Suspend, false),
            (Silence, Silence, true),
            (Silence, Noop, true),
            (Noop, Silence, false),
            (Noop, Noop, true),
        ] {
            assert_eq!(rule(new).is_stricter_than(&held(old, false)), stricter, "{new:?} below {old:?}");
        }
        assert!(!rule(Silence).is_stricter_than(&held(Silence, true)));
        assert!(Rule { reject_media: Some(true), ..rule(Silence) }.is_stricter_than(&held(Silence, true)));
    }
}
