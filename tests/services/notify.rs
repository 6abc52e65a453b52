//! Many notifications at once. `crates/services/src/notify.rs`

use services::notify::{Event, notify_many};
use testing::{TestApp, fixture, statements};

#[tokio::test]
async fn telling_many_takes_no_more_statements_than_telling_one_and_is_done_once() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let mut recipients = Vec::new();
    for number in 0..20 {
        recipients.push(fixture::account::local(&mut *app.conn().await, &format!("reader{number}")).await.id);
    }
    let event = |(number, recipient): (i64, &i64)| Event::follow(*recipient, alice.account.id, number);
    let mut tx = app.app().db.begin().await.unwrap();
    let (made, one) = statements::of(notify_many(&mut tx, &[event((1_000, &recipients[0]))])).await;
    assert_eq!(made.unwrap().len(), 1);
    let mut events: Vec<Event> = (0..).zip(&recipients).map(event).collect();
    // Named twice, told once.
    events.push(events[0]);
    let (made, many) = statements::of(notify_many(&mut tx, &events)).await;
    let made = made.unwrap();
    assert_eq!((made.len(), made.is_sorted()), (20, true));
    assert_eq!(one.len(), many.len(), "{many:?}");
    assert_eq!(notify_many(&mut tx, &events).await.unwrap().len(), 0);
    tx.commit().await.unwrap();
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'announce_notification'").await, 21);
    assert_eq!(app.count("SELECT count(DISTINCT group_key) FROM notifications WHERE group_key LIKE 'follow-%'").await, 1);
}

#[tokio::test]
async fn what_is_held_back_is_counted_by_sender_and_not_told() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    sqlx::query(
        "INSERT INTO notification_policies (account_id, for_not_following, created_at, updated_at) VALUES ($1, 1, now(), now())",
    )
    .bind(bob.account.id)
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    let post = bob.posts("mine").await["id"].as_str().unwrap().parse::<i64>().unwrap();
    let other = bob.posts("mine too").await["id"].as_str().unwrap().parse::<i64>().unwrap();
    let mut events = Vec::new();
    for status in [post, other] {
        let id = sqlx::query_scalar(
            "INSERT INTO mentions (account_id, status_id, created_at, updated_at) VALUES ($1, $2, now(), now()) RETURNING id",
        )
        .bind(bob.account.id)
        .bind(status)
        .fetch_one(&mut *app.conn().await)
        .await
        .unwrap();
        events.push(Event::mention(bob.account.id, alice.account.id, id));
    }
    let mut tx = app.app().db.begin().await.unwrap();
    assert_eq!(notify_many(&mut tx, &events).await.unwrap().len(), 2);
    tx.commit().await.unwrap();
    assert_eq!(app.count("SELECT notifications_count FROM notification_requests").await, 2);
    assert_eq!(app.count("SELECT max(last_status_id) - (SELECT max(id) FROM statuses) FROM notification_requests").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE filtered").await, 2);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'announce_notification'").await, 0);
}
