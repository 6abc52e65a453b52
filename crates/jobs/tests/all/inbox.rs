//! What a 202 promises.

use jobs::inbox::{Arrival, accept, find, finish};

use crate::database::Database;
use crate::world::count;

fn arrival(body: &str) -> Arrival {
    Arrival { account_id: 5, delivered_to_account_id: None, body: body.as_bytes().to_vec() }
}

#[tokio::test]
async fn an_activity_that_waits_is_accepted_once_and_again_after_it_was_processed() {
    let database = Database::new().await;
    let db = &database.db;
    let mut conn = db.acquire().await.unwrap();
    assert!(accept(&mut conn, &arrival("follow")).await.unwrap());
    assert!(!accept(&mut conn, &arrival("follow")).await.unwrap());
    assert!(accept(&mut conn, &arrival("undo")).await.unwrap());
    let personal = Arrival { delivered_to_account_id: Some(7), ..arrival("follow") };
    assert!(accept(&mut conn, &personal).await.unwrap());
    assert_eq!(count(db, "select count(*) from ferrodon.job where kind = 'process_inbox'").await, 3);
    let found = find(&mut conn, 1).await.unwrap().unwrap();
    assert_eq!((found.account_id, found.body.as_slice()), (5, b"follow".as_slice()));
    finish(&mut conn, 1).await.unwrap();
    assert!(find(&mut conn, 1).await.unwrap().is_none());
    assert!(accept(&mut conn, &arrival("follow")).await.unwrap());
    database.close().await;
}
