//! `server/api/src/v1/accounts`: what becomes of relations between accounts.

use futures_util::future::join_all;
use serde_json::json;
use testing::fixture::account;
use testing::{Person, TestApp};

async fn act(person: &Person, other: &Person, verb: &str) -> serde_json::Value {
    person.post(&format!("/api/v1/accounts/{}/{verb}", other.id()), json!({})).await.ok()
}

#[tokio::test]
async fn who_follows_several_times_at_once_is_counted_once() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    for answer in join_all((0..6).map(|_| act(&bob, &alice, "follow"))).await {
        assert_eq!(answer["following"], true);
    }
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 1);
    assert_eq!(app.count("SELECT sum(followers_count)::bigint FROM account_stats").await, 1);
    assert_eq!(app.count("SELECT sum(following_count)::bigint FROM account_stats").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE type = 'follow'").await, 1);
    join_all((0..6).map(|_| act(&bob, &alice, "unfollow"))).await;
    assert_eq!(app.count("SELECT sum(followers_count)::bigint FROM account_stats").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0, "a follow that is gone is no news");
}

#[tokio::test]
async fn a_block_ends_what_was_between_both_and_what_it_left_behind() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    act(&bob, &alice, "follow").await;
    act(&alice, &bob, "follow").await;
    act(&alice, &bob, "endorse").await;
    bob.posts(&format!("@{} hello", alice.acct())).await;
    app.run_jobs().await;
    assert!(app.count("SELECT count(*) FROM notifications").await > 0);
    let stands = act(&alice, &bob, "block").await;
    assert_eq!((&stands["blocking"], &stands["following"], &stands["followed_by"]), (&json!(true), &json!(false), &json!(false)));
    app.run_jobs().await;
    for rest in [
        "SELECT count(*) FROM follows",
        "SELECT count(*) FROM account_pins",
        "SELECT sum(followers_count + following_count)::bigint FROM account_stats",
    ] {
        assert_eq!(app.count(rest).await, 0, "{rest}");
    }
    let theirs = alice.get("/api/v1/notifications").await.ok();
    assert_eq!(theirs, json!([]));
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id()), json!({})).await.expect(403);
    act(&alice, &bob, "unblock").await;
    assert_eq!(act(&bob, &alice, "follow").await["following"], true);
}

#[tokio::test]
async fn whoever_waits_is_let_in_when_an_account_is_unlocked() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let locked = |flag: bool| json!({ "locked": flag });
    alice.put("/api/v1/profile", locked(true)).await.ok();
    assert_eq!(act(&bob, &alice, "follow").await["requested"], true);
    alice.put("/api/v1/profile", locked(false)).await.ok();
    app.run_jobs().await;
    let stands = bob.get(&format!("/api/v1/accounts/relationships?id[]={}", alice.id())).await.ok();
    assert_eq!((&stands[0]["following"], &stands[0]["requested"]), (&json!(true), &json!(false)));
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE type = 'follow_request'").await, 0);
}

#[tokio::test]
async fn blocking_a_server_ends_follows_both_ways_and_tells_both_sides() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    {
        let mut conn = app.conn().await;
        let remote = account::remote_many(&mut conn, "far.example", "zoe", 2).await;
        for (from, to) in [(remote[0], alice.account.id), (alice.account.id, remote[1])] {
            sqlx::query(
                "INSERT INTO follows (account_id, target_account_id, uri, created_at, updated_at) VALUES ($1, $2, 'x', now(), now())",
            )
            .bind(from)
            .bind(to)
            .execute(&mut *conn)
            .await
            .unwrap();
        }
    }
    alice.post("/api/v1/domain_blocks", json!({ "domain": "FAR.example" })).await.ok();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM severed_relationships").await, 2);
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE type = 'severed_relationships'").await, 1);
    assert_eq!(alice.get("/api/v1/domain_blocks").await.ok(), json!(["far.example"]));
}

#[tokio::test]
async fn hidden_followers_are_seen_by_their_owner_alone() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    act(&bob, &alice, "follow").await;
    let path = format!("/api/v1/accounts/{}/followers", alice.id());
    assert_eq!(bob.get(&path).await.ok().as_array().unwrap().len(), 1);
    alice.put("/api/v1/profile", json!({ "hide_collections": true })).await.ok();
    assert_eq!(bob.get(&path).await.ok(), json!([]));
    assert_eq!(alice.get(&path).await.ok().as_array().unwrap().len(), 1);
}
