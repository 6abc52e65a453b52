//! The statements of deliveries.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;

use super::policy::{HostState, NextDelivery, probe_pause};
use super::{Delivery, DeliveryOutcome};
use crate::deliver::domain_of;
use crate::enqueue::interval;
use crate::queue::store::clean;

/// Days with a failure and none with a success after which a domain counts as dead, as in Mastodon.
const DAYS_UNTIL_UNAVAILABLE: i32 = 7;

/// Up to `limit` hosts after `cursor` in alphabetical order for which something waits. One step in the index for each,
/// however much waits for it.
pub(super) async fn hosts(conn: &mut PgConnection, cursor: &str, limit: i32) -> Result<Vec<HostState>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"with recursive waiting (host, next_at, number) as (
               (select host, next_at, 1 from ferrodon.delivery
                where worker is null and not deferred and host > $1 order by host, next_at limit 1)
               union all
               select following.host, following.next_at, waiting.number + 1
               from waiting cross join lateral (
                   select host, next_at from ferrodon.delivery
                   where worker is null and not deferred and host > waiting.host order by host, next_at limit 1
               ) following
               where waiting.number < $2
           )
           select w.host as "host!", w.next_at <= now() as "due!", coalesce(s.failures, 0) as "failures!",
                  (select count(*) from ferrodon.delivery f where f.host = w.host and f.worker is not null) as "in_flight!"
           from waiting w left join ferrodon.host_state s on s.host = w.host"#,
        cursor,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| HostState {
            host: row.host,
            due: row.due,
            in_flight: usize::try_from(row.in_flight).unwrap_or(usize::MAX),
            failures: row.failures,
            slow: false,
        })
        .collect())
}

/// Takes deliveries for the hosts named, as many as said for each. One that waits behind another of the same object and
/// inbox stays.
pub(super) async fn take(conn: &mut PgConnection, worker: i32, shares: &[(&str, usize)]) -> Result<Vec<Delivery>, sqlx::Error> {
    let hosts: Vec<String> = shares.iter().map(|(host, _)| (*host).to_owned()).collect();
    let numbers: Vec<i32> = shares.iter().map(|(_, number)| i32::try_from(*number).unwrap_or(i32::MAX)).collect();
    let rows = sqlx::query!(
        r#"with picked as materialized (
               select due.id from unnest($2::text[], $3::int[]) as share(host, number) cross join lateral (
                   select d.id from ferrodon.delivery d
                   where d.host = share.host and d.worker is null and not d.deferred and d.next_at <= now()
                     and (d.object_key is null or not exists (
                         select from ferrodon.delivery e
                         where e.object_key = d.object_key and e.inbox_url = d.inbox_url and e.id < d.id))
                   order by d.next_at, d.id limit share.number for update skip locked
               ) due
               where exists (select from ferrodon.worker where id = $1)
           )
           update ferrodon.delivery d set worker = $1, takes = takes + 1
           from picked where d.id = picked.id
           returning d.id, d.takes, d.payload_id, d.account_id, d.inbox_url, d.host, d.synchronize_followers,
                     d.attempt, d.max_attempts"#,
        worker,
        &hosts,
        &numbers,
    )
    .fetch_all(&mut *conn)
    .await?;
    let bodies = bodies(conn, rows.iter().map(|row| row.payload_id).collect()).await?;
    let empty: Arc<[u8]> = Arc::from([]);
    let mut taken: Vec<Delivery> = rows
        .into_iter()
        .map(|row| Delivery {
            id: row.id,
            worker,
            takes: row.takes,
            account_id: row.account_id,
            inbox_url: row.inbox_url,
            host: row.host,
            body: Arc::clone(bodies.get(&row.payload_id).unwrap_or(&empty)),
            synchronize_followers: row.synchronize_followers,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
        })
        .collect();
    taken.sort_unstable_by_key(|delivery| delivery.id);
    Ok(taken)
}

async fn bodies(conn: &mut PgConnection, ids: BTreeSet<i64>) -> Result<HashMap<i64, Arc<[u8]>>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let rows = sqlx::query!("select id, body from ferrodon.payload where id = any($1)", &ids).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id, Arc::from(row.body))).collect())
}

/// An attempt that ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) delivery: Delivery,
    pub(super) outcome: DeliveryOutcome,
    pub(super) next: NextDelivery,
}

