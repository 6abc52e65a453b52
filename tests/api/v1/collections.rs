//! `server/api/src/v1/collections`, `crates/services/src/collection`

use futures_util::future::join_all;
use serde_json::{Value, json};
use testing::fixture::account::remote_many;
use testing::{Person, TestApp};

const COLLECTIONS: &str = "/api/v1/collections";

async fn run(app: &TestApp, sql: &'static str) {
    sqlx::query(sql).execute(&mut *app.conn().await).await.unwrap();
}

async fn made(owner: &Person, name: &str) -> String {
    let params = json!({ "name": name, "sensitive": false, "discoverable": true });
    owner.post(COLLECTIONS, params).await.ok()["collection"]["id"].as_str().unwrap().to_owned()
}

async fn add(owner: &Person, collection: &str, account: &str) -> u16 {
    owner.post(&format!("{COLLECTIONS}/{collection}/items"), json!({ "account_id": account })).await.status.as_u16()
}

fn members(shown: &Value) -> Vec<&str> {
    shown["collection"]["items"].as_array().unwrap().iter().filter_map(|item| item["account_id"].as_str()).collect()
}

#[tokio::test]
async fn only_those_who_agree_can_be_put_into_a_collection() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let collection = made(&alice, "people").await;
    run(&app, "UPDATE accounts SET discoverable = NULL, locked = false WHERE username = 'bob'").await;
    assert_eq!(add(&alice, &collection, &bob.id()).await, 403, "not to be found");
    run(&app, "UPDATE accounts SET discoverable = true, locked = true WHERE username = 'bob'").await;
    assert_eq!(add(&alice, &collection, &bob.id()).await, 403, "locked, and not followed");
    run(&app, "UPDATE accounts SET locked = false WHERE username = 'bob'").await;
    bob.post(&format!("/api/v1/accounts/{}/block", alice.id()), json!({})).await.ok();
    assert_eq!(add(&alice, &collection, &bob.id()).await, 403, "blocks the owner");
    bob.post(&format!("/api/v1/accounts/{}/unblock", alice.id()), json!({})).await.ok();
    run(&app, "UPDATE accounts SET suspended_at = now() WHERE username = 'bob'").await;
    assert_eq!(add(&alice, &collection, &bob.id()).await, 403, "suspended");
    run(&app, "UPDATE accounts SET suspended_at = NULL WHERE username = 'bob'").await;
    assert_eq!(add(&alice, &collection, "1").await, 404);
    assert_eq!(add(&alice, &collection, &bob.id()).await, 200);
    assert_eq!(add(&alice, &collection, &bob.id()).await, 422);
    let there = remote_many(&mut *app.conn().await, "there.example", "zoe", 3).await;
    run(
        &app,
        "UPDATE accounts SET feature_approval_policy = CASE username WHEN 'zoe1' THEN 0 WHEN 'zoe2' THEN 4 << 16 ELSE 2 END
               WHERE domain = 'there.example'",
    )
    .await;
    let mut answers = Vec::new();
    for id in there {
        answers.push(add(&alice, &collection, &id.to_string()).await);
    }
    assert_eq!(answers, [403, 403, 200], "no policy, followers only, whoever asks");
    let shown = alice.get(&format!("{COLLECTIONS}/{collection}")).await.ok();
    assert_eq!(shown["collection"]["items"][1]["state"], "pending");
    let others = bob.get(&format!("{COLLECTIONS}/{collection}")).await.ok();
    assert_eq!(members(&others), [bob.id()], "who was asked is shown to the owner alone");
}

