//! Threads of direct messages, as each of their participants has them.

use db::statuses::Visibility;
use db::{AccountId, PgConnection};

use super::subject::Subject;

/// A row of `account_conversations` that changed, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::jobs) struct Changed {
    pub(in crate::jobs) id: i64,
    pub(in crate::jobs) account_id: AccountId,
}

/// Adds a direct message to the conversations of its author and of `mentioned`. Those that have it already stay as they are.
pub(in crate::jobs) async fn add(
    conn: &mut PgConnection,
    subject: &Subject,
    mentioned: &[AccountId],
) -> Result<Vec<Changed>, sqlx::Error> {
    let Some(conversation) = subject.conversation_id.filter(|_| subject.visibility == Visibility::Direct) else {
        return Ok(Vec::new());
    };
    let mut owners = mentioned.to_vec();
    owners.extend(subject.author_is_local.then_some(subject.account_id));
    sqlx::query_as!(
        Changed,
        r#"
        WITH people AS (
            SELECT m.account_id AS id FROM mentions m WHERE m.status_id = $2 AND NOT m.silent
            UNION SELECT $3
        )
        INSERT INTO account_conversations AS c
          (account_id, conversation_id, participant_account_ids, status_ids, last_status_id, unread)
        SELECT owner.id, $4, ARRAY(SELECT p.id FROM people p WHERE p.id <> owner.id ORDER BY p.id), ARRAY[$2::bigint], $2,
               owner.id <> $3
        FROM (SELECT DISTINCT x.id FROM unnest($1::bigint[]) AS x (id)) AS owner
        ORDER BY owner.id
        ON CONFLICT (account_id, conversation_id, participant_account_ids) DO UPDATE SET
          status_ids = ARRAY(SELECT DISTINCT x.id FROM unnest(c.status_ids || $2::bigint) AS x (id) ORDER BY x.id),
          last_status_id = greatest(c.last_status_id, excluded.last_status_id),
          unread = excluded.unread, lock_version = c.lock_version + 1
        WHERE NOT $2 = ANY (c.status_ids)
        RETURNING c.id, c.account_id
        "#,
        &owners,
        subject.id,
        subject.account_id,
        conversation,
    )
    .fetch_all(conn)
    .await
}
