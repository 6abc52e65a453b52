//! Changed profiles. `crates/inbox/src/update.rs`

use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn an_actor_inside_an_update_needs_no_context_of_its_own() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let id = alice.finds(&zoe.acct()).await;

    let changed = json!({
        "id": zoe.url, "type": "Person", "preferredUsername": "zoe", "name": "New name", "summary": "<p>new</p>",
        "inbox": format!("{}/inbox", zoe.url), "manuallyApprovesFollowers": true,
    });
    assert_eq!(zoe.deliver(&app, &zoe.activity("Update", changed)).await.status, 202);
    app.run_jobs().await;

    let account = alice.get(&format!("/api/v1/accounts/{id}")).await.ok();
    assert_eq!((&account["display_name"], &account["locked"]), (&json!("New name"), &json!(true)));
}
