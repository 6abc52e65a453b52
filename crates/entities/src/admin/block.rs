//! Rules about servers, mailboxes and network addresses.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::NaiveDate;
use db::domain_blocks::Severity;
use db::{Page, PgConnection};
use kv::Kv;
use kv::trend::{Day, History};
use serde::Serialize;

use crate::Id;
use crate::tag::{DayOfUse, history_days};
use crate::timestamp::Millis;

#[derive(Debug, Clone, Serialize)]
pub struct AdminDomainBlock {
    pub id: Id,
    pub domain: String,
    /// SHA-256 of the domain.
    pub digest: String,
    pub created_at: Millis,
    pub severity: &'static str,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub private_comment: Option<String>,
    pub public_comment: Option<String>,
    pub obfuscate: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct AdminDomainAllow {
    pub id: Id,
    pub domain: String,
    pub created_at: Millis,
}

#[derive(Debug, Clone, Serialize)]
pub struct AdminEmailDomainBlock {
    pub id: Id,
    pub domain: String,
    pub created_at: Millis,
    /// Attempts to sign up, and from how many addresses.
    pub history: Vec<DayOfUse>,
    pub allow_with_approval: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct AdminIpBlock {
    pub id: Id,
    /// `192.0.2.0/24`
    pub ip: String,
    pub severity: &'static str,
    pub comment: String,
    pub created_at: Millis,
    pub expires_at: Option<Millis>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AdminCanonicalEmailBlock {
    pub id: Id,
    pub canonical_email_hash: String,
}

impl AdminDomainBlock {
    /// # Errors
    /// The database failed.
    pub async fn find(conn: &mut PgConnection, id: i64) -> Result<Option<Self>, sqlx::Error> {
        Ok(Self::load(conn, Some(id), Page::ONE).await?.pop())
    }

    /// Newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(conn: &mut PgConnection, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        Self::load(conn, None, page).await
    }

    async fn load(conn: &mut PgConnection, id: Option<i64>, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT id, domain, created_at, severity, reject_media, reject_reports, private_comment, public_comment, obfuscate
             FROM domain_blocks WHERE ($1::bigint IS NULL OR id = $1) AND id < $2 AND id > $3
             ORDER BY CASE WHEN $4 THEN id ELSE -id END LIMIT $5",
            id,
            page.below,
            page.above,
            page.ascending,
            page.limit
        )
        .fetch_all(conn)
        .await?;
        let mut blocks: Vec<Self> = rows
            .into_iter()
            .map(|row| Self {
                id: Id(row.id),
                digest: hex::encode(digest(&SHA256, row.domain.as_bytes())),
                domain: row.domain,
                created_at: Millis(row.created_at),
                severity: Severity::from_column(row.severity).name(),
                reject_media: row.reject_media,
                reject_reports: row.reject_reports,
                private_comment: row.private_comment,
                public_comment: row.public_comment,
                obfuscate: row.obfuscate,
            })
            .collect();
        page.arrange(&mut blocks);
        Ok(blocks)
    }
}

impl AdminDomainAllow {
    /// # Errors
    /// The database failed.
    pub async fn find(conn: &mut PgConnection, id: i64) -> Result<Option<Self>, sqlx::Error> {
        Ok(Self::load(conn, Some(id), Page::ONE).await?.pop())
    }

    /// Newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(conn: &mut PgConnection, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        Self::load(conn, None, page).await
    }

    async fn load(conn: &mut PgConnection, id: Option<i64>, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT id, domain, created_at FROM domain_allows
             WHERE ($1::bigint IS NULL OR id = $1) AND id < $2 AND id > $3
             ORDER BY CASE WHEN $4 THEN id ELSE -id END LIMIT $5",
            id,
            page.below,
            page.above,
            page.ascending,
            page.limit
        )
        .fetch_all(conn)
        .await?;
        let mut allowed: Vec<Self> =
            rows.into_iter().map(|row| Self { id: Id(row.id), domain: row.domain, created_at: Millis(row.created_at) }).collect();
        page.arrange(&mut allowed);
        Ok(allowed)
    }
}

impl AdminEmailDomainBlock {
    /// # Errors
    /// The database failed.
    pub async fn find(conn: &mut PgConnection, kv: &Kv, today: NaiveDate, id: i64) -> Result<Option<Self>, sqlx::Error> {
        Ok(Self::load(conn, kv, today, Some(id), Page::ONE).await?.pop())
    }

