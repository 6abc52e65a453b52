//! `crates/services/src/relay.rs`

use serde_json::json;
use services::relay;
use testing::{Network, RemoteServer, TestApp};

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_is_asked_gets_public_posts_once_it_accepts_and_is_left_again() {
    let network = Network::new(&["here.example", "relay.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "relay.example");
    let robot = there.actor("relay");
    let inbox = format!("{}/inbox", robot.url);
    let alice = app.account("alice").await;

    let mut tx = app.app().db.begin().await.unwrap();
    relay::add(&mut tx, &app.app().renderer, &inbox).await.unwrap();
    assert!(relay::add(&mut tx, &app.app().renderer, "relay.example").await.is_err(), "no address");
    tx.commit().await.unwrap();
    alice.posts("before the answer").await;
    app.run_jobs().await;
    let mut sent = there.take_arrived();
    let follow = sent.remove(0).activity;
    assert!(sent.is_empty(), "{sent:?}");
    assert_eq!((&follow["type"], &follow["object"]), (&json!("Follow"), &json!(PUBLIC)));
    assert_eq!(follow["actor"], "https://here.example/actor");

    robot.deliver(&app, &robot.activity("Accept", follow.clone())).await;
    app.run_jobs().await;
    alice.posts("for everybody").await;
    alice.posts_with(json!({ "status": "not so loud", "visibility": "unlisted" })).await;
    app.run_jobs().await;
    let sent: Vec<_> = there.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0]["type"] == "Create" && sent[0]["signature"].is_object(), "others must be able to pass it on: {}", sent[0]);

    let mut tx = app.app().db.begin().await.unwrap();
    relay::remove(&mut tx, &app.app().renderer, &inbox).await.unwrap();
    tx.commit().await.unwrap();
    alice.posts("after it").await;
    app.run_jobs().await;
    let sent: Vec<_> = there.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!((&sent[0]["type"], &sent[0]["object"]["id"]), (&json!("Undo"), &follow["id"]));
    assert_eq!(app.count("SELECT count(*) FROM relays").await, 0);
}
