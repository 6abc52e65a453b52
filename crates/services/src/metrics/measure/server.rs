//! What happens on this server: people, interactions, reports.

use db::PgConnection;
use kv::Kv;
use kv::activity::{self, Counter};

use super::{DayRow, Figures, Measure, dates, midnights};
use crate::error::Result;
use crate::metrics::{Period, unavailable};

pub(super) async fn count(conn: &mut PgConnection, kv: &Kv, measure: Measure, period: Period) -> Result<Figures> {
    match measure {
        Measure::ActiveUsers => active_users(kv, period).await.map_err(|error| unavailable(&error)),
        Measure::Interactions => interactions(kv, period).await.map_err(|error| unavailable(&error)),
        Measure::OpenedReports => opened_reports(conn, period).await,
        Measure::ResolvedReports => resolved_reports(conn, period).await,
        _ => new_users(conn, period).await,
    }
}

/// The last day counts among the days but not in the total, as in Mastodon.
async fn active_users(kv: &Kv, period: Period) -> Result<Figures, kv::Error> {
    let days = period.days();
    let before = period.previous();
    let total = activity::logins(kv, period.start.date(), period.end.date()).await?;
    let previous = activity::logins(kv, before.start.date(), before.end.date()).await?;
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let daily = activity::daily_logins(kv, &days).await?;
    Ok(Figures { total: whole(total), previous: Some(whole(previous)), days: midnights(&days, daily) })
}

async fn interactions(kv: &Kv, period: Period) -> Result<Figures, kv::Error> {
    let days = period.days();
    let before = period.previous();
    let total = activity::sum(kv, Counter::Interactions, period.start.date(), period.end.date()).await?;
    let previous = activity::sum(kv, Counter::Interactions, before.start.date(), before.end.date()).await?;
    let daily = activity::daily(kv, Counter::Interactions, &days).await?;
    Ok(Figures { total, previous: Some(previous), days: midnights(&days, daily) })
}

async fn new_users(conn: &mut PgConnection, period: Period) -> Result<Figures> {
    let before = period.previous();
    let totals = sqlx::query!(
        r#"
        SELECT (SELECT count(*) FROM users WHERE created_at BETWEEN $1 AND $2) AS "total!",
               (SELECT count(*) FROM users WHERE created_at BETWEEN $3 AND $1) AS "previous!"
        "#,
        period.start,
        period.end,
        before.start
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT created_at::date AS "day!", count(*) AS "value!" FROM users
        WHERE created_at >= $1 AND created_at < $2 GROUP BY 1
        "#,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok(Figures { total: totals.total, previous: Some(totals.previous), days: dates(period, &rows) })
}

async fn opened_reports(conn: &mut PgConnection, period: Period) -> Result<Figures> {
    let before = period.previous();
    let totals = sqlx::query!(
        r#"
        SELECT (SELECT count(*) FROM reports WHERE created_at BETWEEN $1 AND $2) AS "total!",
               (SELECT count(*) FROM reports WHERE created_at BETWEEN $3 AND $1) AS "previous!"
        "#,
        period.start,
        period.end,
        before.start
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT created_at::date AS "day!", count(*) AS "value!" FROM reports
        WHERE created_at >= $1 AND created_at < $2 GROUP BY 1
        "#,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok(Figures { total: totals.total, previous: Some(totals.previous), days: dates(period, &rows) })
}

async fn resolved_reports(conn: &mut PgConnection, period: Period) -> Result<Figures> {
    let before = period.previous();
    let totals = sqlx::query!(
        r#"
        SELECT (SELECT count(*) FROM reports WHERE action_taken_at BETWEEN $1 AND $2) AS "total!",
               (SELECT count(*) FROM reports WHERE action_taken_at BETWEEN $3 AND $1) AS "previous!"
        "#,
        period.start,
        period.end,
        before.start
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, after) = period.whole_days();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT action_taken_at::date AS "day!", count(*) AS "value!" FROM reports
        WHERE action_taken_at >= $1 AND action_taken_at < $2 GROUP BY 1
        "#,
        first,
        after
    )
    .fetch_all(conn)
    .await?;
    Ok(Figures { total: totals.total, previous: Some(totals.previous), days: dates(period, &rows) })
}
