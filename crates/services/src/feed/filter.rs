//! What somebody would not want to find in a feed. One statement judges a whole batch.

use db::{AccountId, ListId, StatusId};
use sqlx::PgConnection;

/// A status and the feed it may go into: the home of `receiver`, or a list that belongs to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub receiver: AccountId,
    pub status: StatusId,
    pub list: Option<ListId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Filter,
    /// Its author is on a list that keeps them out of the home timeline; otherwise nothing is wrong with it.
    SkipHome,
}

/// The judgement of a [`Pair`].
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    pub verdict: Verdict,
    /// The receiver wants to be told of each status of its author.
    pub notify: bool,
}

/// One answer for each of `pairs`, in their order. Statuses that are gone count as filtered.
///
/// Left out are: answers to nobody and to people whom the receiver (or, for a list, the list) does not follow; languages that
/// were not chosen for that follow; anything by, of or mentioning whom the receiver blocks or mutes; whoever blocks the
/// receiver; boosts that were switched off, or of authors who block or whose servers are blocked. One's own statuses stay.
///
/// # Errors
/// The database failed.
pub async fn judge(conn: &mut PgConnection, pairs: &[Pair]) -> Result<Vec<Judged>, sqlx::Error> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let receivers: Vec<AccountId> = pairs.iter().map(|pair| pair.receiver).collect();
    let statuses: Vec<StatusId> = pairs.iter().map(|pair| pair.status).collect();
    let lists: Vec<Option<ListId>> = pairs.iter().map(|pair| pair.list).collect();
    let rows = sqlx::query!(
        r#"
        SELECT COALESCE(f.notify, false) AS "notify!", s.id IS NOT NULL AS "exists!",
               COALESCE(
                   l.id IS NOT NULL AND s.reply AND s.in_reply_to_account_id <> s.account_id
                   AND s.in_reply_to_account_id <> p.receiver AND l.replies_policy <> 1
                   AND NOT (l.replies_policy = 0 AND EXISTS (
                       SELECT 1 FROM list_accounts la WHERE la.list_id = l.id AND la.account_id = s.in_reply_to_account_id)),
                   false) AS "off_list!",
               CASE
                   WHEN s.account_id = p.receiver THEN 0
                   WHEN s.reply AND (s.in_reply_to_id IS NULL OR s.in_reply_to_account_id IS NULL) THEN 1
                   WHEN p.list IS NULL AND EXISTS (
                       SELECT 1 FROM lists x JOIN list_accounts la ON la.list_id = x.id AND la.account_id = s.account_id
                       WHERE x.account_id = p.receiver AND x.exclusive) THEN 2
                   WHEN s.language <> '' AND cardinality(f.languages) > 0 AND s.language <> ALL (f.languages) THEN 1
                   WHEN EXISTS (
                       SELECT 1
                       FROM (
                           SELECT s.account_id AS id
                           UNION ALL SELECT o.account_id WHERE o.id IS NOT NULL
                           UNION ALL SELECT m.account_id FROM mentions m WHERE m.status_id IN (s.id, o.id) AND NOT m.silent
                       ) AS concerned
                       WHERE EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = p.receiver AND b.target_account_id = concerned.id)
                          OR EXISTS (SELECT 1 FROM mutes x WHERE x.account_id = p.receiver AND x.target_account_id = concerned.id
                                     AND (x.expires_at IS NULL OR x.expires_at > now() AT TIME ZONE 'utc'))
                   ) THEN 1
                   WHEN EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = s.account_id AND b.target_account_id = p.receiver) THEN 1
                   WHEN s.reply THEN CASE
                       WHEN s.in_reply_to_account_id IN (p.receiver, s.account_id) THEN 0
                       WHEN l.id IS NULL OR l.replies_policy = 1 THEN CASE WHEN EXISTS (
                           SELECT 1 FROM follows x
                           WHERE x.account_id = p.receiver AND x.target_account_id = s.in_reply_to_account_id) THEN 0 ELSE 1 END
                       ELSE CASE WHEN EXISTS (
                           SELECT 1 FROM list_accounts la
                           WHERE la.list_id = l.id AND la.account_id = s.in_reply_to_account_id) THEN 0 ELSE 1 END
                   END
                   WHEN o.id IS NOT NULL AND (
                       NOT COALESCE(f.show_reblogs, true)
                       OR EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = o.account_id AND b.target_account_id = p.receiver)
                       OR EXISTS (SELECT 1 FROM account_domain_blocks b JOIN accounts a ON a.id = o.account_id AND a.domain = b.domain
                                  WHERE b.account_id = p.receiver)
                   ) THEN 1
                   ELSE 0
               END AS "verdict!"
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS p (receiver, status, list, place)
        LEFT JOIN statuses s ON s.id = p.status AND s.deleted_at IS NULL
        LEFT JOIN statuses o ON o.id = s.reblog_of_id
        LEFT JOIN follows f ON f.account_id = p.receiver AND f.target_account_id = s.account_id
        LEFT JOIN lists l ON l.id = p.list
        ORDER BY p.place
        "#,
        &receivers,
        &statuses,
        &lists as &[Option<ListId>],
    )
    .fetch_all(conn)
    .await?;
    let judged = rows.into_iter().map(|row| Judged {
        notify: row.notify,
        verdict: match (row.exists && !row.off_list, row.verdict) {
            (true, 0) => Verdict::Keep,
            (true, 2) => Verdict::SkipHome,
            _ => Verdict::Filter,
        },
    });
    Ok(judged.collect())
}

/// Those of `receivers` who follow one of its hashtags and want to see the status: not its author, and nobody with a block or
/// mute between them and the author or the mentioned.
///
/// # Errors
/// The database failed.
pub async fn want_tagged(
    conn: &mut PgConnection,
    receivers: &[AccountId],
    status: StatusId,
) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT p.receiver AS "receiver!"
        FROM unnest($1::bigint[]) AS p (receiver)
        JOIN statuses s ON s.id = $2 AND s.deleted_at IS NULL
        JOIN accounts author ON author.id = s.account_id
        WHERE s.account_id <> p.receiver
          AND NOT EXISTS (
              SELECT 1
              FROM (
                  SELECT s.account_id AS id
                  UNION ALL SELECT m.account_id FROM mentions m WHERE m.status_id = s.id AND NOT m.silent
              ) AS concerned
              WHERE EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = p.receiver AND b.target_account_id = concerned.id)
                 OR EXISTS (SELECT 1 FROM mutes x WHERE x.account_id = p.receiver AND x.target_account_id = concerned.id
                            AND (x.expires_at IS NULL OR x.expires_at > now() AT TIME ZONE 'utc')))
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = s.account_id AND b.target_account_id = p.receiver)
          AND NOT EXISTS (SELECT 1 FROM account_domain_blocks b WHERE b.account_id = p.receiver AND b.domain = author.domain)
        "#,
        receivers,
        status,
    )
    .fetch_all(conn)
    .await
}