/// Writes down what became of deliveries and what that says about their hosts. To be called in a transaction.
pub(super) async fn settle(conn: &mut PgConnection, ended: &[Ended]) -> Result<(), sqlx::Error> {
    hosts_answered(conn, ended).await?;
    hosts_failed(conn, ended).await?;
    end(conn, ended).await?;
    retry(conn, ended).await
}

async fn end(conn: &mut PgConnection, ended: &[Ended]) -> Result<(), sqlx::Error> {
    let (mut fences, mut reasons) = (Fences::default(), Vec::new());
    for ended in ended {
        match &ended.next {
            NextDelivery::Done => reasons.push(None),
            NextDelivery::GiveUp { reason } => reasons.push(Some(clean(reason))),
            NextDelivery::Retry { .. } => continue,
        }
        fences.push(&ended.delivery);
    }
    if fences.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"with gone as (
               delete from ferrodon.delivery d
               using unnest($1::bigint[], $2::int[], $3::int[], $4::text[]) as ended(id, worker, takes, reason)
               where d.id = ended.id and d.worker = ended.worker and d.takes = ended.takes
               returning d.*, ended.reason
           )
           insert into ferrodon.delivery_failure (id, account_id, attempt, host, inbox_url, reason)
           select id, account_id, attempt + 1, host, inbox_url, reason from gone where reason is not null"#,
        &fences.ids,
        &fences.workers,
        &fences.takes,
        &reasons as &[Option<String>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A delivery to a host that is down waits for the host.
async fn retry(conn: &mut PgConnection, ended: &[Ended]) -> Result<(), sqlx::Error> {
    let (mut fences, mut pauses, mut reasons) = (Fences::default(), Vec::new(), Vec::new());
    for ended in ended {
        if let NextDelivery::Retry { after, reason } = &ended.next {
            fences.push(&ended.delivery);
            pauses.push(interval(*after));
            reasons.push(clean(reason));
        }
    }
    if fences.ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"update ferrodon.delivery d
           set worker = null, attempt = attempt + 1, next_at = now() + failed.pause, last_error = failed.reason,
               deferred = exists (select from ferrodon.host_state s where s.host = d.host and s.down)
           from unnest($1::bigint[], $2::int[], $3::int[], $4::interval[], $5::text[])
                as failed(id, worker, takes, pause, reason)
           where d.id = failed.id and d.worker = failed.worker and d.takes = failed.takes"#,
        &fences.ids,
        &fences.workers,
        &fences.takes,
        &pauses,
        &reasons,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives deliveries back as they were.
pub(super) async fn release(conn: &mut PgConnection, deliveries: &[Delivery]) -> Result<(), sqlx::Error> {
    let mut fences = Fences::default();
    for delivery in deliveries {
        fences.push(delivery);
    }
    sqlx::query!(
        r#"update ferrodon.delivery d set worker = null
           from unnest($1::bigint[], $2::int[], $3::int[]) as released(id, worker, takes)
           where d.id = released.id and d.worker = released.worker and d.takes = released.takes"#,
        &fences.ids,
        &fences.workers,
        &fences.takes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A host that answers, even with a refusal, is well.
async fn hosts_answered(conn: &mut PgConnection, ended: &[Ended]) -> Result<(), sqlx::Error> {
    let hosts: BTreeSet<&str> = ended
        .iter()
        .filter(|ended| matches!(ended.outcome, DeliveryOutcome::Accepted | DeliveryOutcome::Refused(_)))
        .map(|ended| ended.delivery.host.as_str())
        .collect();
    recovered(conn, hosts.into_iter().map(str::to_owned).collect()).await
}

async fn recovered(conn: &mut PgConnection, hosts: Vec<String>) -> Result<(), sqlx::Error> {
    if hosts.is_empty() {
        return Ok(());
    }
    let domains: Vec<String> = hosts.iter().map(|host| domain_of(host).to_owned()).collect();
    sqlx::query!("delete from ferrodon.host_state where host = any($1)", &hosts).execute(&mut *conn).await?;
    sqlx::query!("delete from unavailable_domains where domain = any($1)", &domains).execute(conn).await?;
    Ok(())
}

/// A signed request of a host arrived: it is alive, whatever its deliveries said. What waits for it is sent.
///
/// # Errors
/// The database's.
pub async fn host_is_alive(conn: &mut PgConnection, host: &str) -> Result<(), sqlx::Error> {
    recovered(conn, vec![host.to_owned()]).await
}

async fn hosts_failed(conn: &mut PgConnection, ended: &[Ended]) -> Result<(), sqlx::Error> {
    let mut failed: BTreeMap<&str, HostFailure> = BTreeMap::new();
    for ended in ended {
        if let DeliveryOutcome::Failed { reason, retry_after } = &ended.outcome {
            let failure = failed.entry(&ended.delivery.host).or_default();
            failure.number += 1;
            failure.retry_after = failure.retry_after.max(*retry_after);
            failure.reason = reason;
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let hosts: Vec<String> = failed.keys().map(|host| (*host).to_owned()).collect();
    // In the order of their names and before anything is decided: two workers count the failures of a host one after the
    // other.
    let numbers: Vec<i32> = failed.values().map(|failure| failure.number).collect();
    let reasons: Vec<String> = failed.values().map(|failure| clean(failure.reason)).collect();
    let counted = sqlx::query!(
        r#"insert into ferrodon.host_state as s (host, failures, failing_days, last_error)
           select host, number, array[current_date], reason
           from unnest($1::text[], $2::int[], $3::text[]) as failed(host, number, reason)
           on conflict (host) do update
           set failures = s.failures + excluded.failures, last_error = excluded.last_error,
               failing_days = case when current_date = any(s.failing_days) then s.failing_days
                                   else s.failing_days || current_date end
           returning host, failures, cardinality(failing_days) as "days!""#,
        &hosts,
        &numbers,
        &reasons,
    )
    .fetch_all(&mut *conn)
    .await?;
    let (mut down, mut pauses, mut unavailable) = (Vec::new(), Vec::new(), Vec::new());
    for row in counted {
        if row.days >= DAYS_UNTIL_UNAVAILABLE {
            unavailable.push(row.host.clone());
        }
        let retry_after = failed.get(row.host.as_str()).and_then(|failure| failure.retry_after);
        if let Some(pause) = probe_pause(row.failures, retry_after) {
            down.push(row.host);
            pauses.push(interval(pause));
        }
    }
    hosts_down(conn, &down, &pauses).await?;
    hosts_unavailable(conn, &unavailable).await
}

/// Their deliveries leave the index of those that are due, all in one statement, and come back when the host does.
async fn hosts_down(
    conn: &mut PgConnection,
    hosts: &[String],
    pauses: &[sqlx::postgres::types::PgInterval],
) -> Result<(), sqlx::Error> {
    if hosts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"update ferrodon.host_state s set down = true, probe_at = now() + silent.pause
           from unnest($1::text[], $2::interval[]) as silent(host, pause) where s.host = silent.host"#,
        hosts,
        pauses,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("update ferrodon.delivery set deferred = true where host = any($1) and worker is null and not deferred", hosts)
        .execute(conn)
        .await?;
    Ok(())
}

/// As Mastodon does after seven days: the domain counts as dead, and what waits for it is dropped.
async fn hosts_unavailable(conn: &mut PgConnection, hosts: &[String]) -> Result<(), sqlx::Error> {
    if hosts.is_empty() {
        return Ok(());
    }
    let domains: Vec<String> = hosts.iter().map(|host| domain_of(host).to_owned()).collect();
    sqlx::query!(
        "insert into unavailable_domains (domain, created_at, updated_at)
         select distinct domain, now() at time zone 'utc', now() at time zone 'utc' from unnest($1::text[]) as d(domain)
         on conflict (domain) do nothing",
        &domains,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "with gone as (
             delete from ferrodon.delivery where host = any($1) and worker is null and not bypass_availability returning *
         )
         insert into ferrodon.delivery_failure (id, account_id, attempt, host, inbox_url, reason)
         select id, account_id, attempt, host, inbox_url, 'the host has not answered for seven days' from gone",
        hosts,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(Debug, Default)]
struct HostFailure<'a> {
    number: i32,
    retry_after: Option<Duration>,
    reason: &'a str,
}

#[derive(Debug, Default)]
struct Fences {
    ids: Vec<i64>,
    workers: Vec<i32>,
    takes: Vec<i32>,
}

impl Fences {
    fn push(&mut self, delivery: &Delivery) {
        self.ids.push(delivery.id);
        self.workers.push(delivery.worker);
        self.takes.push(delivery.takes);
    }
}
