//! A thousand at once, and every one of them counted. `crates/inbox/src/like.rs`, `crates/inbox/src/create.rs`

use std::sync::Arc;

use chrono::Utc;
use serde_json::{Value, json};
use testing::TestApp;
use testing::fixture::account::remote_many;

const DOMAIN: &str = "there.example";
const ACTORS: usize = 1000;
const CONNECTIONS: usize = 8;
/// Nothing that arrived waits to be acted on.
const TAKEN_IN: &str = "SELECT NOT EXISTS (SELECT FROM ferrodon.job WHERE kind = 'process_inbox')";

fn actor(number: usize) -> String {
    format!("https://{DOMAIN}/users/fan{number}")
}

/// Each of a thousand actors delivers one activity, over eight connections; then workers act on all of them.
async fn storm(app: &TestApp, activity: impl Fn(usize) -> Value + Send + Sync + 'static) {
    remote_many(&mut *app.conn().await, DOMAIN, "fan", i32::try_from(ACTORS).unwrap()).await;
    let activity = Arc::new(activity);
    let mut connections = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (app, activity) = (app.clone(), activity.clone());
        connections.spawn(async move {
            for number in (1..=ACTORS).filter(|number| number % CONNECTIONS == connection) {
                let answer = app.delivered(&actor(number), &activity(number)).await;
                assert_eq!(answer.status, 202, "{number}: {}", answer.text());
            }
        });
    }
    connections.join_all().await;
    app.work_until(TAKEN_IN).await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

async fn status_of_alice(app: &TestApp) -> (Value, String) {
    let alice = app.account("alice").await;
    let status = alice.posts("hello").await;
    app.run_jobs().await;
    let uri = status["uri"].as_str().unwrap().to_owned();
    (status, uri)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_likes_by_a_thousand_actors_are_a_thousand_favourites() {
    let app = TestApp::new().await;
    let (status, uri) = status_of_alice(&app).await;
    storm(&app, move |number| {
        json!({
            "@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}#likes/1", actor(number)), "type": "Like",
            "actor": actor(number), "object": uri,
        })
    })
    .await;
    assert_eq!(app.count("SELECT count(*) FROM favourites").await, 1000);
    assert_eq!(app.count("SELECT sum(favourites_count)::bigint FROM status_stats").await, 1000);
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.ok()["favourites_count"], 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_replies_by_a_thousand_actors_are_a_thousand_replies() {
    let app = TestApp::new().await;
    let (status, uri) = status_of_alice(&app).await;
    storm(&app, move |number| {
        let note = format!("https://{DOMAIN}/notes/{number}");
        let public = "https://www.w3.org/ns/activitystreams#Public";
        json!({
            "@context": "https://www.w3.org/ns/activitystreams", "id": format!("{note}/activity"), "type": "Create",
            "actor": actor(number), "to": [public], "published": Utc::now().to_rfc3339(),
            "object": {
                "id": note, "type": "Note", "attributedTo": actor(number), "inReplyTo": uri, "content": "<p>me too</p>",
                "published": Utc::now().to_rfc3339(), "to": [public], "cc": [],
            },
        })
    })
    .await;
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE in_reply_to_id IS NOT NULL").await, 1000);
    assert_eq!(app.count("SELECT sum(replies_count)::bigint FROM status_stats").await, 1000);
    assert_eq!(app.count("SELECT count(*) FROM account_stats WHERE statuses_count = 1").await, 1001);
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.ok()["replies_count"], 1000);
}
