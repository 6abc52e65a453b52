//! The rows of notifications and of the requests that filtered ones make, many in one statement.

use std::collections::{BTreeMap, HashMap};

use db::{AccountId, NotificationId, StatusId};
use sqlx::PgConnection;

use super::facts::FactsRow;
use super::{Event, EventKey, Kept, Kind};
use crate::error::Result;

const GROUP_SPAN_HOURS: i64 = 12;
/// More filtered notifications of one sender are not counted.
const MAX_REQUEST_COUNT: i64 = 100;

/// Columns of events, as a statement takes them.
struct Columns {
    recipients: Vec<AccountId>,
    kinds: Vec<String>,
    types: Vec<String>,
    ids: Vec<i64>,
}

impl Columns {
    fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut columns = Self { recipients: Vec::new(), kinds: Vec::new(), types: Vec::new(), ids: Vec::new() };
        for event in events {
            columns.recipients.push(event.recipient);
            columns.kinds.push(event.kind.name().to_owned());
            columns.types.push(event.activity_type.to_owned());
            columns.ids.push(event.activity_id);
        }
        columns
    }
}

/// What a newer one of the same takes the place of.
pub(super) async fn delete_replaced(conn: &mut PgConnection, kept: &[Kept<'_>]) -> Result<()> {
    let columns = Columns::of(kept.iter().map(|kept| kept.event).filter(|event| event.kind.replaces()));
    if columns.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        DELETE FROM notifications n USING unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS e (recipient, kind, type, id)
        WHERE n.account_id = e.recipient AND n.activity_type = e.type AND n.activity_id = e.id AND n.type = e.kind
        "#,
        &columns.recipients,
        &columns.kinds,
        &columns.types,
        &columns.ids
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The ids of those that did not stand before.
pub(super) async fn insert(conn: &mut PgConnection, kept: &[Kept<'_>]) -> Result<HashMap<EventKey, NotificationId>> {
    let columns = Columns::of(kept.iter().map(|kept| kept.event));
    let senders: Vec<AccountId> = kept.iter().map(|kept| kept.event.from).collect();
    let filtered: Vec<bool> = kept.iter().map(|kept| kept.filtered).collect();
    let prefixes: Vec<Option<String>> =
        kept.iter().map(|kept| if kept.filtered { None } else { group_prefix(kept.event, kept.fact) }).collect();
    let made = sqlx::query!(
        r#"
        INSERT INTO notifications (account_id, from_account_id, type, activity_type, activity_id, filtered, group_key,
          created_at, updated_at)
        SELECT e.recipient, e.sender, e.kind, e.type, e.id, e.filtered,
          -- A group stays open for twelve hours after the hour that named it. Mastodon keeps that hour in Redis; the rows know
          -- it too, and they are not lost.
          CASE WHEN e.prefix IS NOT NULL THEN e.prefix || '-' || COALESCE(
            (SELECT max(substr(g.group_key, length(e.prefix) + 2)::bigint) FROM notifications g
              WHERE g.account_id = e.recipient AND g.group_key >= e.prefix || '-' AND g.group_key < e.prefix || '.'
                AND substr(g.group_key, length(e.prefix) + 2) ~ '^[0-9]{1,12}$'
                AND substr(g.group_key, length(e.prefix) + 2)::bigint > h.now - $8),
            h.now)::text END,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::boolean[], $7::text[])
            WITH ORDINALITY AS e (recipient, kind, type, id, sender, filtered, prefix, position)
          CROSS JOIN (SELECT (extract(epoch FROM now()) / 3600)::bigint AS now) h
        WHERE NOT EXISTS (
          SELECT 1 FROM notifications n
          WHERE n.account_id = e.recipient AND n.activity_type = e.type AND n.activity_id = e.id AND n.type = e.kind
        )
        ORDER BY e.position
        RETURNING id, account_id, type AS "kind!", activity_type, activity_id
        "#,
        &columns.recipients,
        &columns.kinds,
        &columns.types,
        &columns.ids,
        &senders,
        &filtered,
        &prefixes as &[Option<String>],
        GROUP_SPAN_HOURS
    )
    .fetch_all(conn)
    .await?;
    let keys: HashMap<(AccountId, &str, &str, i64), EventKey> =
        kept.iter().map(|kept| (kept.event.key(), kept.event.key())).collect();
    Ok(made
        .iter()
        .filter_map(|row| {
            let key = keys.get(&(row.account_id, row.kind.as_str(), row.activity_type.as_str(), row.activity_id))?;
            Some((*key, row.id))
        })
        .collect())
}

/// What the notification is grouped by; the hour comes behind it.
fn group_prefix(event: &Event, fact: &FactsRow) -> Option<String> {
    match event.kind {
        Kind::Favourite => Some(format!("favourite-{}", fact.status_id?)),
        Kind::Reblog => Some(format!("reblog-{}", fact.status_id?)),
        Kind::Follow => Some("follow".to_owned()),
        Kind::AdminSignUp => Some("admin.sign_up".to_owned()),
        _ => None,
    }
}

/// Counts what is held back, by recipient and sender.
pub(super) async fn note_requests(conn: &mut PgConnection, held: &[&Kept<'_>]) -> Result<()> {
    let mut by_pair: BTreeMap<(AccountId, AccountId), (i64, Option<StatusId>)> = BTreeMap::new();
    for kept in held {
        let (count, last) = by_pair.entry((kept.event.recipient, kept.event.from)).or_default();
        *count += 1;
        *last = kept.fact.status_id;
    }
    if by_pair.is_empty() {
        return Ok(());
    }
    let (pairs, news): (Vec<_>, Vec<_>) = by_pair.into_iter().unzip();
    let (recipients, senders): (Vec<AccountId>, Vec<AccountId>) = pairs.into_iter().unzip();
    let (counts, last): (Vec<i64>, Vec<Option<StatusId>>) = news.into_iter().unzip();
    sqlx::query!(
        r#"
        INSERT INTO notification_requests (account_id, from_account_id, last_status_id, notifications_count, created_at, updated_at)
        SELECT e.recipient, e.sender, e.last, least(e.count, $5), now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS e (recipient, sender, last, count)
        ON CONFLICT (account_id, from_account_id) DO UPDATE SET last_status_id = excluded.last_status_id,
          notifications_count = least(notification_requests.notifications_count + excluded.notifications_count, $5),
          updated_at = excluded.updated_at
        "#,
        &recipients,
        &senders,
        &last as &[Option<StatusId>],
        &counts,
        MAX_REQUEST_COUNT
    )
    .execute(conn)
    .await?;
    Ok(())
}
