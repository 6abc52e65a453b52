//! Workers that die without a word.

use std::env;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jobs::enqueue;
use tokio::sync::watch;

use crate::database::{Database, open};
use crate::world::{Act, Internet, Play, Stage, Worker, change, count, settings, until};

const VARIABLE: &str = "FERRODON_TEST_DATABASE";

/// This program once more, as a worker that never ends a job.
fn start_child(name: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["kill::a_worker_in_a_process_of_its_own", "--exact", "--ignored", "--nocapture"])
        .env(VARIABLE, name)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn kill(mut child: Child) {
    // SIGKILL, without a chance to say anything.
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
#[ignore = "the child of the tests below"]
async fn a_worker_in_a_process_of_its_own() {
    #[expect(clippy::disallowed_methods, reason = "told by the parent, not by an operator")]
    let name = env::var(VARIABLE).unwrap();
    let (_stop, stopped) = watch::channel(false);
    let (stage, internet) = (Arc::new(Stage::default()), Arc::new(Internet::default()));
    jobs::run(open(&name), settings(Duration::ZERO), stage, internet, stopped).await.unwrap();
}

#[tokio::test]
async fn the_job_of_a_killed_worker_is_run_by_another_within_seconds() {
    let database = Database::new().await;
    let db = &database.db;
    enqueue(&mut db.acquire().await.unwrap(), &Play { number: 1, act: Act::Hang, key: None }).await.unwrap();
    let child = start_child(&database.name);
    until(db, "select bool_and(worker is not null) from ferrodon.job").await;
    until(db, "select bool_and(locked) from ferrodon.worker").await;
    kill(child);
    change(db, r#"update ferrodon.job set args = '{"number":1,"act":"Succeed","key":null}'"#).await;
    let stage = Stage::default();
    let died = tokio::time::Instant::now();
    let worker = Worker::start(db, &stage, &Internet::default(), Duration::from_secs(5));
    until(db, "select count(*) = 0 from ferrodon.job").await;
    assert!(died.elapsed() < Duration::from_secs(4), "took {:?}", died.elapsed());
    assert_eq!(stage.played(), [1]);
    worker.stop().await;
    database.close().await;
}

#[tokio::test]
async fn a_job_in_hand_at_two_deaths_is_quarantined() {
    let database = Database::new().await;
    let db = &database.db;
    enqueue(&mut db.acquire().await.unwrap(), &Play { number: 1, act: Act::Hang, key: None }).await.unwrap();
    for in_hand in [
        "select count(*) = 1 from ferrodon.job j join ferrodon.worker w on w.id = j.worker where w.locked and j.deaths = 0",
        "select count(*) = 1 from ferrodon.job j join ferrodon.worker w on w.id = j.worker where w.locked and j.deaths = 1",
    ] {
        let child = start_child(&database.name);
        until(db, in_hand).await;
        kill(child);
    }
    let worker = Worker::start(db, &Stage::default(), &Internet::default(), Duration::from_secs(5));
    until(db, "select count(*) = 1 from ferrodon.dead where reason = 'poison' and deaths = 2").await;
    assert_eq!(count(db, "select count(*) from ferrodon.job").await, 0);
    worker.stop().await;
    database.close().await;
}

#[tokio::test]
async fn of_the_jobs_of_a_dead_worker_only_one_runs_at_a_time() {
    let database = Database::new().await;
    let db = &database.db;
    let plays: Vec<Play> = (1..=4).map(|number| Play { number, act: Act::Hang, key: None }).collect();
    jobs::enqueue_many(&mut db.acquire().await.unwrap(), &plays).await.unwrap();
    change(db, "update ferrodon.job set deaths = 1 where id <= 3").await;
    let worker = Worker::start(db, &Stage::default(), &Internet::default(), Duration::ZERO);
    until(db, "select count(*) = 2 from ferrodon.job where worker is not null").await;
    until(db, "select bool_and(locked) from ferrodon.worker").await;
    assert_eq!(count(db, "select count(*) from ferrodon.job where worker is not null and deaths = 1").await, 1);
    worker.stop().await;
    database.close().await;
}

#[tokio::test]
async fn a_worker_whose_row_was_reaped_goes_on_under_a_new_id() {
    let database = Database::new().await;
    let db = &database.db;
    let stage = Stage::default();
    let worker = Worker::start(db, &stage, &Internet::default(), Duration::from_secs(5));
    until(db, "select count(*) = 1 and bool_and(locked) from ferrodon.worker").await;
    change(db, "delete from ferrodon.worker").await;
    enqueue(&mut db.acquire().await.unwrap(), &Play::default()).await.unwrap();
    // Its session ends as well, as when the network broke: it comes back at once.
    change(db, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'").await;
    until(db, "select count(*) = 0 from ferrodon.job").await;
    assert_eq!(stage.played(), [0]);
    worker.stop().await;
    database.close().await;
}
