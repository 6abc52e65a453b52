//! Follows that end because servers part, kept so that people can look up whom they lost.

use db::{AccountId, PgConnection};

use crate::error::Result;
use crate::notify::{Event, notify};

/// `severed_relationships.direction`
const PASSIVE: i32 = 0;
const ACTIVE: i32 = 1;
/// People who are told in one piece.
const PIECE: i64 = 200;

/// What made them end: `relationship_severance_events.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    DomainBlock,
    UserDomainBlock,
}

impl Cause {
    fn column(self) -> i32 {
        match self {
            Self::DomainBlock => 0,
            Self::UserDomainBlock => 1,
        }
    }
}

pub(crate) async fn begin(conn: &mut PgConnection, cause: Cause, domain: &str) -> Result<i64> {
    let event = sqlx::query_scalar!(
        r#"
        INSERT INTO relationship_severance_events (type, target_name, created_at, updated_at)
        VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') RETURNING id
        "#,
        cause.column(),
        domain
    )
    .fetch_one(conn)
    .await?;
    Ok(event)
}

/// Notes follows between our people and others, by their ids. Before they are removed.
pub(crate) async fn record(conn: &mut PgConnection, event: i64, follows: &[i64]) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO severed_relationships (relationship_severance_event_id, local_account_id, remote_account_id, direction,
          show_reblogs, notify, languages, created_at, updated_at)
        SELECT $1, CASE WHEN a.domain IS NULL THEN f.account_id ELSE f.target_account_id END,
          CASE WHEN a.domain IS NULL THEN f.target_account_id ELSE f.account_id END,
          CASE WHEN a.domain IS NULL THEN $3::int ELSE $4::int END, f.show_reblogs, f.notify, f.languages,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM follows f JOIN accounts a ON a.id = f.account_id
        WHERE f.id = ANY($2)
        ON CONFLICT DO NOTHING
        "#,
        event,
        follows,
        ACTIVE,
        PASSIVE
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Tells people whom the event has cost somebody, each once. True: there may be more of them.
pub(crate) async fn tell(conn: &mut PgConnection, event: i64) -> Result<bool> {
    let told = sqlx::query!(
        r#"
        INSERT INTO account_relationship_severance_events (account_id, relationship_severance_event_id, followers_count,
          following_count, created_at, updated_at)
        SELECT s.local_account_id, $1, count(*) FILTER (WHERE s.direction = $2), count(*) FILTER (WHERE s.direction = $3),
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM severed_relationships s
        WHERE s.relationship_severance_event_id = $1 AND NOT EXISTS (
          SELECT FROM account_relationship_severance_events e
          WHERE e.account_id = s.local_account_id AND e.relationship_severance_event_id = $1)
        GROUP BY s.local_account_id ORDER BY s.local_account_id LIMIT $4
        ON CONFLICT DO NOTHING
        RETURNING id, account_id
        "#,
        event,
        PASSIVE,
        ACTIVE,
        PIECE
    )
    .fetch_all(&mut *conn)
    .await?;
    for row in &told {
        let account: AccountId = row.account_id;
        notify(conn, &Event::severed_relationships(account, row.id)).await?;
    }
    Ok(i64::try_from(told.len()).is_ok_and(|told| told == PIECE))
}
