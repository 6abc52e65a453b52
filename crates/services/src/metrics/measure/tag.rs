//! What becomes of one hashtag.

use db::{PgConnection, TagId};
use kv::Kv;
use kv::trend::{self, Day, History};

use super::{DayRow, Figures, Measure, dates, midnights};
use crate::error::{Error, Result};
use crate::metrics::{Period, unavailable};

pub(super) async fn count(conn: &mut PgConnection, kv: &Kv, measure: Measure, tag: TagId, period: Period) -> Result<Figures> {
    if db::tags::load(conn, &[tag]).await?.is_empty() {
        return Err(Error::NotFound);
    }
    match measure {
        Measure::TagAccounts => accounts(kv, tag, period).await.map_err(|error| unavailable(&error)),
        Measure::TagUses => uses(kv, tag, period).await.map_err(|error| unavailable(&error)),
        _ => servers(conn, tag, period).await,
    }
}

/// Accounts that used it on several days count once in the total.
async fn accounts(kv: &Kv, tag: TagId, period: Period) -> Result<Figures, kv::Error> {
    let days = period.days();
    let total = trend::distinct_accounts(kv, History::Tag, tag, &days).await?;
    let previous = trend::distinct_accounts(kv, History::Tag, tag, &period.previous().days()).await?;
    let daily = used(kv, tag, period).await?;
    Ok(Figures {
        total: whole(total),
        previous: Some(whole(previous)),
        days: midnights(&days, daily.iter().map(|day| day.accounts)),
    })
}

async fn uses(kv: &Kv, tag: TagId, period: Period) -> Result<Figures, kv::Error> {
    let sum = |days: &[Day]| whole(days.iter().map(|day| day.uses).sum());
    let daily = used(kv, tag, period).await?;
    let before = used(kv, tag, period.previous()).await?;
    Ok(Figures {
        total: sum(&daily),
        previous: Some(sum(&before)),
        days: midnights(&period.days(), daily.iter().map(|day| day.uses)),
    })
}

async fn used(kv: &Kv, tag: TagId, period: Period) -> Result<Vec<Day>, kv::Error> {
    Ok(trend::history(kv, History::Tag, &[tag], &period.days()).await?.into_iter().flatten().collect())
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Other servers from which statuses with it came.
async fn servers(conn: &mut PgConnection, tag: TagId, period: Period) -> Result<Figures> {
    let at = db::time::id_at;
    let before = period.previous();
    let totals = sqlx::query!(
        r#"
        SELECT count(DISTINCT a.domain) FILTER (WHERE s.id BETWEEN $3 AND $4) AS "total!",
               count(DISTINCT a.domain) FILTER (WHERE s.id BETWEEN $2 AND $3) AS "previous!"
        FROM statuses_tags st JOIN statuses s ON s.id = st.status_id JOIN accounts a ON a.id = s.account_id
        WHERE st.tag_id = $1 AND s.deleted_at IS NULL AND s.id BETWEEN $2 AND $4
        "#,
        tag,
        at(before.start),
        at(period.start),
        at(period.end)
    )
    .fetch_one(&mut *conn)
    .await?;
    let (first, last) = period.ids();
    let rows = sqlx::query_as!(
        DayRow,
        r#"
        SELECT s.created_at::date AS "day!", count(DISTINCT COALESCE(a.domain, '')) AS "value!"
        FROM statuses_tags st JOIN statuses s ON s.id = st.status_id JOIN accounts a ON a.id = s.account_id
        WHERE st.tag_id = $1 AND s.id BETWEEN $2 AND $3
        GROUP BY 1
        "#,
        tag,
        first,
        last
    )
    .fetch_all(conn)
    .await?;
    Ok(Figures { total: totals.total, previous: Some(totals.previous), days: dates(period, &rows) })
}
