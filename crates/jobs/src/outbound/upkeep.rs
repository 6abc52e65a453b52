//! What happens to deliveries by the passing of time.

use sqlx::PgConnection;

/// Deliveries that come back in one statement when their host has recovered.
const BATCH: i64 = 5_000;

/// Lets one delivery of each silent host whose pause is over try.
pub(super) async fn probe(conn: &mut PgConnection) -> Result<u64, sqlx::Error> {
    // The next time is set at once: should the one that tries be lost, another follows. Its end sets it anew.
    let freed = sqlx::query!(
        r#"with due as (
               update ferrodon.host_state s set probe_at = now() + interval '10 minutes'
               where down and probe_at <= now() and exists (
                   select from ferrodon.delivery d where d.host = s.host and d.worker is null and d.deferred)
               returning host
           ), one as materialized (
               select first.id from due cross join lateral (
                   select id from ferrodon.delivery d
                   where d.host = due.host and d.worker is null and d.deferred
                   order by id limit 1 for update skip locked
               ) first
           )
           update ferrodon.delivery d set deferred = false, next_at = now() from one where d.id = one.id"#
    )
    .execute(conn)
    .await?;
    Ok(freed.rows_affected())
}

/// Brings back what waits for hosts that have recovered, also what was written by transactions that did not yet know.
pub(super) async fn undefer(conn: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let freed = sqlx::query!(
        r#"with recursive waiting (host) as (
               (select host from ferrodon.delivery where worker is null and deferred order by host limit 1)
               union all
               select following.host from waiting cross join lateral (
                   select host from ferrodon.delivery
                   where worker is null and deferred and host > waiting.host order by host limit 1
               ) following
           ), back as materialized (
               select d.id from waiting join ferrodon.delivery d on d.host = waiting.host
               where d.worker is null and d.deferred
                 and not exists (select from ferrodon.host_state s where s.host = waiting.host and s.down)
               order by d.id limit $1 for update of d skip locked
           )
           update ferrodon.delivery d set deferred = false, next_at = least(d.next_at, now())
           from back where d.id = back.id"#,
        BATCH,
    )
    .execute(conn)
    .await?;
    Ok(freed.rows_affected())
}

/// Ends deliveries whose time is over, and takes documents away that nobody waits for.
pub(crate) async fn expire(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with gone as (
             delete from ferrodon.delivery where expires_at < now() and worker is null returning *
         )
         insert into ferrodon.delivery_failure (id, account_id, attempt, host, inbox_url, reason)
         select id, account_id, attempt, host, inbox_url, 'expired: ' || coalesce(last_error, 'the host is down') from gone"
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from ferrodon.payload p where created_at < now() - interval '10 minutes'
         and not exists (select from ferrodon.delivery d where d.payload_id = p.id)"
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from ferrodon.delivery_failure where ended_at < now() - interval '7 days'").execute(conn).await?;
    Ok(())
}
