//! `server/api/src/v1/directory`

use serde_json::{Value, json};
use testing::TestApp;

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|account| account["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn only_who_wants_to_be_found_and_is_in_good_standing_is_listed() {
    let app = TestApp::new().await;
    for name in ["alice", "bob", "carol", "dave", "erin", "frank"] {
        app.account(name).await;
    }
    for change in [
        "UPDATE accounts SET discoverable = NULL WHERE username = 'bob'",
        "UPDATE accounts SET silenced_at = now() WHERE username = 'carol'",
        "UPDATE accounts SET suspended_at = now() WHERE username = 'dave'",
        "UPDATE accounts SET moved_to_account_id = (SELECT id FROM accounts WHERE username = 'alice') WHERE username = 'erin'",
        "UPDATE users SET approved = false WHERE account_id = (SELECT id FROM accounts WHERE username = 'frank')",
    ] {
        sqlx::query(change).execute(&mut *app.conn().await).await.unwrap();
    }
    assert_eq!(names(&app.get("/api/v1/directory").await.ok()), ["alice"]);
    app.get("/api/v1/directory?order=loud").await.expect(400);
}

#[tokio::test]
async fn who_posted_last_or_came_last_is_first_and_pages_are_counted_off() {
    let app = TestApp::new().await;
    let (alice, _bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    carol.posts("one").await;
    alice.posts("two").await;
    assert_eq!(names(&app.get("/api/v1/directory").await.ok()), ["alice", "carol", "bob"]);
    assert_eq!(names(&app.get("/api/v1/directory?order=new").await.ok()), ["carol", "bob", "alice"]);
    assert_eq!(names(&app.get("/api/v1/directory?order=new&limit=1&offset=1").await.ok()), ["bob"]);
    assert_eq!(names(&app.get("/api/v1/directory?limit=0").await.ok()), [""; 0]);
    app.get("/api/v1/directory?limit=-5&offset=-1").await.ok();
    carol.post(&format!("/api/v1/accounts/{}/mute", alice.id()), json!({})).await.ok();
    assert_eq!(names(&carol.get("/api/v1/directory").await.ok()), ["carol", "bob"]);
}

#[tokio::test]
async fn a_server_without_directory_says_that_there_is_none() {
    let app = TestApp::new().await;
    sqlx::query(
        "INSERT INTO settings (var, value, created_at, updated_at) VALUES ('profile_directory', '--- false\n', now(), now())",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    app.get("/api/v1/directory").await.expect(404);
}
