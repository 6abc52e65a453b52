//! The statements of the queue: always whole batches, always fenced.

use sqlx::PgConnection;

use super::{Limits, Next, Taken};
use crate::enqueue::interval;
use crate::job::Lane;

/// How many jobs of a lane are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) lane: Lane,
    pub(crate) jobs: usize,
    pub(crate) suspects: usize,
}

/// Takes jobs whose time has come. `recent`: only those that have been due for no more than two seconds, which spares
/// the index its dead entries while a long snapshot (a backup) keeps vacuum away. A worker whose row is gone takes nothing.
pub(crate) async fn take(
    conn: &mut PgConnection,
    worker: i32,
    wanted: &[Wanted],
    recent: bool,
) -> Result<Vec<Taken>, sqlx::Error> {
    let lanes: Vec<String> = wanted.iter().map(|wanted| wanted.lane.as_str().to_owned()).collect();
    let jobs: Vec<i32> = wanted.iter().map(|wanted| count(wanted.jobs)).collect();
    let suspects: Vec<i32> = wanted.iter().map(|wanted| count(wanted.suspects)).collect();
    let since = if recent { 2.0 } else { 1e9 };
    let rows = sqlx::query!(
        r#"with wanted as (
               select * from unnest($2::text[], $3::int[], $4::int[]) as w(lane, jobs, suspects)
               where exists (select from ferrodon.worker where id = $1)
           ), fresh as materialized (
               select due.id from wanted cross join lateral (
                   select id from ferrodon.job
                   where lane = wanted.lane and worker is null and deaths = 0
                     and run_at between now() - $5 * interval '1 second' and now()
                   order by run_at, id limit wanted.jobs for update skip locked
               ) due
           ), suspect as materialized (
               select due.id from wanted cross join lateral (
                   select id from ferrodon.job
                   where lane = wanted.lane and worker is null and deaths > 0 and run_at <= now()
                   order by run_at, id limit wanted.suspects for update skip locked
               ) due
           )
           update ferrodon.job j
           set worker = $1, takes = takes + 1, dedup_key = case when hold_key then dedup_key end
           from (select id from fresh union all select id from suspect) picked
           where j.id = picked.id
           returning j.id, j.takes, j.lane, j.kind, j.args, j.attempt, j.max_attempts, j.deaths"#,
        worker,
        &lanes,
        &jobs,
        &suspects,
        since,
    )
    .fetch_all(conn)
    .await?;
    let mut taken: Vec<Taken> = rows
        .into_iter()
        .map(|row| Taken {
            id: row.id,
            worker,
            takes: row.takes,
            lane: row.lane.parse().unwrap_or(Lane::Default),
            kind: row.kind,
            args: row.args,
            limits: Limits { attempt: row.attempt, max_attempts: row.max_attempts },
            suspect: row.deaths > 0,
        })
        .collect();
    taken.sort_unstable_by_key(|job| job.id);
    Ok(taken)
}

/// Writes down what becomes of jobs. Results whose fence no longer fits change nothing.
pub(crate) async fn settle(conn: &mut PgConnection, settled: &[(Taken, Next)]) -> Result<(), sqlx::Error> {
    let ended = Fences::of(settled.iter().filter(|(_, next)| matches!(next, Next::Delete)).map(|(job, _)| job));
    if !ended.ids.is_empty() {
        delete(conn, &ended).await?;
    }
    let mut failed = (Fences::default(), Vec::new(), Vec::new());
    let mut buried = (Fences::default(), Vec::new(), Vec::new());
    for (job, next) in settled {
        match next {
            Next::Delete => {}
            Next::Retry { after, error } => {
                failed.0.push(job);
                failed.1.push(interval(*after));
                failed.2.push(clean(error));
            }
            Next::Bury { reason, error } => {
                buried.0.push(job);
                buried.1.push((*reason).to_owned());
                buried.2.push(clean(error));
            }
        }
    }
    if !failed.0.ids.is_empty() {
        retry(conn, &failed.0, &failed.1, &failed.2).await?;
    }
    if !buried.0.ids.is_empty() {
        bury(conn, &buried.0, &buried.1, &buried.2).await?;
    }
    Ok(())
}

/// Commits without waiting for the disk: a deletion that is lost in a crash only lets a job run again, which it must bear.
async fn delete(conn: &mut PgConnection, ended: &Fences) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"with relaxed as materialized (select set_config('synchronous_commit', 'off', true) as set)
           delete from ferrodon.job j
           using unnest($1::bigint[], $2::int[], $3::int[]) as ended(id, worker, takes), relaxed
           where j.id = ended.id and j.worker = ended.worker and j.takes = ended.takes and relaxed.set is not null"#,
        &ended.ids,
        &ended.workers,
        &ended.takes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn retry(
    conn: &mut PgConnection,
    failed: &Fences,
    pauses: &[sqlx::postgres::types::PgInterval],
    errors: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"update ferrodon.job j
           set worker = null, attempt = attempt + 1, run_at = now() + failed.pause, last_error = failed.error
           from unnest($1::bigint[], $2::int[], $3::int[], $4::interval[], $5::text[])
                as failed(id, worker, takes, pause, error)
           where j.id = failed.id and j.worker = failed.worker and j.takes = failed.takes"#,
        &failed.ids,
        &failed.workers,
        &failed.takes,
        pauses,
        errors,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn bury(conn: &mut PgConnection, buried: &Fences, reasons: &[String], errors: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"with gone as (
               delete from ferrodon.job j
               using unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[])
                     as buried(id, worker, takes, reason, error)
               where j.id = buried.id and j.worker = buried.worker and j.takes = buried.takes
               returning j.*, buried.reason, buried.error
           )
           insert into ferrodon.dead (id, created_at, attempt, max_attempts, deaths, lane, kind, args, reason, last_error)
           select id, created_at, attempt + 1, max_attempts, deaths, lane, kind, args, reason, error from gone"#,
        &buried.ids,
        &buried.workers,
        &buried.takes,
        reasons,
        errors,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives jobs back as they were: another worker, or the next start, takes them.
pub(crate) async fn release(conn: &mut PgConnection, jobs: &[Taken]) -> Result<(), sqlx::Error> {
    let released = Fences::of(jobs);
    sqlx::query!(
        r#"update ferrodon.job j set worker = null
           from unnest($1::bigint[], $2::int[], $3::int[]) as released(id, worker, takes)
           where j.id = released.id and j.worker = released.worker and j.takes = released.takes"#,
        &released.ids,
        &released.workers,
        &released.takes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Three columns that together name one take of each job.
#[derive(Debug, Default)]
struct Fences {
    ids: Vec<i64>,
    workers: Vec<i32>,
    takes: Vec<i32>,
}

impl Fences {
    fn of<'a>(jobs: impl IntoIterator<Item = &'a Taken>) -> Self {
        let mut fences = Self::default();
        for job in jobs {
            fences.push(job);
        }
        fences
    }

    fn push(&mut self, job: &Taken) {
        self.ids.push(job.id);
        self.workers.push(job.worker);
        self.takes.push(job.takes);
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// At most a thousand characters, and none that PostgreSQL refuses.
pub(crate) fn clean(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(1000).collect()
}
