//! Who may have a status that is gone: everybody who could have got it, suspended people too, for their servers keep it.

use db::statuses::Visibility;
use db::{PgConnection, StatusId};

use super::gone::Gone;

/// Of a status: whoever is mentioned, answered, quoted, and who boosted, quoted, favourited or answered it; the author's
/// followers unless it was for named people only; relays. Of a boost: the boosted author, followers, relays.
pub(super) async fn inboxes(conn: &mut PgConnection, gone: &Gone) -> Result<Vec<String>, sqlx::Error> {
    let original: Option<StatusId> = gone.reblog_of;
    sqlx::query_scalar!(
        r#"
        WITH concerned AS (
            SELECT o.account_id AS id FROM statuses o WHERE o.id = $2
            UNION
            SELECT x.id FROM (
                SELECT s.in_reply_to_account_id AS id FROM statuses s WHERE s.id = $1
                UNION ALL SELECT q.quoted_account_id FROM quotes q WHERE q.status_id = $1
                UNION ALL SELECT m.account_id FROM mentions m WHERE m.status_id = $1
                UNION ALL SELECT s.account_id FROM statuses s WHERE s.reblog_of_id = $1
                UNION ALL SELECT q.account_id FROM quotes q WHERE q.quoted_status_id = $1
                UNION ALL SELECT f.account_id FROM favourites f WHERE f.status_id = $1
                UNION ALL SELECT s.account_id FROM statuses s WHERE s.in_reply_to_id = $1
            ) AS x WHERE $2::bigint IS NULL
            UNION
            SELECT f.account_id FROM follows f WHERE f.target_account_id = $3 AND $4
            UNION
            SELECT f.account_id
            FROM statuses s
            JOIN statuses parent ON parent.id = s.in_reply_to_id
            JOIN accounts author ON author.id = parent.account_id AND author.domain IS NULL
            JOIN follows f ON f.target_account_id = author.id
            WHERE s.id = $1 AND $5
        )
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM concerned JOIN accounts a ON a.id = concerned.id
        WHERE a.domain IS NOT NULL AND a.protocol = 1
        UNION
        SELECT r.inbox_url FROM relays r WHERE r.state = 2 AND $6
        "#,
        gone.id,
        original,
        gone.account_id,
        !matches!(gone.visibility, Visibility::Direct | Visibility::Limited),
        gone.visibility.is_distributable(),
        gone.visibility == Visibility::Public,
    )
    .fetch_all(conn)
    .await
}
