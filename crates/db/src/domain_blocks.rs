//! `domain_blocks` and `domain_allows`: which servers this one deals with, and how.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Silence,
    Suspend,
    Noop,
}

impl Severity {
    /// As `domain_blocks.severity` has it; a row without one limits.
    #[must_use]
    pub fn from_column(number: Option<i32>) -> Self {
        match number {
            Some(1) => Self::Suspend,
            Some(2) => Self::Noop,
            _ => Self::Silence,
        }
    }

    #[must_use]
    pub fn column(self) -> i32 {
        match self {
            Self::Silence => 0,
            Self::Suspend => 1,
            Self::Noop => 2,
        }
    }

    /// By the API's names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Silence, Self::Suspend, Self::Noop].into_iter().find(|severity| severity.name() == name)
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Suspend => "suspend",
            Self::Noop => "noop",
        }
    }
}

#[derive(Debug, Clone)]
pub struct DomainBlockRow {
    pub id: i64,
    pub domain: String,
    pub created_at: NaiveDateTime,
    pub severity: Severity,
    pub reject_media: bool,
    pub reject_reports: bool,
}

/// The rule for a domain: its own, or else that of the nearest domain above it.
///
/// # Errors
/// The database failed.
pub async fn rule_for(conn: &mut PgConnection, domain: &str) -> Result<Option<DomainBlockRow>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, domain, created_at, severity, reject_media, reject_reports FROM domain_blocks
         WHERE domain = ANY($1) ORDER BY char_length(domain) DESC LIMIT 1",
        &with_parents(domain),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| DomainBlockRow {
        id: row.id,
        domain: row.domain,
        created_at: row.created_at,
        severity: Severity::from_column(row.severity),
        reject_media: row.reject_media,
        reject_reports: row.reject_reports,
    }))
}

/// The rule as it stands. Nobody changes it or takes it away before the caller's transaction ends.
///
/// # Errors
/// The database failed.
pub async fn held(conn: &mut PgConnection, id: i64) -> Result<Option<DomainBlockRow>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, domain, created_at, severity, reject_media, reject_reports FROM domain_blocks WHERE id = $1 FOR UPDATE",
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| DomainBlockRow {
        id: row.id,
        domain: row.domain,
        created_at: row.created_at,
        severity: Severity::from_column(row.severity),
        reject_media: row.reject_media,
        reject_reports: row.reject_reports,
    }))
}

/// The domain and those below it, as far as accounts of them are known. Walks from name to name in the index: the number of
/// accounts does not matter.
///
/// # Errors
/// The database failed.
pub async fn known_below(conn: &mut PgConnection, domain: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH RECURSIVE known AS (
          (SELECT domain FROM accounts WHERE domain IS NOT NULL ORDER BY domain LIMIT 1)
          UNION ALL
          SELECT (SELECT a.domain FROM accounts a WHERE a.domain > known.domain ORDER BY a.domain LIMIT 1)
          FROM known WHERE known.domain IS NOT NULL
        )
        SELECT domain AS "domain!" FROM known
        WHERE domain = $1 OR right(domain, length($1) + 1) = '.' || $1
        "#,
        domain
    )
    .fetch_all(conn)
    .await
}

/// Whether nothing at all is exchanged with this domain: it is suspended or, in limited federation mode, not allowed by name.
///
/// # Errors
/// The database failed.
pub async fn is_refused(conn: &mut PgConnection, domain: &str, limited_federation: bool) -> Result<bool, sqlx::Error> {
    if limited_federation {
        let allowed = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM domain_allows WHERE domain = $1) AS "allowed!""#,
            domain.to_ascii_lowercase()
        );
        return Ok(!allowed.fetch_one(conn).await?);
    }
    Ok(rule_for(conn, domain).await?.is_some_and(|rule| rule.severity == Severity::Suspend))
}

/// The domain without port, and every domain above it.
fn with_parents(domain: &str) -> Vec<String> {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    let host = match domain.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => &domain,
    };
    let mut variants = vec![host.to_owned()];
    let mut rest = host;
    while let Some((_, parent)) = rest.split_once('.') {
        variants.push(parent.to_owned());
        rest = parent;
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::with_parents;

    #[test]
    fn a_rule_holds_for_what_lies_below_its_domain() {
        assert_eq!(with_parents("A.b.example:8443"), ["a.b.example", "b.example", "example"]);
        assert_eq!(with_parents("localhost"), ["localhost"]);
    }
}