#[tokio::test]
async fn a_collection_holds_twenty_five_and_each_of_them_once_even_if_they_come_at_the_same_time() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let there: Vec<String> =
        remote_many(&mut *app.conn().await, "there.example", "zoe", 28).await.iter().map(ToString::to_string).collect();
    run(&app, "UPDATE accounts SET feature_approval_policy = 2 << 16 WHERE domain = 'there.example'").await;
    let params = json!({ "name": "many", "sensitive": false, "discoverable": true, "account_ids": &there[..26] });
    let refused = alice.post(COLLECTIONS, params).await.expect(422);
    assert_eq!(refused["error"]["details"]["collection_items"][0]["error"], "ERR_TOO_MANY");
    let params = json!({ "name": "many", "sensitive": false, "discoverable": true, "account_ids": &there[..22] });
    let collection = alice.post(COLLECTIONS, params).await.ok()["collection"]["id"].as_str().unwrap().to_owned();
    let more = there[21..].iter().chain(&there[21..]).map(|id| add(&alice, &collection, id));
    let accepted = join_all(more).await.iter().filter(|status| **status == 200).count();
    assert_eq!(accepted, 3);
    assert_eq!(app.count("SELECT count(DISTINCT account_id) FROM collection_items").await, 25);
    assert_eq!(app.count("SELECT item_count::bigint FROM collections").await, 25);
    assert_eq!(app.count("SELECT count(DISTINCT position) FROM collection_items").await, 25);
}

#[tokio::test]
async fn nobody_has_more_collections_than_the_role_allows_even_if_they_are_made_at_the_same_time() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let params = json!({ "name": "one", "sensitive": false, "discoverable": true });
    let answers = join_all((0..13).map(|_| alice.post(COLLECTIONS, params.clone()))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 422).collect();
    assert_eq!(refused.len(), 3);
    assert_eq!(refused[0].json()["error"]["details"]["base"][0]["error"], "ERR_TOO_MANY");
    assert_eq!(app.count("SELECT count(*) FROM collections").await, 10);
}

