//! Accounts that move. `crates/inbox/src/move_actor.rs`, `crates/services/src/move_followers.rs`

use serde_json::{Value, json};
use testing::{Network, Person, RemoteServer, TestApp};

async fn relationship(person: &Person, id: &str) -> Value {
    person.get(&format!("/api/v1/accounts/relationships?id[]={id}")).await.ok()[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_followed_blocked_or_noted_an_account_that_moves_does_so_with_the_new_one() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (zoe, yan) = (there.actor("zoe"), there.actor("yan"));
    let (alice, bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    let (old, _) = alice.follows(&there, &zoe, json!({ "reblogs": false, "notify": true })).await;
    bob.post(&format!("/api/v1/accounts/{old}/block"), json!({})).await.ok();
    carol.post(&format!("/api/v1/accounts/{old}/mute"), json!({})).await.ok();
    bob.post(&format!("/api/v1/accounts/{old}/mute"), json!({})).await.ok();
    carol.post(&format!("/api/v1/accounts/{old}/note"), json!({ "comment": "plays the oboe" })).await.ok();
    app.run_jobs().await;
    let _ = there.take_arrived();

    there.publish(json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1",
            { "alsoKnownAs": { "@id": "as:alsoKnownAs", "@type": "@id" } }],
        "id": yan.url, "type": "Person", "preferredUsername": "yan", "inbox": format!("{}/inbox", yan.url),
        "outbox": format!("{}/outbox", yan.url), "followers": format!("{}/followers", yan.url), "alsoKnownAs": [zoe.url],
        "publicKey": { "id": format!("{}#main-key", yan.url), "owner": yan.url, "publicKeyPem": testing::TestKey::remote().public_pem },
    }));
    let mut moved = zoe.activity("Move", json!(zoe.url));
    moved["target"] = json!(yan.url);
    zoe.deliver(&app, &moved).await;
    app.run_jobs().await;

    let sent: Vec<_> = there.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    let follow = sent.iter().find(|activity| activity["type"] == "Follow").expect("a Follow of the new account").clone();
    assert_eq!(follow["object"], yan.url);
    assert!(sent.iter().any(|activity| activity["type"] == "Undo" && activity["object"]["object"] == zoe.url), "{sent:?}");
    yan.deliver(&app, &yan.activity("Accept", follow)).await;
    app.run_jobs().await;

    let new = alice.finds(&yan.acct()).await;
    let follows = relationship(&alice, &new).await;
    assert_eq!(
        (&follows["following"], &follows["showing_reblogs"], &follows["notifying"]),
        (&json!(true), &json!(false), &json!(true))
    );
    assert_eq!(relationship(&alice, &old).await["following"], false);
    let blocked = relationship(&bob, &new).await;
    assert_eq!((&blocked["blocking"], &blocked["muting"]), (&json!(true), &json!(true)));
    assert_eq!(blocked["note"].as_str().map(|note| note.matches(&zoe.acct()).count()), Some(2), "{blocked}");
    let muted = relationship(&carol, &new).await;
    assert_eq!(muted["muting"], true);
    assert!(muted["note"].as_str().is_some_and(|note| note.contains("plays the oboe") && note.contains(&zoe.acct())), "{muted}");
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}
