//! `crates/services/src/announcement.rs`, `worker/src/jobs/announcement.rs`

use chrono::TimeDelta;
use jobs::maintenance::{Maintenance, Task};
use serde_json::{Value, json};
use services::announcement::{self, NewAnnouncement};
use testing::{Person, TestApp, clock};

async fn shown(person: &Person) -> Vec<Value> {
    person.get("/api/v1/announcements").await.ok().as_array().cloned().unwrap()
}

async fn look_at_the_clock(app: &TestApp) {
    jobs::enqueue(&mut *app.conn().await, &Maintenance { task: Task::PublishScheduled }).await.unwrap();
    app.run_jobs().await;
}

#[tokio::test]
async fn an_announcement_comes_at_its_time_shows_the_posts_it_names_and_goes_at_its_end() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().domain("here.example.org").clock(clock).start().await;
    let alice = app.account("alice").await;
    let post = alice.posts("about the evening").await;
    let now = app.app().clock.now_naive();
    let new = NewAnnouncement {
        text: format!("A party: {}", post["uri"].as_str().unwrap()),
        starts_at: Some(now),
        ends_at: Some(now + TimeDelta::hours(2)),
        scheduled_at: Some(now + TimeDelta::hours(1)),
        ..NewAnnouncement::default()
    };
    let id = announcement::create(&mut *app.conn().await, &new, now).await.unwrap();
    look_at_the_clock(&app).await;
    assert!(shown(&alice).await.is_empty());

    hand.forward(TimeDelta::hours(1));
    look_at_the_clock(&app).await;
    let first = shown(&alice).await.remove(0);
    assert_eq!((&first["id"], &first["statuses"][0]["id"]), (&json!(id.to_string()), &post["id"]));
    assert!(first["published_at"].is_string());

    hand.forward(TimeDelta::hours(1));
    look_at_the_clock(&app).await;
    assert!(shown(&alice).await.is_empty());
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test]
async fn what_says_nothing_or_ends_without_a_beginning_is_no_announcement() {
    let app = TestApp::new().await;
    let now = app.app().clock.now_naive();
    let blank = NewAnnouncement { text: " ".to_owned(), ..NewAnnouncement::default() };
    let endless = NewAnnouncement { text: "later".to_owned(), ends_at: Some(now), ..NewAnnouncement::default() };
    for new in [blank, endless] {
        assert!(announcement::create(&mut *app.conn().await, &new, now).await.is_err());
    }
    let mut conn = app.conn().await;
    assert!(announcement::publish(&mut conn, 1, now).await.is_err());
    assert!(announcement::delete(&mut conn, 1).await.is_err());
}