#[tokio::test]
async fn whoever_takes_the_consent_back_stands_there_no_more_and_cannot_be_put_back_at_once() {
    let app = TestApp::new().await;
    let (alice, bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    run(&app, "UPDATE accounts SET discoverable = true").await;
    let collection = made(&alice, "people").await;
    let items = format!("{COLLECTIONS}/{collection}/items");
    let item = alice.post(&items, json!({ "account_id": bob.id() })).await.ok()["collection_item"]["id"].clone();
    let item = item.as_str().unwrap();
    let stamp = format!("/ap/users/{}/feature_authorizations/{item}", bob.id());
    assert_eq!(app.get(&stamp).await.ok()["interactionTarget"].as_str().map(|uri| uri.ends_with(&bob.id())), Some(true));
    assert_eq!(carol.post(&format!("{items}/{item}/revoke"), json!({})).await.status, 403);
    assert_eq!(bob.delete(&format!("{items}/{item}")).await.status, 403);
    for _ in 0..2 {
        assert_eq!(bob.post(&format!("{items}/{item}/revoke"), json!({})).await.status, 200);
    }
    assert_eq!(app.get(&stamp).await.status, 404);
    assert!(members(&alice.get(&format!("{COLLECTIONS}/{collection}")).await.ok()).is_empty());
    assert_eq!(bob.get(&format!("/api/v1/accounts/{}/in_collections", bob.id())).await.ok(), json!({ "collections": [] }));
    assert_eq!(add(&alice, &collection, &bob.id()).await, 422);
    assert_eq!(
        alice.post(&format!("{items}/{item}/revoke"), json!({})).await.status,
        403,
        "the owner removes, the featured revoke"
    );
}

#[tokio::test]
async fn what_cannot_be_found_is_not_listed_and_who_is_blocked_sees_nothing() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let open = made(&alice, "open").await;
    let params = json!({ "name": "hidden", "sensitive": false, "discoverable": false });
    let hidden = alice.post(COLLECTIONS, params).await.ok()["collection"]["id"].as_str().unwrap().to_owned();
    let list = format!("/api/v1/accounts/{}/collections", alice.id());
    let ids = |listed: Value| {
        listed["collections"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(alice.get(&list).await.ok()), [hidden.clone(), open.clone()]);
    assert_eq!(ids(bob.get(&list).await.ok()), std::slice::from_ref(&open));
    assert_eq!(ids(app.get(&list).await.ok()), std::slice::from_ref(&open));
    assert_eq!(bob.get(&format!("{COLLECTIONS}/{hidden}")).await.status, 200, "whoever has the address may look");
    let second = alice.get(&format!("{list}?limit=1&offset=1")).await;
    assert_eq!(ids(second.ok()), std::slice::from_ref(&open));
    assert!(second.header("link").contains("offset=0>; rel=\"prev\""), "{}", second.header("link"));
    alice.post(&format!("/api/v1/accounts/{}/block", bob.id()), json!({})).await.ok();
    assert!(ids(bob.get(&list).await.ok()).is_empty());
    assert_eq!(bob.get(&format!("{COLLECTIONS}/{open}")).await.status, 403);
    run(&app, "UPDATE accounts SET suspended_at = now() WHERE username = 'alice'").await;
    assert!(ids(app.get(&list).await.ok()).is_empty());
    assert_eq!(app.get(&format!("{COLLECTIONS}/{open}")).await.status, 404);
    assert_eq!(app.get(&format!("/collections/{open}")).await.status, 404);
}

#[tokio::test]
async fn a_token_needs_the_scope_and_the_collection_must_be_ones_own() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    run(&app, "UPDATE accounts SET discoverable = true").await;
    let collection = made(&alice, "people").await;
    let path = format!("{COLLECTIONS}/{collection}");
    for scopes in ["read", "write:lists", "read:collections"] {
        let reader = alice.with_scopes(scopes).await;
        assert_eq!(reader.put(&path, json!({ "name": "other" })).await.status, 403, "{scopes}");
        assert_eq!(reader.delete(&path).await.status, 403, "{scopes}");
    }
    assert_eq!(alice.with_scopes("read:lists").await.get(&path).await.status, 403);
    assert_eq!(alice.with_scopes("read:collections").await.get(&path).await.status, 200);
    assert_eq!(bob.put(&path, json!({ "name": "mine" })).await.status, 403);
    assert_eq!(bob.delete(&path).await.status, 403);
    assert_eq!(add(&bob, &collection, &bob.id()).await, 403);
    let writer = alice.with_scopes("write:collections").await;
    assert_eq!(writer.put(&path, json!({ "name": "other" })).await.ok()["collection"]["name"], "other");
}

#[tokio::test]
async fn those_in_a_collection_hear_once_of_its_new_name_and_not_of_anything_else() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    run(&app, "UPDATE accounts SET discoverable = true").await;
    let collection = made(&alice, "people").await;
    add(&alice, &collection, &bob.id()).await;
    let path = format!("{COLLECTIONS}/{collection}");
    let told = "SELECT count(*) FROM notifications WHERE type = 'collection_update'";
    alice.put(&path, json!({ "sensitive": true, "tag_name": "#Not a tag", "language": "de" })).await.ok();
    assert_eq!(app.count(told).await, 0);
    alice.put(&path, json!({ "name": "people" })).await.ok();
    assert_eq!(app.count(told).await, 0, "it had that name already");
    for name in ["folk", "persons"] {
        alice.put(&path, json!({ "name": name })).await.ok();
    }
    assert_eq!(app.count(told).await, 1);
    let shown = bob.get(&path).await.ok();
    assert_eq!((&shown["collection"]["tag"]["name"], &shown["collection"]["sensitive"]), (&json!("notatag"), &json!(true)));
    alice.put(&path, json!({ "tag_name": null })).await.ok();
    assert_eq!(bob.get(&path).await.ok()["collection"]["tag"], json!(null));
    let wrong = alice.put(&path, json!({ "language": "klingonese" })).await.expect(422);
    assert_eq!(wrong["error"]["details"]["language"][0]["error"], "ERR_INVALID");
}
