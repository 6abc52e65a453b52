//! What is known of another server. Totals are of all time.

use db::PgConnection;

use super::{DayRow, Figures, Measure, dates};
use crate::error::Result;
use crate::metrics::{About, Period};

pub(super) async fn count(conn: &mut PgConnection, measure: Measure, about: &About, period: Period) -> Result<Figures> {
    let domains = domains(conn, about).await?;
    let (total, rows) = match measure {
        Measure::InstanceMediaAttachments => media_attachments(conn, &domains, period).await?,
        Measure::InstanceReports => reports(conn, &domains, period).await?,
        Measure::InstanceStatuses => statuses(conn, &domains, period).await?,
        Measure::InstanceFollows => follows(conn, &domains, period).await?,
        Measure::InstanceFollowers => followers(conn, &domains, period).await?,
        _ => accounts(conn, &domains, period).await?,
    };
    Ok(Figures { total, previous: None, days: dates(period, &rows) })
}

/// Of a domain with all below it those that are known.
async fn domains(conn: &mut PgConnection, about: &About) -> Result<Vec<String>> {
    if !about.include_subdomains {
        return Ok(vec![about.domain.clone()]);
    }
    let domains = sqlx::query_scalar!(
        r#"
        SELECT domain AS "domain!" FROM instances
        WHERE domain = $1 OR starts_with(reverse('.' || domain), reverse('.' || $1))
        "#,
        about.domain
    )
    .fetch_all(conn)
    .await?;
    Ok(domains)
}

/// Accounts of it that are known here.
async fn accounts(conn: &mut PgConnection, domains: &[String], period: Period) -> Result<(i64, Vec<DayRow>)> {
    let total = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "total!"
        FROM accounts a
        WHERE a.domain = ANY($1)
        "#,
        domains
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT a.created_at::date AS "day!", count(*) AS "value!"
        FROM accounts a
        WHERE a.domain = ANY($1) AND a.created_at >= $2 AND a.created_at < $3
        GROUP BY 1
        "#,
        domains,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok((total, rows))
}

/// Bytes of its files.
async fn media_attachments(conn: &mut PgConnection, domains: &[String], period: Period) -> Result<(i64, Vec<DayRow>)> {
    let total = sqlx::query_scalar!(
        r#"
        SELECT COALESCE(sum(COALESCE(m.file_file_size, 0)::bigint + COALESCE(m.thumbnail_file_size, 0)), 0)::bigint AS "total!"
        FROM accounts a JOIN media_attachments m ON m.account_id = a.id
        WHERE a.domain = ANY($1)
        "#,
        domains
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT m.created_at::date AS "day!", COALESCE(sum(COALESCE(m.file_file_size, 0)::bigint + COALESCE(m.thumbnail_file_size, 0)), 0)::bigint AS "value!"
        FROM accounts a JOIN media_attachments m ON m.account_id = a.id
        WHERE a.domain = ANY($1) AND m.created_at >= $2 AND m.created_at < $3
        GROUP BY 1
        "#,
        domains,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok((total, rows))
}

/// Reports about its accounts.
async fn reports(conn: &mut PgConnection, domains: &[String], period: Period) -> Result<(i64, Vec<DayRow>)> {
    let total = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "total!"
        FROM accounts a JOIN reports r ON r.target_account_id = a.id
        WHERE a.domain = ANY($1)
        "#,
        domains
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT r.created_at::date AS "day!", count(*) AS "value!"
        FROM accounts a JOIN reports r ON r.target_account_id = a.id
        WHERE a.domain = ANY($1) AND r.created_at >= $2 AND r.created_at < $3
        GROUP BY 1
        "#,
        domains,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok((total, rows))
}

async fn statuses(conn: &mut PgConnection, domains: &[String], period: Period) -> Result<(i64, Vec<DayRow>)> {
    let total = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "total!"
        FROM accounts a JOIN statuses s ON s.account_id = a.id
        WHERE a.domain = ANY($1) AND s.deleted_at IS NULL
        "#,
        domains
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let (lowest, highest) = period.ids();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT s.created_at::date AS "day!", count(*) AS "value!"
        FROM accounts a JOIN statuses s ON s.account_id = a.id
        WHERE a.domain = ANY($1) AND s.created_at >= $2 AND s.created_at < $3 AND s.id BETWEEN $4 AND $5
        GROUP BY 1
        "#,
        domains,
        first,
        after,
        lowest,
        highest
    )
    .fetch_all(conn)
    .await?;
    Ok((total, rows))
}

/// Follows of its accounts.
async fn follows(conn: &mut PgConnection, domains: &[String], period: Period) -> Result<(i64, Vec<DayRow>)> {
    let total = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "total!"
        FROM accounts a JOIN follows f ON f.target_account_id = a.id
        WHERE a.domain = ANY($1)
        "#,
        domains
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT f.created_at::date AS "day!", count(*) AS "value!"
        FROM accounts a JOIN follows f ON f.target_account_id = a.id
        WHERE a.domain = ANY($1) AND f.created_at >= $2 AND f.created_at < $3
        GROUP BY 1
        "#,
        domains,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok((total, rows))
}

/// Follows by its accounts.
async fn followers(conn: &mut PgConnection, domains: &[String], period: Period) -> Result<(i64, Vec<DayRow>)> {
    let total = sqlx::query_scalar!(
        r#"
        SELECT count(*) AS "total!"
        FROM accounts a JOIN follows f ON f.account_id = a.id
        WHERE a.domain = ANY($1)
        "#,
        domains
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT f.created_at::date AS "day!", count(*) AS "value!"
        FROM accounts a JOIN follows f ON f.account_id = a.id
        WHERE a.domain = ANY($1) AND f.created_at >= $2 AND f.created_at < $3
        GROUP BY 1
        "#,
        domains,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok((total, rows))
}
