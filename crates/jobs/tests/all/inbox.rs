//! What a 202 promises.

use jobs::inbox::{Arrival, accept, find, finish};

use crate::database::Database;
use crate::world::count;

fn arrival(body: &str) -> Arrival {
    Arrival { account_id: 5, delivered_to_account_id: None, body: body.as_bytes().to_vec() }
}

#[tokio::test]
async fn equal_activities_are_each_processed_up_to_eight_that_wait() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    for _ in 0..8 {
        assert!(accept(&mut conn, &arrival("follow")).await.unwrap());
    }
    assert!(!accept(&mut conn, &arrival("follow")).await.unwrap());
    assert_eq!(count(db, "select count(*) from ferrodon.job where kind = 'process_inbox'").await, 8);
    assert!(accept(&mut conn, &arrival("undo")).await.unwrap());
    let personal = Arrival { delivered_to_account_id: Some(7), ..arrival("follow") };
    assert!(accept(&mut conn, &personal).await.unwrap());
    let other = Arrival { account_id: 6, ..arrival("follow") };
    assert!(accept(&mut conn, &other).await.unwrap());
    assert_eq!(count(db, "select count(*) from ferrodon.job where kind = 'process_inbox'").await, 11);
    database.close().await;
}

#[tokio::test]
async fn an_activity_that_was_processed_leaves_its_place_to_an_equal_one() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    for _ in 0..8 {
        accept(&mut conn, &arrival("follow")).await.unwrap();
    }
    let found = find(&mut conn, 3).await.unwrap().unwrap();
    assert_eq!((found.account_id, found.body.as_slice()), (5, b"follow".as_slice()));
    finish(&mut conn, 3).await.unwrap();
    assert!(find(&mut conn, 3).await.unwrap().is_none());
    assert!(accept(&mut conn, &arrival("follow")).await.unwrap());
    assert!(!accept(&mut conn, &arrival("follow")).await.unwrap());
    database.close().await;
}
