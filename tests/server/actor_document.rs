//! `server/federation/src/actor.rs`

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use testing::{Person, TestApp};

async fn documents(app: &TestApp, person: &Person) -> [Value; 2] {
    let mut documents = [Value::Null, Value::Null];
    for (path, document) in [format!("/users/{}", person.username), format!("/@{}", person.username)].iter().zip(&mut documents) {
        let request = Request::get(path).header("accept", "application/activity+json").body(Body::empty()).unwrap();
        *document = app.send(request).await.ok();
    }
    documents
}

/// Recorded: `activitypub_actor`, step 39. Others are told of changes by an Update.
#[tokio::test]
async fn an_actor_document_is_the_same_for_three_minutes_at_every_address() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let [before, _] = documents(&app, &alice).await;
    alice.patch("/api/v1/accounts/update_credentials", json!({ "bot": true })).await.ok();
    bob.patch("/api/v1/accounts/update_credentials", json!({ "bot": true })).await.ok();
    assert_eq!(before["type"], "Person");
    assert_eq!(documents(&app, &alice).await, [before.clone(), before.clone()]);
    assert_eq!(documents(&app, &bob).await[0]["type"], "Service", "nobody had asked for it before");

    app.kill_redis();
    let [after, by_name] = documents(&app, &alice).await;
    assert_eq!((after["type"].as_str(), &by_name), (Some("Service"), &after), "without Redis it is made anew");
}

#[tokio::test]
async fn a_document_that_is_kept_is_not_given_of_somebody_who_is_gone() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    documents(&app, &alice).await;
    sqlx::query!("UPDATE accounts SET suspended_at = now() WHERE id = $1", alice.account.id)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    sqlx::query!("DELETE FROM account_deletion_requests WHERE account_id = $1", alice.account.id)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    let request = Request::get("/users/alice").header("accept", "application/activity+json").body(Body::empty()).unwrap();
    assert_eq!(app.send(request).await.status, 410);
}