    /// Newest first. While Redis is away the days are told without attempts.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(conn: &mut PgConnection, kv: &Kv, today: NaiveDate, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        Self::load(conn, kv, today, None, page).await
    }

    async fn load(
        conn: &mut PgConnection,
        kv: &Kv,
        today: NaiveDate,
        id: Option<i64>,
        page: Page,
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT id, domain, created_at, allow_with_approval FROM email_domain_blocks
             WHERE ($1::bigint IS NULL OR id = $1) AND id < $2 AND id > $3
             ORDER BY CASE WHEN $4 THEN id ELSE -id END LIMIT $5",
            id,
            page.below,
            page.above,
            page.ascending,
            page.limit
        )
        .fetch_all(conn)
        .await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut blocks: Vec<Self> = rows
            .into_iter()
            .zip(attempts(kv, &ids, today).await)
            .map(|(row, history)| Self {
                id: Id(row.id),
                domain: row.domain,
                created_at: Millis(row.created_at),
                history: history.iter().map(DayOfUse::from).collect(),
                allow_with_approval: row.allow_with_approval,
            })
            .collect();
        page.arrange(&mut blocks);
        Ok(blocks)
    }
}

async fn attempts(kv: &Kv, ids: &[i64], today: NaiveDate) -> Vec<Vec<Day>> {
    let days = history_days(today);
    kv::trend::history(kv, History::EmailDomainBlock, ids, &days).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "attempts to sign up are not known");
        let quiet: Vec<Day> = days.iter().map(|day| Day { day: *day, uses: 0, accounts: 0 }).collect();
        vec![quiet; ids.len()]
    })
}

impl AdminIpBlock {
    /// # Errors
    /// The database failed.
    pub async fn find(conn: &mut PgConnection, id: i64) -> Result<Option<Self>, sqlx::Error> {
        Ok(Self::load(conn, Some(id), Page::ONE).await?.pop())
    }

    /// Newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(conn: &mut PgConnection, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        Self::load(conn, None, page).await
    }

    async fn load(conn: &mut PgConnection, id: Option<i64>, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT id, ip, severity, comment, created_at, expires_at FROM ip_blocks
               WHERE ($1::bigint IS NULL OR id = $1) AND id < $2 AND id > $3
               ORDER BY CASE WHEN $4 THEN id ELSE -id END LIMIT $5"#,
            id,
            page.below,
            page.above,
            page.ascending,
            page.limit
        )
        .fetch_all(conn)
        .await?;
        let mut blocks: Vec<Self> = rows
            .into_iter()
            .map(|row| Self {
                id: Id(row.id),
                ip: row.ip.to_string(),
                severity: match row.severity {
                    5000 => "sign_up_requires_approval",
                    5500 => "sign_up_block",
                    _ => "no_access",
                },
                comment: row.comment,
                created_at: Millis(row.created_at),
                expires_at: row.expires_at.map(Millis),
            })
            .collect();
        page.arrange(&mut blocks);
        Ok(blocks)
    }
}

impl AdminCanonicalEmailBlock {
    /// # Errors
    /// The database failed.
    pub async fn find(conn: &mut PgConnection, id: i64) -> Result<Option<Self>, sqlx::Error> {
        Ok(Self::load(conn, Some(id), Page::ONE).await?.pop())
    }

    /// Newest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn list(conn: &mut PgConnection, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        Self::load(conn, None, page).await
    }

    async fn load(conn: &mut PgConnection, id: Option<i64>, page: Page) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT id, canonical_email_hash FROM canonical_email_blocks
             WHERE ($1::bigint IS NULL OR id = $1) AND id < $2 AND id > $3
             ORDER BY CASE WHEN $4 THEN id ELSE -id END LIMIT $5",
            id,
            page.below,
            page.above,
            page.ascending,
            page.limit
        )
        .fetch_all(conn)
        .await?;
        let mut blocks: Vec<Self> =
            rows.into_iter().map(|row| Self { id: Id(row.id), canonical_email_hash: row.canonical_email_hash }).collect();
        page.arrange(&mut blocks);
        Ok(blocks)
    }
}
