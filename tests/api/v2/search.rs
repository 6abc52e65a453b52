//! What people look for on other servers. `server/api/src/v2/search.rs`, `server/api/src/meet.rs`

use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_handle_that_leads_to_another_one_finds_its_account() {
    let network = Network::new(&["here.example", "social.example", "old.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let social = RemoteServer::start_many(&network, &["social.example", "old.example"]);
    let (alice, _) = (app.account("alice").await, social.actor("zoe"));

    for _ in 0..2 {
        let found = alice.get("/api/v2/search?q=@zoe@old.example&resolve=true").await.ok();
        assert_eq!(found["accounts"][0]["acct"], "zoe@social.example");
    }
    let found = alice.get("/api/v1/accounts/search?q=zoe@old.example&resolve=true").await.ok();
    assert_eq!(found[0]["acct"], "zoe@social.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_asked_is_no_empty_result() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let around = format!("{}/again", zoe.url);
    there.redirect(&zoe.url, &around);
    there.redirect(&around, &zoe.url);

    let answer = alice.get("/api/v2/search?q=@zoe@there.example&resolve=true").await;
    assert_eq!(answer.expect(503), json!({ "error": "Remote data could not be fetched" }));
    let nobody = alice.get("/api/v2/search?q=@nobody@there.example&resolve=true").await.ok();
    assert_eq!(nobody["accounts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_something_private_is_refused() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let mut note = zoe.note("for followers", &[]);
    note["to"] = json!([format!("{}/followers", zoe.url)]);
    note["cc"] = json!([]);
    there.publish(note.clone());

    let path = format!("/api/v2/search?q={}&resolve=true", note["id"].as_str().unwrap());
    assert_eq!(alice.get(&path).await.expect(403), json!({ "error": "This action is not allowed" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_finds_only_what_is_asked_for() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));

    let path = format!("/api/v2/search?q={}&resolve=true", zoe.url);
    assert_eq!(alice.get(&path).await.ok()["accounts"].as_array().unwrap().len(), 1);
    for other in ["&type=statuses", "&type=accounts&offset=1"] {
        assert_eq!(alice.get(&format!("{path}{other}")).await.ok()["accounts"], json!([]), "{other}");
    }
}
