//! Asks staff to decide about what would be among the first three of its language if it were allowed to trend. Everything is
//! asked about once.

use db::users::{self, UserSettings};
use db::{AccountId, PgConnection, StatusId, TagId, UserId};
use jobs::mail::MailTrends;

use crate::context::Context;
use crate::registry::JobError;

const MANAGE_TAXONOMIES: i64 = 1 << 8;
const SETTING: &str = "notification_emails.trends";

pub(super) async fn run(context: &Context) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let settings = db::settings::load(&mut tx).await?;
    if !settings.trends || settings.trendable_by_default {
        return Err(JobError::Discard("nobody has to decide"));
    }
    let now = context.clock.now_naive();
    let links = links(&mut tx, now).await?;
    let tags = tags(&mut tx, now).await?;
    let statuses = statuses(&mut tx, now).await?;
    if links.is_empty() && tags.is_empty() && statuses.is_empty() {
        return Err(JobError::Discard("nothing to decide about"));
    }
    let letters: Vec<MailTrends> = readers(&mut tx)
        .await?
        .into_iter()
        .map(|user_id| MailTrends { user_id, tags: tags.clone(), links: links.clone(), statuses: statuses.clone() })
        .collect();
    jobs::enqueue_many(&mut tx, &letters).await?;
    tx.commit().await?;
    Ok(())
}

async fn readers(conn: &mut PgConnection) -> Result<Vec<UserId>, sqlx::Error> {
    let staff: Vec<AccountId> = users::staff(conn, MANAGE_TAXONOMIES).await?;
    let rows =
        sqlx::query!("SELECT id, settings FROM users WHERE account_id = ANY($1) ORDER BY id", &staff).fetch_all(conn).await?;
    Ok(rows
        .into_iter()
        .filter(|row| UserSettings::parse(row.settings.as_deref()).flag(SETTING).unwrap_or(true))
        .map(|row| row.id)
        .collect())
}

async fn tags(conn: &mut PgConnection, now: chrono::NaiveDateTime) -> Result<Vec<TagId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH bar AS (
            SELECT DISTINCT ON (language) language, score FROM tag_trends WHERE allowed AND rank <= 3 ORDER BY language, rank DESC
        )
        UPDATE tags SET requested_review_at = $1, updated_at = $1
        FROM tag_trends t LEFT JOIN bar b ON b.language = t.language
        WHERE tags.id = t.tag_id AND NOT t.allowed AND t.score > COALESCE(b.score, 0)
          AND tags.trendable IS NOT TRUE AND tags.reviewed_at IS NULL AND tags.requested_review_at IS NULL
        RETURNING tags.id
        "#,
        now
    )
    .fetch_all(conn)
    .await
}

/// The question is about their authors.
async fn statuses(conn: &mut PgConnection, now: chrono::NaiveDateTime) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        WITH bar AS (
            SELECT DISTINCT ON (language) language, score FROM status_trends WHERE allowed AND rank <= 3
            ORDER BY language, rank DESC
        ), due AS (
            SELECT t.status_id, t.account_id
            FROM status_trends t JOIN statuses s ON s.id = t.status_id LEFT JOIN bar b ON b.language IS NOT DISTINCT FROM t.language
            WHERE NOT t.allowed AND t.score > COALESCE(b.score, 0) AND s.trendable IS NULL AND s.deleted_at IS NULL
        ), asked AS (
            UPDATE accounts SET requested_review_at = $1
            WHERE id IN (SELECT account_id FROM due)
              AND trendable IS NOT TRUE AND reviewed_at IS NULL AND requested_review_at IS NULL
            RETURNING id
        )
        SELECT due.status_id FROM due JOIN asked ON asked.id = due.account_id ORDER BY due.status_id
        "#,
        now
    )
    .fetch_all(conn)
    .await
}

/// The question is about their publishers; who is not known yet becomes known by it.
async fn links(conn: &mut PgConnection, now: chrono::NaiveDateTime) -> Result<Vec<i64>, sqlx::Error> {
    let above = sqlx::query_scalar!(
        r#"
        WITH bar AS (
            SELECT DISTINCT ON (language) language, score FROM preview_card_trends WHERE allowed AND rank <= 3
            ORDER BY language, rank DESC
        )
        SELECT t.preview_card_id
        FROM preview_card_trends t LEFT JOIN bar b ON b.language IS NOT DISTINCT FROM t.language
        WHERE NOT t.allowed AND t.score > COALESCE(b.score, 0)
        "#
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut due = Vec::new();
    let (mut hosts, mut known) = (Vec::new(), Vec::new());
    for card in db::preview_cards::reviews(conn, &above).await? {
        let asked = card.provider_requested_review_at.is_some() || card.provider_trendable == Some(true);
        if !card.requires_review() || asked {
            continue;
        }
        match (card.provider_id, card.host) {
            (Some(provider), _) => known.push(provider),
            (None, Some(host)) if !host.is_empty() => hosts.push(host),
            _ => continue,
        }
        due.push(card.id);
    }
    sqlx::query!("UPDATE preview_card_providers SET requested_review_at = $2, updated_at = $2 WHERE id = ANY($1)", &known, now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO preview_card_providers (domain, requested_review_at, created_at, updated_at)
         SELECT DISTINCT host, $2::timestamp, $2::timestamp, $2::timestamp FROM UNNEST($1::text[]) AS host
         ON CONFLICT (domain) DO NOTHING",
        &hosts,
        now
    )
    .execute(conn)
    .await?;
    Ok(due)
}
