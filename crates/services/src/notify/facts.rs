//! What decides on a notification: how recipient and sender stand to each other, read for all events at once.

use db::StatusId;
use sqlx::PgConnection;

use super::Event;
use crate::error::Result;

#[derive(Debug, Clone, Default)]
pub(super) struct FactsRow {
    /// Place of the event in the slice that was asked about.
    pub(super) position: i64,
    pub(super) has_user: bool,
    pub(super) recipient_suspended: bool,
    pub(super) settings: Option<String>,
    /// The status it is about; of a boost the boosted one.
    pub(super) status_id: Option<StatusId>,
    pub(super) direct: bool,
    pub(super) blocking: bool,
    pub(super) blocking_domain: bool,
    pub(super) muting_notifications: bool,
    pub(super) muting_conversation: bool,
    /// The status answers or mentions somebody whom the recipient blocks, or mutes with notifications.
    pub(super) mentions_shunned: bool,
    pub(super) following: bool,
    /// The sender follows the recipient, and did so three days ago.
    pub(super) followed_for_days: bool,
    pub(super) new_account: bool,
    pub(super) from_limited: bool,
    pub(super) from_bot: bool,
    pub(super) from_higher_staff: bool,
    pub(super) permitted: bool,
    /// Further up in the thread stands a status of the recipient that mentions the sender.
    pub(super) answers_recipient: bool,
    pub(super) for_not_following: i32,
    pub(super) for_not_followers: i32,
    pub(super) for_new_accounts: i32,
    pub(super) for_private_mentions: i32,
    pub(super) for_limited_accounts: i32,
    pub(super) for_bots: i32,
}

/// In the order of the events. Those whose sender or recipient does not exist (any more) are left out.
pub(super) async fn load(conn: &mut PgConnection, events: &[Event]) -> Result<Vec<FactsRow>> {
    let recipients: Vec<i64> = events.iter().map(|event| event.recipient).collect();
    let senders: Vec<i64> = events.iter().map(|event| event.from).collect();
    let types: Vec<String> = events.iter().map(|event| event.activity_type.to_owned()).collect();
    let ids: Vec<i64> = events.iter().map(|event| event.activity_id).collect();
    let rows = sqlx::query_as!(
        FactsRow,
        r#"
        WITH event AS (
          SELECT e.position - 1 AS position, e.recipient, e.sender,
            CASE e.type
              WHEN 'Mention' THEN (SELECT m.status_id FROM mentions m WHERE m.id = e.id)
              WHEN 'Favourite' THEN (SELECT f.status_id FROM favourites f WHERE f.id = e.id)
              WHEN 'Quote' THEN (SELECT q.status_id FROM quotes q WHERE q.id = e.id)
              WHEN 'Poll' THEN (SELECT p.status_id FROM polls p WHERE p.id = e.id)
              WHEN 'Status' THEN (SELECT COALESCE(s.reblog_of_id, s.id) FROM statuses s WHERE s.id = e.id)
            END AS status_id
          FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) WITH ORDINALITY
            AS e (recipient, sender, type, id, position)
        )
        SELECT e.position AS "position!", u.id IS NOT NULL AS "has_user!", r.suspended_at IS NOT NULL AS "recipient_suspended!",
          u.settings AS "settings?", e.status_id AS "status_id?", COALESCE(s.visibility = 3, false) AS "direct!",
          EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = e.recipient AND b.target_account_id = e.sender) AS "blocking!",
          EXISTS (SELECT 1 FROM account_domain_blocks d WHERE d.account_id = e.recipient AND d.domain = f.domain)
            AS "blocking_domain!",
          EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = e.recipient AND m.target_account_id = e.sender
            AND m.hide_notifications AND (m.expires_at IS NULL OR m.expires_at > now() AT TIME ZONE 'utc'))
            AS "muting_notifications!",
          EXISTS (SELECT 1 FROM conversation_mutes c WHERE c.account_id = e.recipient AND c.conversation_id = s.conversation_id)
            AS "muting_conversation!",
          EXISTS (
            SELECT 1 FROM (
              SELECT m.account_id FROM mentions m WHERE m.status_id = e.status_id AND NOT m.silent
              UNION ALL SELECT s.in_reply_to_account_id
            ) named
            WHERE EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = e.recipient AND b.target_account_id = named.account_id)
              OR EXISTS (SELECT 1 FROM mutes m WHERE m.account_id = e.recipient AND m.target_account_id = named.account_id
                AND m.hide_notifications)
          ) AS "mentions_shunned!",
          EXISTS (SELECT 1 FROM follows w WHERE w.account_id = e.recipient AND w.target_account_id = e.sender) AS "following!",
          EXISTS (SELECT 1 FROM follows w WHERE w.account_id = e.sender AND w.target_account_id = e.recipient
            AND w.created_at < now() AT TIME ZONE 'utc' - interval '3 days') AS "followed_for_days!",
          f.created_at > now() AT TIME ZONE 'utc' - interval '30 days' AS "new_account!",
          f.silenced_at IS NOT NULL AS "from_limited!",
          COALESCE(f.actor_type IN ('Application', 'Service'), false) AS "from_bot!",
          COALESCE(fr.position > COALESCE(rr.position, -1) AND fr.highlighted, false) AS "from_higher_staff!",
          EXISTS (SELECT 1 FROM notification_permissions p WHERE p.account_id = e.recipient AND p.from_account_id = e.sender)
            AS "permitted!",
          EXISTS (
            WITH RECURSIVE ancestor AS (
              SELECT s.in_reply_to_id AS id, 1 AS depth
              UNION ALL
              SELECT p.in_reply_to_id, a.depth + 1 FROM ancestor a JOIN statuses p ON p.id = a.id WHERE a.depth < 100
            )
            SELECT 1 FROM ancestor a
            JOIN statuses p ON p.id = a.id AND p.account_id = e.recipient
            JOIN mentions m ON m.status_id = p.id AND m.account_id = e.sender AND NOT m.silent
          ) AS "answers_recipient!",
          COALESCE(np.for_not_following, 0) AS "for_not_following!", COALESCE(np.for_not_followers, 0) AS "for_not_followers!",
          COALESCE(np.for_new_accounts, 0) AS "for_new_accounts!",
          COALESCE(np.for_private_mentions, 1) AS "for_private_mentions!",
          COALESCE(np.for_limited_accounts, 1) AS "for_limited_accounts!", COALESCE(np.for_bots, 0) AS "for_bots!"
        FROM event e
        JOIN accounts r ON r.id = e.recipient AND r.domain IS NULL
        JOIN accounts f ON f.id = e.sender
        LEFT JOIN users u ON u.account_id = e.recipient
        LEFT JOIN user_roles rr ON rr.id = u.role_id
        LEFT JOIN users fu ON fu.account_id = e.sender
        LEFT JOIN user_roles fr ON fr.id = fu.role_id
        LEFT JOIN statuses s ON s.id = e.status_id
        LEFT JOIN notification_policies np ON np.account_id = e.recipient
        ORDER BY e.position
        "#,
        &recipients,
        &senders,
        &types,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
