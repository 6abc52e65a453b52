//! Collections of accounts between servers. `crates/inbox/src/{feature_request,featured_collection,featured_item}.rs`

use activitypub::keys::PublicKey;
use activitypub::ld_signature;
use serde_json::{Value, json};
use testing::{Network, Person, RemoteActor, RemoteServer, TestApp, TestKey};

async fn run(app: &TestApp, sql: &'static str) {
    sqlx::query(sql).execute(&mut *app.conn().await).await.unwrap();
}

fn collection(owner: &RemoteActor, items: &[Value]) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/collections/1", owner.url),
        "type": "FeaturedCollection", "attributedTo": owner.url, "name": "Good people", "summary": "<p>worth a look</p>",
        "sensitive": false, "discoverable": true, "totalItems": items.len(), "orderedItems": items,
    })
}

fn item(owner: &RemoteActor, number: u8, account: &str, stamp: &str) -> Value {
    json!({
        "id": format!("{}/items/{number}", owner.url), "type": "FeaturedItem", "featuredObject": account,
        "featureAuthorization": stamp, "published": "2026-01-02T03:04:05Z",
    })
}

fn stamp(id: &str, collection: &Value, account: &str) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "FeatureAuthorization",
        "interactingObject": collection["id"], "interactionTarget": account,
    })
}

/// An Update of the collection, as its owner sends it.
async fn publishes(app: &TestApp, owner: &RemoteActor, document: &Value) {
    assert_eq!(owner.deliver(app, &owner.activity("Update", document.clone())).await.status, 202);
    app.run_jobs().await;
}

async fn uri_of(person: &Person) -> String {
    person.get("/api/v1/accounts/verify_credentials").await.ok()["uri"].as_str().unwrap().to_owned()
}

const SHOWN: &str = "SELECT count(*) FROM collection_items WHERE state = 1";

