//! `server/api/src/v1/statuses`

use axum::body::Body;
use futures_util::future::join_all;
use http::Request;
use serde_json::{Value, json};
use testing::{Answer, Person, TestApp, clock};

async fn post_with_key(app: &TestApp, author: &Person, text: &str, key: &str) -> Answer {
    let request = Request::post("/api/v1/statuses")
        .header("authorization", format!("Bearer {}", author.token()))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(json!({ "status": text }).to_string()));
    app.send(request.unwrap()).await
}

fn id(entity: &Value) -> &str {
    entity["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_draft_that_is_sent_again_is_posted_once() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let answers = join_all((0..5).map(|_| post_with_key(&app, &alice, "once", "k1"))).await;
    let first = answers[0].ok();
    for answer in &answers {
        assert_eq!(id(&answer.ok()), id(&first));
    }
    assert_ne!(id(&post_with_key(&app, &alice, "once", "k2").await.ok()), id(&first), "another key is another status");
    assert_ne!(id(&post_with_key(&app, &bob, "once", "k1").await.ok()), id(&first), "keys of others are their own");
    assert_eq!(app.count("SELECT statuses_count FROM account_stats ORDER BY account_id LIMIT 1").await, 2);
}

#[tokio::test]
async fn a_draft_is_posted_without_redis() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    app.kill_redis();
    let first = post_with_key(&app, &alice, "still here", "k").await.ok();
    assert_eq!(id(&post_with_key(&app, &alice, "still here", "k").await.ok()), id(&first));
}

#[tokio::test]
async fn what_many_do_at_the_same_time_is_counted_once_each() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let status = alice.posts("popular").await;
    let mut others = Vec::new();
    for name in ["bob", "carol", "dora", "erik"] {
        others.push(app.account(name).await);
    }
    for verb in ["favourite", "reblog", "bookmark"] {
        let path = format!("/api/v1/statuses/{}/{verb}", id(&status));
        let twice = others.iter().chain(&others).map(|person| person.post(&path, json!({})));
        for answer in join_all(twice).await {
            answer.ok();
        }
    }
    let seen = alice.get(&format!("/api/v1/statuses/{}", id(&status))).await.ok();
    assert_eq!((&seen["favourites_count"], &seen["reblogs_count"]), (&json!(4), &json!(4)));
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE reblog_of_id IS NOT NULL").await, 4);
    assert_eq!(app.count("SELECT count(*) FROM bookmarks").await, 4);

    let undone = others.iter().chain(&others).map(async |person: &Person| {
        person.post(&format!("/api/v1/statuses/{}/unfavourite", id(&status)), json!({})).await.ok();
        person.post(&format!("/api/v1/statuses/{}/unreblog", id(&status)), json!({})).await.ok()
    });
    join_all(undone).await;
    let seen = alice.get(&format!("/api/v1/statuses/{}", id(&status))).await.ok();
    assert_eq!((&seen["favourites_count"], &seen["reblogs_count"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_deleted_status_takes_all_that_hangs_on_it_along() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let status = alice.posts("short-lived").await;
    let reply = bob.posts_with(json!({ "status": "@alice yes", "in_reply_to_id": id(&status) })).await;
    for verb in ["favourite", "reblog", "bookmark"] {
        bob.post(&format!("/api/v1/statuses/{}/{verb}", id(&status)), json!({})).await.ok();
    }
    app.run_jobs().await;
    assert!(app.count("SELECT count(*) FROM notifications WHERE type IN ('favourite', 'reblog')").await == 2);

    alice.delete(&format!("/api/v1/statuses/{}", id(&status))).await.ok();
    alice.get(&format!("/api/v1/statuses/{}", id(&status))).await.expect(404);
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 1, "the answer stays");
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE type IN ('favourite', 'reblog')").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM bookmarks").await, 0);
    assert_eq!(app.count("SELECT sum(statuses_count)::bigint FROM account_stats").await, 1);
    assert_eq!(bob.get(&format!("/api/v1/statuses/{}", id(&reply))).await.ok()["in_reply_to_id"], Value::Null);
}

