//! Hashtags.

use chrono::{DateTime, TimeDelta, Utc};
use db::{PgConnection, TagId};
use kv::trend::History;

use super::score::{decayed, peak, score};
use super::{Kept, PIECE, Peaks, sorted, uses};
use crate::context::Context;

const HALF_LIFE: TimeDelta = TimeDelta::hours(4);
const LEAST: f64 = 1.0;

pub(super) async fn refresh(context: &Context, used: Vec<TagId>, now: DateTime<Utc>) -> anyhow::Result<()> {
    let mut conn = context.db.acquire().await?;
    let present = sqlx::query_scalar!("SELECT tag_id FROM tag_trends").fetch_all(&mut *conn).await?;
    let default = db::settings::load(&mut conn).await?.trendable_by_default;
    drop(conn);
    for ids in sorted(used, present).chunks(PIECE) {
        piece(context, ids, default, now).await?;
    }
    rank(&mut *context.db.acquire().await?).await?;
    Ok(())
}

async fn piece(context: &Context, ids: &[TagId], trendable_by_default: bool, now: DateTime<Utc>) -> anyhow::Result<()> {
    let uses = uses(context, History::Tag, ids, now).await?;
    let at = now.naive_utc();
    let mut tx = context.db.begin().await?;
    let rows = sqlx::query!(
        "SELECT id, max_score, max_score_at, COALESCE(trendable, $2) AS \"trendable!\" FROM tags WHERE id = ANY($1) ORDER BY id",
        ids,
        trendable_by_default
    )
    .fetch_all(&mut *tx)
    .await?;
    let (mut peaks, mut kept) = (Peaks::default(), Kept::default());
    for row in rows {
        let (yesterday, today) = ids.binary_search(&row.id).ok().and_then(|place| uses.get(place)).copied().unwrap_or_default();
        let Some(peak) = peak(score(yesterday, today), (row.max_score, row.max_score_at), at) else { continue };
        if peak.is_new {
            peaks.ids.push(row.id);
            peaks.scores.push(peak.score);
        }
        let value = decayed(peak.score, at - peak.at, HALF_LIFE);
        if value >= LEAST {
            kept.add(row.id, value, row.trendable, None);
        }
    }
    sqlx::query!(
        "UPDATE tags SET max_score = n.score, max_score_at = $3 FROM UNNEST($1::bigint[], $2::float8[]) AS n (id, score)
         WHERE tags.id = n.id",
        &peaks.ids,
        &peaks.scores,
        at
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO tag_trends (tag_id, score, allowed, language)
         SELECT t.id, n.score, n.allowed, '' FROM UNNEST($1::bigint[], $2::float8[], $3::boolean[]) AS n (id, score, allowed)
         JOIN tags t ON t.id = n.id
         ON CONFLICT (tag_id, language) DO UPDATE SET score = excluded.score, allowed = excluded.allowed",
        &kept.ids,
        &kept.scores,
        &kept.allowed
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("DELETE FROM tag_trends WHERE tag_id = ANY($1) AND NOT tag_id = ANY($2)", ids, &kept.ids)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// 1 is the best.
async fn rank(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE tag_trends t SET rank = n.rank
         FROM (SELECT id, row_number() OVER (PARTITION BY language ORDER BY score DESC, id)::int AS rank FROM tag_trends) n
         WHERE n.id = t.id AND t.rank <> n.rank"
    )
    .execute(conn)
    .await?;
    Ok(())
}
