//! Slots of the timetable, and reasons not to start.

use chrono::DateTime;
use jobs::guard::{Overrides, Refusal, check};
use jobs::slot::claim;

use crate::database::Database;

#[tokio::test]
async fn a_slot_is_claimed_once_unless_the_claim_is_rolled_back() {
    let database = Database::new().await;
    let db = &database.db;
    let slot = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let mut tx = db.begin().await.unwrap();
    assert!(claim(&mut tx, "sweep", slot).await.unwrap());
    drop(tx);
    let mut conn = db.acquire().await.unwrap();
    assert!(claim(&mut conn, "sweep", slot).await.unwrap());
    assert!(!claim(&mut conn, "sweep", slot).await.unwrap());
    assert!(claim(&mut conn, "sweep", slot + chrono::TimeDelta::minutes(1)).await.unwrap());
    assert!(claim(&mut conn, "publish_scheduled", slot).await.unwrap());
    database.close().await;
}

#[tokio::test]
async fn work_does_not_begin_beside_sidekiq_or_where_commits_are_not_kept() {
    let database = Database::new().await;
    let mut conn = database.db.acquire().await.unwrap();
    let lost_on_purpose = Overrides { unsafe_database: true, ..Overrides::default() };
    check(&mut conn, None, lost_on_purpose).await.unwrap();
    let refusal = check(&mut conn, Some("social:1234:abcd"), lost_on_purpose).await.unwrap_err();
    assert!(matches!(&refusal, Refusal::Sidekiq { process } if process == "social:1234:abcd"), "{refusal}");
    let insisting = Overrides { unsafe_database: true, beside_sidekiq: true };
    check(&mut conn, Some("social:1234:abcd"), insisting).await.unwrap();
    sqlx::query("set synchronous_commit = off").execute(&mut *conn).await.unwrap();
    assert!(matches!(check(&mut conn, None, Overrides::default()).await, Err(Refusal::Unsafe { .. })));
    database.close().await;
}
