//! Two of us, over TLS on loopback.

use serde_json::{Value, json};
use testing::{Network, Person, TestApp, Upload};

const PICTURE: &[u8] = include_bytes!("../conformance/media/files/base.jpg");

/// Until neither has anything left to do.
async fn settle(one: &TestApp, other: &TestApp) {
    while one.run_jobs().await + other.run_jobs().await > 0 {}
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The person of the other server, as this one knows them.
async fn found(person: &Person, acct: &str) -> String {
    let accounts = person.get(&format!("/api/v1/accounts/search?q={acct}&resolve=true&limit=1")).await.ok();
    assert_eq!(accounts[0]["acct"], acct);
    text(&accounts[0], "id").to_owned()
}

/// The status at the top of the home timeline.
async fn newest(person: &Person) -> Value {
    person.get("/api/v1/timelines/home?limit=1").await.ok()[0].clone()
}

async fn uploads_a_picture(person: &Person) -> String {
    let file = Upload { field: "file", name: "picture.jpg", content_type: "image/jpeg", bytes: PICTURE };
    let media = person.upload("/api/v2/media", file, &[("description", "A picture")]).await.ok();
    text(&media, "id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_one_server_is_seen_on_the_other_and_in_its_stream() {
    let network = Network::new(&["one.example", "two.example"]).await;
    let one = TestApp::in_network(&network, "one.example").await;
    let two = TestApp::in_network(&network, "two.example").await;
    let (alice, bob) = (one.account("alice").await, two.account("bob").await);
    let mut alices = alice.stream("user").await;
    let mut bobs = bob.stream("user").await;

    let alice_there = found(&bob, "alice@one.example").await;
    bob.post(&format!("/api/v1/accounts/{alice_there}/follow"), json!({})).await.ok();
    settle(&one, &two).await;
    let notification = alices.next("notification").await;
    assert_eq!((text(&notification, "type"), text(&notification["account"], "acct")), ("follow", "bob@two.example"));
    let relationships = bob.get(&format!("/api/v1/accounts/relationships?id[]={alice_there}")).await.ok();
    assert_eq!((&relationships[0]["following"], &relationships[0]["requested"]), (&json!(true), &json!(false)));

    let picture = uploads_a_picture(&alice).await;
    let status = alice.posts_with(json!({ "status": "Hello two", "media_ids": [picture] })).await;
    settle(&one, &two).await;
    let seen = bobs.next("update").await;
    assert_eq!((text(&seen, "uri"), text(&seen, "content")), (text(&status, "uri"), "<p>Hello two</p>"));
    let home = newest(&bob).await;
    let attachment = &home["media_attachments"][0];
    assert_eq!((text(&home, "uri"), text(attachment, "description")), (text(&status, "uri"), "A picture"));
    assert!(text(attachment, "url").starts_with("https://two.example/"), "{attachment}");

    let there = text(&home, "id").to_owned();
    let here = text(&status, "id").to_owned();
    let reply = bob.posts_with(json!({ "status": "@alice@one.example Hello one", "in_reply_to_id": there })).await;
    settle(&one, &two).await;
    let notification = alices.next("notification").await;
    assert_eq!((text(&notification, "type"), text(&notification["status"], "uri")), ("mention", text(&reply, "uri")));
    let context = alice.get(&format!("/api/v1/statuses/{here}/context")).await.ok();
    assert_eq!(text(&context["descendants"][0], "uri"), text(&reply, "uri"));

    for (action, kind, count) in [("reblog", "reblog", "reblogs_count"), ("favourite", "favourite", "favourites_count")] {
        bob.post(&format!("/api/v1/statuses/{there}/{action}"), json!({})).await.ok();
        settle(&one, &two).await;
        let notification = alices.next("notification").await;
        assert_eq!((text(&notification, "type"), text(&notification["status"], "id")), (kind, here.as_str()));
        assert_eq!(alice.get(&format!("/api/v1/statuses/{here}")).await.ok()[count], 1);
    }

    alice.put(&format!("/api/v1/statuses/{here}"), json!({ "status": "Hello again", "media_ids": [picture] })).await.ok();
    settle(&one, &two).await;
    let edited = bobs.next("status.update").await;
    assert_eq!((text(&edited, "uri"), text(&edited, "content")), (text(&status, "uri"), "<p>Hello again</p>"));
    assert!(bob.get(&format!("/api/v1/statuses/{there}")).await.ok()["edited_at"].is_string());

    alice.delete(&format!("/api/v1/statuses/{here}")).await.ok();
    settle(&one, &two).await;
    assert_eq!(bobs.next("delete").await, bobs_id(&there));
    assert_eq!(bob.get(&format!("/api/v1/statuses/{there}")).await.status, 404);
}

/// Streams carry the bare id, which reads as a number.
fn bobs_id(id: &str) -> Value {
    serde_json::from_str(id).unwrap()
}
