//! `server/api/src/v1/scheduled_statuses.rs` and their publication.

use chrono::TimeDelta;
use serde_json::{Value, json};
use testing::{Person, TestApp, clock};

async fn schedule(person: &Person, app: &TestApp, text: &str, ahead: TimeDelta) -> Value {
    let at = (app.app().clock.now() + ahead).to_rfc3339();
    person.post("/api/v1/statuses", json!({ "status": text, "scheduled_at": at, "visibility": "unlisted" })).await.ok()
}

async fn timetable(app: &TestApp) {
    let mut tx = app.app().db.begin().await.unwrap();
    jobs::enqueue(&mut tx, &jobs::maintenance::Maintenance { task: jobs::maintenance::Task::PublishScheduled }).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn a_scheduled_status_is_posted_once_when_its_time_has_come() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().clock(clock).start().await;
    let alice = app.account("alice").await;
    schedule(&alice, &app, "now it is time", TimeDelta::hours(1)).await;
    timetable(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);

    hand.forward(TimeDelta::hours(1));
    timetable(&app).await;
    timetable(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE text = 'now it is time' AND visibility = 1").await, 1);
    assert_eq!(alice.get("/api/v1/scheduled_statuses").await.ok(), json!([]));
}

#[tokio::test]
async fn what_cannot_be_posted_any_more_is_dropped() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().clock(clock).start().await;
    let alice = app.account("alice").await;
    let parent = alice.posts("soon gone").await;
    let at = (app.app().clock.now() + TimeDelta::hours(1)).to_rfc3339();
    let reply = json!({ "status": "a late answer", "scheduled_at": at, "in_reply_to_id": parent["id"] });
    alice.post("/api/v1/statuses", reply).await.ok();
    alice.delete(&format!("/api/v1/statuses/{}", parent["id"].as_str().unwrap())).await.ok();
    hand.forward(TimeDelta::hours(2));
    timetable(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE text = 'a late answer'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM scheduled_statuses").await, 0);
}

#[tokio::test]
async fn twenty_five_may_wait_for_one_day() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().clock(clock).start().await;
    hand.forward(TimeDelta::zero());
    let alice = app.account("alice").await;
    for number in 0..25 {
        schedule(&alice, &app, &format!("number {number}"), TimeDelta::days(2)).await;
    }
    let at = (app.app().clock.now() + TimeDelta::days(2)).to_rfc3339();
    let refused = alice.post("/api/v1/statuses", json!({ "status": "too many", "scheduled_at": at })).await.expect(422);
    assert_eq!(refused["error"], "Validation failed: You have exceeded the limit of 25 scheduled posts for today");
    schedule(&alice, &app, "another day", TimeDelta::days(3)).await;
}
