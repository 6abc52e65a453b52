//! A server forgot who follows there. `crates/services/src/refollow.rs`, `worker/src/jobs/refollow.rs`

use jobs::account::Refollow;
use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_is_asked_for_anew_on_the_same_terms_and_once() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let zoe = there.actor("zoe");
    let alice = app.account("alice").await;
    let (id, _) = alice.follows(&there, &zoe, json!({ "reblogs": false, "notify": true, "languages": ["de"] })).await;
    let list = alice.post("/api/v1/lists", json!({ "title": "friends" })).await.ok()["id"].as_str().unwrap().to_owned();
    alice.post(&format!("/api/v1/lists/{list}/accounts"), json!({ "account_ids": [id] })).await.ok();
    let relation = async || alice.get(&format!("/api/v1/accounts/relationships?id[]={id}")).await.ok()[0].clone();
    let before = relation().await;
    app.run_jobs().await;
    let _ = there.take_arrived();

    for _ in 0..2 {
        jobs::enqueue(&mut *app.conn().await, &Refollow { account_id: id.parse().unwrap() }).await.unwrap();
        app.run_jobs().await;
    }
    let sent: Vec<_> = there.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    assert_eq!(sent.iter().map(|activity| &activity["type"]).collect::<Vec<_>>(), ["Follow"], "no Undo, and once");
    let now = relation().await;
    assert_eq!((&now["following"], &now["requested"]), (&json!(false), &json!(true)));
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.ok()["following_count"], 0);

    zoe.deliver(&app, &zoe.activity("Accept", sent[0].clone())).await;
    app.run_jobs().await;
    assert_eq!(relation().await, before);
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.ok()["following_count"], 1);
    let members = alice.get(&format!("/api/v1/lists/{list}/accounts")).await.ok();
    assert_eq!(members.as_array().map(Vec::len), Some(1), "{members}");
    assert_eq!(app.count("SELECT count(*) FROM list_accounts WHERE follow_id IS NOT NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_be_followed_any_more_is_left_as_it_is() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let alice = app.account("alice").await;
    let (id, _) = alice.follows(&there, &there.actor("zoe"), json!({})).await;
    sqlx::query(
        "UPDATE accounts SET moved_to_account_id = (SELECT id FROM accounts WHERE username = 'alice') WHERE username = 'zoe'",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    let _ = there.take_arrived();
    jobs::enqueue(&mut *app.conn().await, &Refollow { account_id: id.parse().unwrap() }).await.unwrap();
    app.run_jobs().await;
    assert!(there.take_arrived().is_empty());
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}
