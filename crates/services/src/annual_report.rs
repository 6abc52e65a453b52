//! Making somebody's annual report.

use chrono::{NaiveDate, NaiveDateTime};
use db::{AccountId, PgConnection};
use serde_json::{Value, json};

use crate::error::Result;

/// The form of [`data`].
const SCHEMA_VERSION: i32 = 2;
/// Posts, replies and boosts in a year of somebody who is active; who has fewer reads rather than writes.
const ACTIVE: i64 = 113;

/// Whether there is enough to tell: something that others may see, and a hashtag.
///
/// # Errors
/// The database fails.
pub async fn is_eligible(conn: &mut PgConnection, account: AccountId, year: i32) -> Result<bool> {
    let (first, last) = ids(year);
    let eligible = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM statuses WHERE account_id = $1 AND id BETWEEN $2 AND $3 AND deleted_at IS NULL AND visibility IN (0, 1))
          AND EXISTS (SELECT FROM statuses s JOIN statuses_tags t ON t.status_id = s.id
                      WHERE s.account_id = $1 AND s.id BETWEEN $2 AND $3 AND s.deleted_at IS NULL) AS "eligible!"
        "#,
        account,
        first,
        last
    )
    .fetch_one(conn)
    .await?;
    Ok(eligible)
}

/// Whether the report of the year is there.
///
/// # Errors
/// The database fails.
pub async fn exists(conn: &mut PgConnection, account: AccountId, year: i32) -> Result<bool> {
    let exists = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM generated_annual_reports WHERE account_id = $1 AND year = $2) AS "exists!""#,
        account,
        year
    )
    .fetch_one(conn)
    .await?;
    Ok(exists)
}

/// Makes the report unless it is there. Nothing comes of an account that is gone.
///
/// # Errors
/// The database fails.
pub async fn generate(conn: &mut PgConnection, account: AccountId, year: i32, now: NaiveDateTime) -> Result<()> {
    if exists(conn, account, year).await? {
        return Ok(());
    }
    let data = data(conn, account, year).await?;
    let mut key = [0; 8];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    sqlx::query!(
        r#"
        INSERT INTO generated_annual_reports (account_id, year, data, schema_version, share_key, created_at, updated_at)
        SELECT id, $2, $3, $4, $5, $6, $6 FROM accounts WHERE id = $1
        ON CONFLICT (account_id, year) DO NOTHING
        "#,
        account,
        year,
        data,
        SCHEMA_VERSION,
        hex::encode(key),
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The ids that statuses of the year have.
fn ids(year: i32) -> (i64, i64) {
    let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().into();
    (db::time::id_at(new_year(year)), db::time::id_at(new_year(year.saturating_add(1))) - 1)
}

async fn data(conn: &mut PgConnection, account: AccountId, year: i32) -> Result<Value> {
    let (first, last) = ids(year);
    let counts = sqlx::query!(
        r#"
        SELECT count(*) AS "statuses!",
          count(*) FILTER (WHERE poll_id IS NOT NULL) AS "polls!",
          count(*) FILTER (WHERE reblog_of_id IS NOT NULL) AS "reblogs!",
          count(*) FILTER (WHERE in_reply_to_id IS NOT NULL AND in_reply_to_account_id <> account_id) AS "replies!",
          count(*) FILTER (WHERE (NOT reply OR in_reply_to_account_id = account_id) AND reblog_of_id IS NULL) AS "standalone!"
        FROM statuses WHERE account_id = $1 AND id BETWEEN $2 AND $3 AND deleted_at IS NULL
        "#,
        account,
        first,
        last
    )
    .fetch_one(&mut *conn)
    .await?;
    let followers = sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM follows WHERE target_account_id = $1 AND date_part('year', created_at) = $2"#,
        account,
        f64::from(year)
    )
    .fetch_one(&mut *conn)
    .await?;
    let top_status = sqlx::query_scalar!(
        r#"
        SELECT s.id FROM statuses s JOIN status_stats t ON t.status_id = s.id
        WHERE s.account_id = $1 AND s.id BETWEEN $2 AND $3 AND s.deleted_at IS NULL AND s.visibility IN (0, 1)
        ORDER BY t.reblogs_count DESC, s.id DESC LIMIT 1
        "#,
        account,
        first,
        last
    )
    .fetch_optional(&mut *conn)
    .await?;
    let hashtags = sqlx::query!(
        r#"
        SELECT COALESCE(t.display_name, t.name) AS "name!", count(*) AS "count!"
        FROM statuses s JOIN statuses_tags st ON st.status_id = s.id JOIN tags t ON t.id = st.tag_id
        WHERE s.account_id = $1 AND s.id BETWEEN $2 AND $3 AND s.deleted_at IS NULL
        GROUP BY 1 HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT 1
        "#,
        account,
        first,
        last
    )
    .fetch_all(conn)
    .await?;
    let habits = Habits { standalone: counts.standalone, replies: counts.replies, reblogs: counts.reblogs, polls: counts.polls };
    let hashtags: Vec<Value> = hashtags.into_iter().map(|tag| json!({ "name": tag.name, "count": tag.count })).collect();
    Ok(json!({
        "archetype": habits.archetype(),
        "top_statuses": { "by_reblogs": top_status.map(|id| id.to_string()), "by_favourites": null, "by_replies": null },
        "time_series": [{ "month": 12, "statuses": counts.statuses, "followers": followers }],
        "top_hashtags": hashtags,
    }))
}

struct Habits {
    /// With those that go on with one's own thread.
    standalone: i64,
    replies: i64,
    reblogs: i64,
    polls: i64,
}

impl Habits {
    fn archetype(&self) -> &'static str {
        if self.standalone + self.replies + self.reblogs < ACTIVE {
            "lurker"
        } else if self.reblogs > self.standalone * 2 {
            "booster"
        } else if self.polls * 10 > self.standalone {
            "pollster"
        } else if self.replies > self.standalone * 2 {
            "replier"
        } else {
            "oracle"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Habits, ids};

    #[test]
    fn habits_make_the_archetype() {
        let of = |standalone, replies, reblogs, polls| Habits { standalone, replies, reblogs, polls }.archetype();
        assert_eq!(of(50, 50, 12, 0), "lurker");
        assert_eq!(of(50, 50, 13, 0), "oracle");
        assert_eq!(of(50, 0, 101, 50), "booster");
        assert_eq!(of(100, 300, 13, 11), "pollster");
        assert_eq!(of(100, 201, 0, 10), "replier");
    }

    #[test]
    fn a_year_ends_where_the_next_begins() {
        assert_eq!(ids(2026).1 + 1, ids(2027).0);
    }
}
