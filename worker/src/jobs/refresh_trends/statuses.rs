//! Statuses that are boosted and favourited.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use db::{AccountId, PgConnection, StatusId};

use super::score::{decayed, score};
use super::{Kept, PIECE, sorted};
use crate::context::Context;

const HALF_LIFE: TimeDelta = TimeDelta::hours(1);
const LEAST: f64 = 0.3;

pub(super) async fn refresh(context: &Context, used: Vec<StatusId>, now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut conn = context.db.acquire().await?;
    let present = sqlx::query_scalar!("SELECT status_id FROM status_trends").fetch_all(&mut *conn).await?;
    let default = db::settings::load(&mut conn).await?.trendable_by_default;
    drop(conn);
    for ids in sorted(used, present).chunks(PIECE) {
        piece(context, ids, default, now.naive_utc()).await?;
    }
    rank(&mut *context.db.acquire().await?).await?;
    Ok(())
}

async fn piece(context: &Context, ids: &[StatusId], trendable_by_default: bool, now: NaiveDateTime) -> anyhow::Result<()> {
    let mut tx = context.db.begin().await?;
    let (mut kept, mut accounts) = (Kept::default(), Vec::new());
    for row in eligible(&mut tx, ids, trendable_by_default, now).await? {
        if !row.language.as_deref().is_some_and(text::locale::speaks) {
            continue;
        }
        let value = decayed(score(0, u64::try_from(row.interactions).unwrap_or_default()), now - row.created_at, HALF_LIFE);
        if value >= LEAST {
            kept.add(row.id, value, row.trendable, row.language);
            accounts.push(row.account_id);
        }
    }
    sqlx::query!(
        "WITH n AS (
           SELECT * FROM UNNEST($1::bigint[], $2::float8[], $3::boolean[], $4::text[], $5::bigint[])
             AS n (id, score, allowed, language, account_id)
         ), present AS (SELECT id FROM statuses WHERE id = ANY($1) AND deleted_at IS NULL FOR KEY SHARE)
         INSERT INTO status_trends (status_id, account_id, score, allowed, language)
         SELECT n.id, n.account_id, n.score, n.allowed, n.language FROM n JOIN present USING (id)
         ON CONFLICT (status_id)
         DO UPDATE SET score = excluded.score, allowed = excluded.allowed, language = excluded.language",
        &kept.ids,
        &kept.scores,
        &kept.allowed,
        &kept.languages as &[Option<String>],
        &accounts
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM status_trends WHERE status_id = ANY($1) AND NOT status_id = ANY($2)", ids, &kept.ids)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

struct EligibleRow {
    id: StatusId,
    account_id: AccountId,
    language: Option<String>,
    created_at: NaiveDateTime,
    interactions: i64,
    trendable: bool,
}

/// For everybody, by authors who want to be found and are not limited, without warnings, no replies; and of what they quote
/// the same holds.
async fn eligible(
    conn: &mut PgConnection,
    ids: &[StatusId],
    trendable_by_default: bool,
    now: NaiveDateTime,
) -> Result<Vec<EligibleRow>, sqlx::Error> {
    sqlx::query_as!(
        EligibleRow,
        r#"
        WITH open AS (
            SELECT s.id, s.account_id, s.language, s.created_at, s.reply, s.reblog_of_id,
                   COALESCE(s.trendable, a.trendable, $2) AS trendable
            FROM statuses s JOIN accounts a ON a.id = s.account_id
            WHERE (s.id = ANY($1) OR s.id IN (SELECT quoted_status_id FROM quotes WHERE status_id = ANY($1)))
              AND s.deleted_at IS NULL AND s.visibility = 0 AND NOT s.sensitive AND s.spoiler_text = ''
              AND a.discoverable AND a.silenced_at IS NULL AND a.suspended_at IS NULL AND a.sensitized_at IS NULL
        )
        SELECT o.id, o.account_id, o.language, o.created_at, o.trendable AS "trendable!",
               COALESCE(c.reblogs_count + c.favourites_count, 0) AS "interactions!"
        FROM open o LEFT JOIN status_stats c ON c.status_id = o.id
        WHERE o.id = ANY($1) AND NOT o.reply AND o.reblog_of_id IS NULL AND o.created_at <= $3
          AND NOT EXISTS (
            SELECT 1 FROM quotes q
            WHERE q.status_id = o.id AND (q.state <> 1 OR NOT EXISTS (SELECT 1 FROM open p WHERE p.id = q.quoted_status_id)))
        ORDER BY o.id
        "#,
        ids,
        trendable_by_default,
        now
    )
    .fetch_all(conn)
    .await
}

/// Of each language; 1 is the best.
async fn rank(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE status_trends t SET rank = n.rank
         FROM (SELECT id, row_number() OVER (PARTITION BY language ORDER BY score DESC, id)::int AS rank FROM status_trends) n
         WHERE n.id = t.id AND t.rank <> n.rank"
    )
    .execute(conn)
    .await?;
    Ok(())
}
