//! Links to articles.

use chrono::{DateTime, TimeDelta, Utc};
use db::PgConnection;
use kv::trend::History;

use super::score::{decayed, peak, score};
use super::{Kept, PIECE, Peaks, sorted, uses};
use crate::context::Context;

const HALF_LIFE: TimeDelta = TimeDelta::hours(8);
const LEAST: f64 = 1.0;

pub(super) async fn refresh(context: &Context, used: Vec<i64>, now: DateTime<Utc>) -> anyhow::Result<()> {
    let present = sqlx::query_scalar!("SELECT preview_card_id FROM preview_card_trends")
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
    for ids in sorted(used, present).chunks(PIECE) {
        piece(context, ids, now).await?;
    }
    rank(&mut *context.db.acquire().await?).await?;
    Ok(())
}

async fn piece(context: &Context, ids: &[i64], now: DateTime<Utc>) -> anyhow::Result<()> {
    let uses = uses(context, History::Link, ids, now).await?;
    let at = now.naive_utc();
    let mut tx = context.db.begin().await?;
    let (mut peaks, mut kept) = (Peaks::default(), Kept::default());
    for card in db::preview_cards::reviews(&mut tx, ids).await? {
        let (yesterday, today) = ids.binary_search(&card.id).ok().and_then(|place| uses.get(place)).copied().unwrap_or_default();
        let Some(peak) = peak(score(yesterday, today), (card.max_score, card.max_score_at), at) else { continue };
        if peak.is_new {
            peaks.ids.push(card.id);
            peaks.scores.push(peak.score);
        }
        let value = decayed(peak.score, at - peak.at, HALF_LIFE);
        if value >= LEAST && card.language.as_deref().is_some_and(text::locale::speaks) {
            kept.add(card.id, value, card.is_trendable(), card.language);
        }
    }
    sqlx::query!(
        "UPDATE preview_cards SET max_score = n.score, max_score_at = $3 FROM UNNEST($1::bigint[], $2::float8[]) AS n (id, score)
         WHERE preview_cards.id = n.id",
        &peaks.ids,
        &peaks.scores,
        at
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "WITH n AS (
           SELECT * FROM UNNEST($1::bigint[], $2::float8[], $3::boolean[], $4::text[]) AS n (id, score, allowed, language)
         ), present AS (SELECT id FROM preview_cards WHERE id = ANY($1) FOR KEY SHARE)
         INSERT INTO preview_card_trends (preview_card_id, score, allowed, language)
         SELECT n.id, n.score, n.allowed, n.language FROM n JOIN present USING (id)
         ON CONFLICT (preview_card_id)
         DO UPDATE SET score = excluded.score, allowed = excluded.allowed, language = excluded.language",
        &kept.ids,
        &kept.scores,
        &kept.allowed,
        &kept.languages as &[Option<String>]
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM preview_card_trends WHERE preview_card_id = ANY($1) AND NOT preview_card_id = ANY($2)",
        ids,
        &kept.ids
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Of each language; 1 is the best.
async fn rank(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE preview_card_trends t SET rank = n.rank
         FROM (SELECT id, row_number() OVER (PARTITION BY language ORDER BY score DESC, id)::int AS rank
               FROM preview_card_trends) n
         WHERE n.id = t.id AND t.rank <> n.rank"
    )
    .execute(conn)
    .await?;
    Ok(())
}