#[tokio::test]
async fn a_reported_status_is_kept_for_the_moderators() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let status = alice.posts("offensive").await;
    sqlx::query(
        "INSERT INTO reports (account_id, target_account_id, status_ids, uri, created_at, updated_at)
         VALUES ($1, $2, ARRAY[$3::bigint], 'x', now(), now())",
    )
    .bind(bob.account.id)
    .bind(alice.account.id)
    .bind(id(&status).parse::<i64>().unwrap())
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    alice.delete(&format!("/api/v1/statuses/{}", id(&status))).await.ok();
    app.run_jobs().await;
    bob.get(&format!("/api/v1/statuses/{}", id(&status))).await.expect(404);
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE deleted_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn three_hundred_posts_in_three_hours_and_failures_do_not_count() {
    let (clock, _hand) = clock::standing();
    let app = TestApp::builder().variable("FERRODON_RATE_LIMITS", "true").clock(clock).start().await;
    let alice = app.account("alice").await;
    let remaining = |answer: &Answer| answer.header("x-ratelimit-remaining").to_owned();
    let status = alice.post("/api/v1/statuses", json!({ "status": "one" })).await;
    assert_eq!((status.header("x-ratelimit-limit"), remaining(&status).as_str()), ("300", "299"));
    alice.post("/api/v1/statuses", json!({ "status": "" })).await.expect(422);
    let path = format!("/api/v1/statuses/{}/reblog", id(&status.ok()));
    alice.post(&path, json!({})).await.ok();
    alice.post(&path, json!({})).await.ok();
    let used = kv::rate_limit::current(&app.app().kv, alice.account.id, kv::rate_limit::Family::Statuses, app.app().clock.now());
    assert_eq!(used.await.unwrap().count, 2, "one post, one boost");
}

#[tokio::test]
async fn a_boost_of_ones_own_private_status_stays_private() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let status = alice.posts_with(json!({ "status": "for followers", "visibility": "private" })).await;
    let boost = alice.post(&format!("/api/v1/statuses/{}/reblog", id(&status)), json!({ "visibility": "public" })).await.ok();
    assert_eq!(boost["visibility"], "private");
    bob.get(&format!("/api/v1/statuses/{}", id(&boost))).await.expect(404);
}

#[tokio::test]
async fn only_five_are_pinned_and_never_what_only_the_mentioned_see() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let pin = async |status: &Value| alice.post(&format!("/api/v1/statuses/{}/pin", id(status)), json!({})).await;
    let direct = alice.posts_with(json!({ "status": "secret", "visibility": "direct" })).await;
    let refused = pin(&direct).await.expect(422);
    assert_eq!(refused["error"], "Validation failed: Posts that are only visible to mentioned users cannot be pinned");
    for number in 0..5 {
        pin(&alice.posts(&format!("number {number}")).await).await.ok();
    }
    let refused = pin(&alice.posts("one too many").await).await.expect(422);
    assert_eq!(refused["error"], "Validation failed: You have already pinned the maximum number of posts");
}

#[tokio::test]
async fn a_thread_takes_the_same_number_of_statements_whatever_its_length() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let root = alice.posts("root").await;
    let context = format!("/api/v1/statuses/{}/context", id(&root));
    bob.posts_with(json!({ "status": "first", "in_reply_to_id": id(&root) })).await;
    let (_, few) = testing::statements::of(bob.get(&context)).await;
    let mut parent = id(&root).to_owned();
    for number in 0..30 {
        let reply = bob.posts_with(json!({ "status": format!("reply {number}"), "in_reply_to_id": parent })).await;
        id(&reply).clone_into(&mut parent);
    }
    let (answer, many) = testing::statements::of(bob.get(&context)).await;
    assert_eq!(answer.ok()["descendants"].as_array().unwrap().len(), 31);
    assert_eq!(few, many, "the same statements");
}

/// Recorded: status_html/5 and 33.
#[tokio::test]
async fn white_space_around_a_post_goes_and_the_address_of_a_hashtag_is_encoded_once() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let status = alice.posts("  \n#日本 twice  ").await;
    assert!(status["content"].as_str().unwrap().ends_with("</a> twice</p>"), "{}", status["content"]);
    assert!(status["content"].as_str().unwrap().starts_with("<p><a "), "{}", status["content"]);
    assert_eq!(status["tags"][0]["url"], format!("https://{}/tags/%E6%97%A5%E6%9C%AC", app.domain()));
}

#[tokio::test]
async fn a_hashtag_that_administrators_forbade_is_refused_in_new_posts_and_in_edits() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let post = alice.posts("about #Cats").await;
    sqlx::query("UPDATE tags SET usable = false WHERE name = 'cats'").execute(&mut *app.conn().await).await.unwrap();
    let refused = alice.post("/api/v1/statuses", json!({ "status": "more #CATS" })).await.expect(422);
    assert_eq!(refused["error"], "Validation failed: Text contained a disallowed hashtag: cats");
    let path = format!("/api/v1/statuses/{}", post["id"].as_str().unwrap());
    alice.put(&path, json!({ "status": "still about #cats" })).await.expect(422);
    alice.put(&path, json!({ "status": "about dogs" })).await.ok();
}
