//! Parents that come after their replies. `resolve_thread` in `crates/inbox/src/fetch_status.rs`

use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_comes_late_does_not_count_the_reply() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe, yan) = (app.account("alice").await, there.actor("zoe"), there.actor("yan"));
    let parent = yan.note("parent", &[]);
    let mut reply = zoe.note("reply", &[(format!("https://here.example/ap/users/{}", alice.id()), alice.acct())]);
    reply["inReplyTo"] = parent["id"].clone();

    assert_eq!(zoe.deliver(&app, &zoe.activity("Create", reply)).await.status, 202);
    app.run_jobs().await;

    let found = alice.get(&format!("/api/v2/search?q={}&resolve=true", parent["id"].as_str().unwrap())).await.ok();
    let parent = &found["statuses"][0];
    assert_eq!(parent["replies_count"], 0);
    let context = alice.get(&format!("/api/v1/statuses/{}/context", parent["id"].as_str().unwrap())).await.ok();
    assert_eq!(context["descendants"][0]["content"], "reply");
}
