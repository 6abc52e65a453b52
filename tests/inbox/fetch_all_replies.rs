//! Threads that somebody reads. `crates/inbox/src/fetch_all_replies.rs`

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use testing::{Network, RemoteActor, RemoteServer, TestApp};

/// An old note with its own list of replies.
fn publish(server: &RemoteServer, author: &RemoteActor, parent: Option<&Value>, content: &str, replies: &[&Value]) -> Value {
    let mut note = author.note(content, &[]);
    let id = note["id"].as_str().unwrap().to_owned();
    note["published"] = json!((Utc::now() - TimeDelta::hours(1)).to_rfc3339());
    if let Some(parent) = parent {
        note["inReplyTo"] = parent["id"].clone();
    }
    let ids: Vec<&Value> = replies.iter().map(|reply| &reply["id"]).collect();
    let page = format!("{id}/replies/page");
    note["replies"] = json!(format!("{id}/replies"));
    server.publish(json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": format!("{id}/replies"), "type": "Collection", "first": page,
    }));
    server.publish(json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": page, "type": "CollectionPage", "items": ids,
    }));
    server.publish(note.clone());
    note
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_on_other_servers_are_fetched_when_somebody_reads_the_thread() {
    let network = Network::new(&["here.example", "there.example", "elsewhere.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let (there, elsewhere) = (RemoteServer::start(&network, "there.example"), RemoteServer::start(&network, "elsewhere.example"));
    let (alice, zoe, yan) = (app.account("alice").await, there.actor("zoe"), elsewhere.actor("yan"));
    let root = publish(&there, &zoe, None, "root", &[]);
    let nested_in = publish(&elsewhere, &yan, Some(&root), "reply", &[]);
    let nested = publish(&there, &zoe, Some(&nested_in), "nested", &[]);

    let found = alice.get(&format!("/api/v2/search?q={}&resolve=true", root["id"].as_str().unwrap())).await.ok();
    let id = found["statuses"][0]["id"].as_str().unwrap().to_owned();
    app.run_jobs().await;
    // Only now do the servers list them: what comes in is followed by a look at its replies as well.
    let list = |server: &RemoteServer, note: &Value, reply: &Value| {
        server.publish(json!({
            "@context": "https://www.w3.org/ns/activitystreams", "type": "CollectionPage", "items": [reply["id"]],
            "id": format!("{}/replies/page", note["id"].as_str().unwrap()),
        }));
    };
    list(&there, &root, &nested_in);
    list(&elsewhere, &nested_in, &nested);

    let path = format!("/api/v1/statuses/{id}/context");
    assert_eq!(app.get(&path).await.header("mastodon-async-refresh"), "", "a visitor has nothing fetched");
    let answer = alice.get(&path).await;
    assert_eq!(answer.json()["descendants"], json!([]));
    let header = answer.header("mastodon-async-refresh").to_owned();
    assert!(header.ends_with("retry=3, result_count=0"), "{header}");
    let refresh = format!("/api/v1_alpha/async_refreshes/{}", header.split('"').nth(1).unwrap());
    assert_eq!(alice.get(&refresh).await.ok()["async_refresh"]["status"], "running");

    app.run_jobs().await;
    let answer = alice.get(&path).await;
    let context = answer.ok();
    let uris: Vec<&Value> = context["descendants"].as_array().unwrap().iter().map(|status| &status["uri"]).collect();
    assert_eq!(uris, [&nested_in["id"], &nested["id"]]);
    assert_eq!(answer.header("mastodon-async-refresh"), "", "it was looked at just now");
    let refresh = alice.get(&refresh).await.ok();
    assert_eq!((&refresh["async_refresh"]["status"], &refresh["async_refresh"]["result_count"]), (&json!("finished"), &json!(2)));
}