#[tokio::test(flavor = "multi_thread")]
async fn an_account_stands_in_a_remote_collection_only_with_a_stamp_for_exactly_that_from_its_own_server() {
    let network = Network::new(&["here.example", "there.example", "elsewhere.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let (there, elsewhere) = (RemoteServer::start(&network, "there.example"), RemoteServer::start(&network, "elsewhere.example"));
    let alice = app.account("alice").await;
    let (zoe, yan, yve) = (there.actor("zoe"), elsewhere.actor("yan"), elsewhere.actor("yve"));
    alice.finds(&zoe.acct()).await;
    let good = "https://elsewhere.example/stamps/1";
    let bare = collection(&zoe, &[]);
    let wrong = [
        ("another account", good, stamp(good, &bare, &yve.url)),
        ("another collection", good, stamp(good, &json!({ "id": format!("{}/collections/2", zoe.url) }), &yan.url)),
        (
            "another kind",
            good,
            json!({ "@context": "https://www.w3.org/ns/activitystreams", "id": good, "type": "QuoteAuthorization",
            "interactingObject": bare["id"], "interactionTarget": yan.url }),
        ),
    ];
    for (case, id, document) in wrong {
        elsewhere.publish(document);
        publishes(&app, &zoe, &collection(&zoe, &[item(&zoe, 1, &yan.url, id)])).await;
        assert_eq!(app.count(SHOWN).await, 0, "{case}");
    }
    let own = "https://there.example/stamps/1";
    there.publish(stamp(own, &bare, &yan.url));
    publishes(&app, &zoe, &collection(&zoe, &[item(&zoe, 1, &yan.url, own)])).await;
    assert_eq!(app.count(SHOWN).await, 0, "the owner's server cannot consent for somebody else");

    elsewhere.publish(stamp(good, &bare, &yan.url));
    let listed = collection(&zoe, &[item(&zoe, 1, &yan.url, good)]);
    for _ in 0..2 {
        publishes(&app, &zoe, &listed).await;
    }
    assert_eq!(app.count(SHOWN).await, 1);
    assert_eq!(app.count("SELECT item_count::bigint FROM collections").await, 1);
    let id = app.count("SELECT id FROM collections").await;
    let shown = alice.get(&format!("/api/v1/collections/{id}")).await.ok();
    assert_eq!(
        (&shown["collection"]["description"], &shown["collection"]["local"]),
        (&json!("<p>worth a look</p>"), &json!(false))
    );
    assert_eq!(shown["accounts"][1]["acct"], yan.acct());

    yan.deliver(&app, &yan.activity("Delete", json!(good))).await;
    app.run_jobs().await;
    assert_eq!(app.count(SHOWN).await, 0, "the consent was taken back");
    publishes(&app, &zoe, &listed).await;
    assert_eq!(app.count(SHOWN).await, 1, "the stamp is there still");
    publishes(&app, &zoe, &bare).await;
    assert_eq!(app.count("SELECT count(*) FROM collection_items").await, 0);
    assert_eq!(app.count("SELECT item_count::bigint FROM collections").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_owner_changes_a_collection_and_takes_it_away() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let alice = app.account("alice").await;
    let (zoe, yan) = (there.actor("zoe"), there.actor("yan"));
    alice.finds(&zoe.acct()).await;
    alice.finds(&yan.acct()).await;
    run(&app, "UPDATE accounts SET collections_url = uri || '/featured_collections' WHERE domain = 'there.example'").await;
    let list = |actor: &RemoteActor| json!(format!("{}/featured_collections", actor.url));
    let mut add = zoe.activity("Add", collection(&zoe, &[]));
    add["target"] = list(&zoe);
    zoe.deliver(&app, &add).await;
    app.run_jobs().await;
    let named = "SELECT count(*) FROM collections WHERE name = 'Good people'";
    assert_eq!(app.count(named).await, 1);

    let mut stolen = collection(&zoe, &[]);
    stolen["name"] = json!("Yan's");
    publishes(&app, &yan, &stolen).await;
    stolen["attributedTo"] = json!(yan.url);
    publishes(&app, &yan, &stolen).await;
    for target in [list(&zoe), list(&yan)] {
        let mut remove = yan.activity("Remove", collection(&zoe, &[])["id"].clone());
        remove["target"] = target;
        yan.deliver(&app, &remove).await;
    }
    app.run_jobs().await;
    assert_eq!((app.count(named).await, app.count("SELECT count(*) FROM collections").await), (1, 1));
    let mut remove = zoe.activity("Remove", collection(&zoe, &[])["id"].clone());
    remove["target"] = list(&zoe);
    zoe.deliver(&app, &remove).await;
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM collections").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_granted_once_shown_by_a_stamp_and_can_be_taken_back() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let bob = app.account("bob").await;
    let zoe = there.actor("zoe");
    let uri = uri_of(&bob).await;
    run(&app, "UPDATE accounts SET discoverable = false WHERE username = 'bob'").await;
    there.publish(collection(&zoe, &[]));
    let mut request = zoe.activity("FeatureRequest", json!(uri));
    request["instrument"] = collection(&zoe, &[])["id"].clone();
    zoe.deliver(&app, &request).await;
    app.run_jobs().await;
    let refused = there.take_arrived().pop().expect("an answer").activity;
    assert_eq!((&refused["type"], &refused["object"]), (&json!("Reject"), &request["id"]));
    assert_eq!(app.count("SELECT count(*) FROM collection_items").await, 0);

    run(&app, "UPDATE accounts SET discoverable = true WHERE username = 'bob'").await;
    for _ in 0..2 {
        zoe.deliver(&app, &request).await;
        app.run_jobs().await;
    }
    let answers = there.take_arrived();
    assert_eq!(answers.len(), 2);
    let accept = &answers[0].activity;
    assert_eq!((&accept["type"], &accept["object"]), (&json!("Accept"), &request["id"]));
    assert_eq!(accept["result"], answers[1].activity["result"]);
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE type = 'added_to_collection'").await, 1);
    let stamp_uri = accept["result"].as_str().unwrap();
    let path = stamp_uri.strip_prefix("https://here.example").unwrap();
    let stamp = app.get(path).await.ok();
    assert_eq!((&stamp["interactingObject"], &stamp["interactionTarget"]), (&request["instrument"], &json!(uri)));

    publishes(&app, &zoe, &collection(&zoe, &[item(&zoe, 1, &uri, stamp_uri)])).await;
    assert_eq!(app.count("SELECT count(*) FROM collection_items WHERE uri IS NOT NULL AND state = 1").await, 1);
    let listed = bob.get(&format!("/api/v1/accounts/{}/in_collections", bob.id())).await.ok();
    let (collection_id, item_id) =
        (listed["collections"][0]["id"].as_str().unwrap(), listed["collections"][0]["items"][0]["id"].as_str().unwrap());
    bob.post(&format!("/api/v1/collections/{collection_id}/items/{item_id}/revoke"), json!({})).await;
    app.run_jobs().await;
    let delete = there.take_arrived().pop().expect("a Delete").activity;
    assert_eq!((&delete["type"], &delete["object"]["id"]), (&json!("Delete"), &json!(stamp_uri)));
    assert!(delete["signature"].is_object(), "others can believe it too");
    assert_eq!(app.get(path).await.status, 404);
    zoe.deliver(&app, &request).await;
    app.run_jobs().await;
    assert_eq!(there.take_arrived().pop().expect("an answer").activity["type"], "Reject", "no means no");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_elsewhere_is_asked_and_everybody_learns_of_it_once_it_agreed() {
    let network = Network::new(&["here.example", "there.example", "elsewhere.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let (there, elsewhere) = (RemoteServer::start(&network, "there.example"), RemoteServer::start(&network, "elsewhere.example"));
    let alice = app.account("alice").await;
    let (zoe, fan) = (there.actor("zoe"), elsewhere.actor("fan"));
    let zoe_id = alice.finds(&zoe.acct()).await;
    fan.deliver(&app, &fan.activity("Follow", json!(uri_of(&alice).await))).await;
    app.run_jobs().await;
    run(&app, "UPDATE accounts SET feature_approval_policy = 2 << 16 WHERE username = 'zoe'").await;
    let params = json!({ "name": "people", "sensitive": false, "discoverable": true, "account_ids": [zoe_id] });
    let made = alice.post("/api/v1/collections", params).await.ok();
    assert_eq!(made["collection"]["items"][0]["state"], "pending");
    app.run_jobs().await;
    let asked = there.take_arrived().into_iter().map(|arrived| arrived.activity);
    let request = asked.into_iter().find(|activity| activity["type"] == "FeatureRequest").expect("a request");
    assert_eq!((&request["object"], &request["instrument"]), (&json!(zoe.url), &made["collection"]["uri"]));
    ld_signature::verify(&request, &PublicKey::from_pem(&alice_key(&app).await).unwrap()).unwrap();
    let _ = elsewhere.take_arrived();

    let stamp = "https://there.example/stamps/1";
    let mut accept = zoe.activity("Accept", request["id"].clone());
    accept["result"] = json!("https://elsewhere.example/stamps/1");
    zoe.deliver(&app, &accept).await;
    app.run_jobs().await;
    assert_eq!(app.count(SHOWN).await, 0, "a stamp of another host");
    accept["result"] = json!(stamp);
    fan.deliver(&app, &{
        let mut forged = fan.activity("Accept", request["id"].clone());
        forged["result"] = json!("https://elsewhere.example/stamps/1");
        forged
    })
    .await;
    app.run_jobs().await;
    assert_eq!(app.count(SHOWN).await, 0, "somebody else's answer");
    for _ in 0..2 {
        zoe.deliver(&app, &accept).await;
        app.run_jobs().await;
    }
    assert_eq!(app.count(SHOWN).await, 1);
    let told: Vec<Value> = elsewhere.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["type"], &told[0]["object"]["featureAuthorization"]), (&json!("Add"), &json!(stamp)));
    let document = app.get(made["collection"]["uri"].as_str().unwrap().strip_prefix("https://here.example").unwrap()).await.ok();
    assert_eq!((&document["totalItems"], &document["orderedItems"][0]["featuredObject"]), (&json!(1), &json!(zoe.url)));

    for _ in 0..2 {
        zoe.deliver(&app, &zoe.activity("Delete", stamp_object(stamp))).await;
        app.run_jobs().await;
    }
    assert_eq!(app.count("SELECT count(*) FROM collection_items WHERE state = 3").await, 1);
    let told: Vec<Value> = elsewhere.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    assert_eq!(told.iter().filter(|activity| activity["type"] == "Remove").count(), 1, "{told:?}");
}

fn stamp_object(id: &str) -> Value {
    json!({ "id": id, "type": "FeatureAuthorization" })
}

async fn alice_key(app: &TestApp) -> String {
    let key: String = sqlx::query_scalar("SELECT public_key FROM accounts WHERE username = 'alice' AND domain IS NULL")
        .fetch_one(&mut *app.conn().await)
        .await
        .unwrap();
    if key.is_empty() { TestKey::local().public_pem.clone() } else { key }
}
