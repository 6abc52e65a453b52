//! Taking, ending, failing, giving up.

use std::time::Duration;

use jobs::{enqueue, enqueue_in, enqueue_many};

use crate::database::Database;
use crate::world::{Act, Internet, Play, Stage, Worker, change, count, until};

fn play(number: i64, act: Act) -> Play {
    Play { number, act, key: None }
}

fn keyed(number: i64) -> Play {
    Play { number, act: Act::Succeed, key: Some("same".to_owned()) }
}

#[tokio::test]
async fn a_job_of_a_transaction_that_was_rolled_back_never_runs() {
    let database = Database::new().await;
    let db = &database.db;
    let mut tx = db.begin().await.unwrap();
    enqueue(&mut tx, &play(1, Act::Succeed)).await.unwrap();
    drop(tx);
    let mut tx = db.begin().await.unwrap();
    enqueue(&mut tx, &play(2, Act::Succeed)).await.unwrap();
    tx.commit().await.unwrap();
    let stage = Stage::default();
    assert_eq!(jobs::drain(db, &stage, &Internet::default()).await.unwrap(), 1);
    assert_eq!(stage.played(), [2]);
    assert_eq!(count(db, "select count(*) from ferrodon.job").await, 0);
    assert_eq!(count(db, "select count(*) from ferrodon.worker").await, 0);
    database.close().await;
}

#[tokio::test]
async fn equal_keys_are_one_job_until_it_starts() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue(&mut conn, &keyed(1)).await.unwrap();
    enqueue_many(&mut conn, &[keyed(2), keyed(3), play(4, Act::Succeed)]).await.unwrap();
    let stage = Stage::default();
    jobs::drain(db, &stage, &Internet::default()).await.unwrap();
    assert_eq!(stage.played(), [1, 4]);
    enqueue(&mut conn, &keyed(5)).await.unwrap();
    jobs::drain(db, &stage, &Internet::default()).await.unwrap();
    assert_eq!(stage.played(), [1, 4, 5]);
    database.close().await;
}

#[tokio::test]
async fn a_key_is_not_shared_with_a_job_in_hand_and_waits_for_the_transaction_that_shared_it() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue(&mut conn, &keyed(1)).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    enqueue(&mut tx, &keyed(2)).await.unwrap();
    // Job 1 stands for 2 now and must not start before what belongs to 2 is committed.
    let stage = Stage::default();
    assert_eq!(jobs::drain(db, &stage, &Internet::default()).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(jobs::drain(db, &stage, &Internet::default()).await.unwrap(), 1);
    enqueue(&mut conn, &keyed(3)).await.unwrap();
    change(db, "update ferrodon.job set worker = 999, takes = 1, dedup_key = null").await;
    enqueue(&mut conn, &keyed(4)).await.unwrap();
    assert_eq!(count(db, "select count(*) from ferrodon.job").await, 2);
    database.close().await;
}

#[tokio::test]
async fn an_earlier_wish_moves_a_waiting_job_forward() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue_in(&mut conn, &keyed(1), Duration::from_secs(300)).await.unwrap();
    let stage = Stage::default();
    assert_eq!(jobs::drain(db, &stage, &Internet::default()).await.unwrap(), 0);
    enqueue(&mut conn, &keyed(2)).await.unwrap();
    assert_eq!(jobs::drain(db, &stage, &Internet::default()).await.unwrap(), 1);
    assert_eq!(stage.played(), [1]);
    database.close().await;
}

#[tokio::test]
async fn failures_and_panics_wait_longer_each_time_and_end_among_the_dead() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue_many(&mut conn, &[play(1, Act::Fail), play(2, Act::Panic), play(3, Act::Succeed)]).await.unwrap();
    let (stage, internet) = (Stage::default(), Internet::default());
    let worker = Worker::start(db, &stage, &internet, Duration::from_secs(5));
    until(db, "select count(*) = 2 and bool_and(attempt = 1 and worker is null) from ferrodon.job").await;
    assert_eq!(
        count(db, "select count(*) from ferrodon.job where run_at between now() + interval '10 s' and now() + interval '25 s'")
            .await,
        2
    );
    change(db, "update ferrodon.job set run_at = now()").await;
    until(db, "select count(*) = 2 from ferrodon.dead where reason = 'exhausted' and attempt = 2").await;
    assert_eq!(count(db, "select count(*) from ferrodon.dead where last_error = 'panicked: told to'").await, 1);
    assert_eq!(stage.played(), [1, 1, 2, 2, 3]);
    worker.stop().await;
    assert_eq!(count(db, "select count(*) from ferrodon.worker").await, 0);
    database.close().await;
}

#[tokio::test]
async fn a_job_without_handler_is_kept_for_a_newer_program() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue(&mut conn, &play(1, Act::Succeed)).await.unwrap();
    change(db, "update ferrodon.job set kind = 'of_tomorrow'").await;
    jobs::drain(db, &Stage::default(), &Internet::default()).await.unwrap();
    assert_eq!(count(db, "select count(*) from ferrodon.job where attempt = 1").await, 1);
    change(db, "update ferrodon.job set run_at = now()").await;
    jobs::drain(db, &Stage::default(), &Internet::default()).await.unwrap();
    assert_eq!(count(db, "select count(*) from ferrodon.dead where reason = 'unknown'").await, 1);
    database.close().await;
}

#[tokio::test]
async fn a_worker_told_to_stop_gives_back_what_does_not_end() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue_many(&mut conn, &[play(1, Act::Hang), play(2, Act::Succeed)]).await.unwrap();
    let (stage, internet) = (Stage::default(), Internet::default());
    let worker = Worker::start(db, &stage, &internet, Duration::from_millis(100));
    until(db, "select count(*) = 1 and bool_and(worker is not null) from ferrodon.job").await;
    worker.stop().await;
    assert_eq!(count(db, "select count(*) from ferrodon.job where worker is null and deaths = 0 and attempt = 0").await, 1);
    database.close().await;
}

#[tokio::test]
async fn results_of_a_worker_that_was_taken_for_dead_change_nothing() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    enqueue(&mut conn, &play(1, Act::Hang)).await.unwrap();
    let (stage, internet) = (Stage::default(), Internet::default());
    let worker = Worker::start(db, &stage, &internet, Duration::ZERO);
    until(db, "select bool_and(worker is not null) from ferrodon.job").await;
    // Another took the job: the release at the end of the first must not touch it.
    change(db, "update ferrodon.job set takes = takes + 1").await;
    worker.stop().await;
    assert_eq!(count(db, "select count(*) from ferrodon.job where worker is not null").await, 1);
    database.close().await;
}
