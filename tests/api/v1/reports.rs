//! `server/api/src/v1/reports`

use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_report_reaches_the_accounts_own_server_in_the_name_of_this_one() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let note = zoe.note("<p>bad</p>", &[]);
    let found = alice.get(&format!("/api/v2/search?resolve=true&q={}", note["id"].as_str().unwrap())).await.ok();
    let status = &found["statuses"][0];
    app.run_jobs().await;
    let _ = there.take_arrived();

    let complaint = json!({
        "account_id": status["account"]["id"], "status_ids": [status["id"]], "comment": "look", "category": "spam", "forward": true,
    });
    let report = alice.post("/api/v1/reports", complaint).await.ok();
    assert_eq!((&report["forwarded"], &report["category"]), (&json!(true), &json!("spam")));
    app.run_jobs().await;
    let arrived = there.take_arrived();
    assert_eq!(arrived.len(), 1);
    let flag = &arrived[0].activity;
    assert_eq!(flag["actor"], "https://here.example/actor");
    assert_eq!(
        (&flag["type"], &flag["content"], &flag["object"]),
        (&json!("Flag"), &json!("look"), &json!([zoe.url, note["id"]]))
    );
}

#[tokio::test]
async fn statuses_of_somebody_else_cannot_be_reported_along() {
    let app = TestApp::new().await;
    let (alice, bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    let status = carol.posts("mine").await;
    let complaint = json!({ "account_id": bob.id(), "status_ids": [status["id"]] });
    alice.post("/api/v1/reports", complaint).await.expect(404);
    assert_eq!(app.count("SELECT count(*) FROM reports").await, 0);
}
