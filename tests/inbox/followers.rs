//! Lists of followers that differ. `crates/inbox/src/followers.rs`

use jobs::delivery::SynchronizeFollowers;
use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_that_the_other_server_does_not_list_ends_and_is_undone_there() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let (id, follow) = alice.follows(&there, &zoe, json!({})).await;

    let url = format!("{}/sync", zoe.url);
    there.publish(json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": url, "type": "OrderedCollection", "orderedItems": [],
    }));
    let _ = there.take_arrived();
    let job = SynchronizeFollowers { account_id: id.parse().unwrap(), url, digest: "0".repeat(64) };
    jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
    app.run_jobs().await;

    let arrived = there.take_arrived();
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].activity["type"], "Undo");
    assert_eq!(arrived[0].activity["object"]["id"], follow["id"]);
    let relationship = alice.get(&format!("/api/v1/accounts/relationships?id[]={id}")).await.ok();
    assert_eq!(relationship[0]["following"], false);
}
