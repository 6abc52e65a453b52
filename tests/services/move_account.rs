//! `crates/services/src/move_account.rs`

use chrono::TimeDelta;
use serde_json::json;
use services::move_account;
use testing::{Network, RemoteServer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_moves_only_where_it_is_named_followers_go_along_and_others_hear_first_the_profile_then_the_move() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (zoe, fan) = (there.actor("zoe"), there.actor("fan"));
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id()), json!({})).await.ok();
    fan.deliver(&app, &fan.activity("Follow", json!(format!("https://here.example/ap/users/{}", alice.id())))).await;
    app.run_jobs().await;
    let target: i64 = alice.finds(&zoe.acct()).await.parse().unwrap();
    let _ = there.take_arrived();
    let renderer = &app.app().renderer;
    let now = app.app().clock.now_naive();

    let mut tx = app.app().db.begin().await.unwrap();
    assert!(move_account::plan(&mut tx, renderer, alice.account.id, alice.account.id, now).await.is_err(), "to itself");
    assert!(move_account::plan(&mut tx, renderer, alice.account.id, target, now).await.is_err(), "zoe does not name alice");
    let uri = format!("https://here.example/ap/users/{}", alice.id());
    sqlx::query("UPDATE accounts SET also_known_as = ARRAY[$2] WHERE id = $1")
        .bind(target)
        .bind(&uri)
        .execute(&mut *tx)
        .await
        .unwrap();
    let migration = move_account::plan(&mut tx, renderer, alice.account.id, target, now).await.unwrap();
    move_account::carry_out(&mut tx, migration).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;

    let sent: Vec<_> = there.take_arrived().into_iter().map(|arrived| arrived.activity).collect();
    let kinds: Vec<&str> = sent.iter().filter_map(|activity| activity["type"].as_str()).collect();
    let place = |kind: &str| kinds.iter().position(|known| *known == kind);
    assert!(place("Update") < place("Move") && place("Update").is_some() && place("Follow").is_some(), "{kinds:?}");
    let told = &sent[place("Move").unwrap()];
    assert_eq!((&told["object"], &told["target"]), (&json!(uri), &json!(zoe.url)));
    let shown = bob.get(&format!("/api/v1/accounts/{}", alice.id())).await.ok();
    assert_eq!(shown["moved"]["id"], target.to_string());

    let mut tx = app.app().db.begin().await.unwrap();
    let early = now + TimeDelta::days(29);
    assert!(move_account::plan(&mut tx, renderer, alice.account.id, target, early).await.is_err(), "less than 30 days later");
    assert_eq!(move_account::last(&mut tx, alice.account.id).await.unwrap(), Some(migration));
    assert_eq!(move_account::leads_to(&mut tx, alice.account.id).await.unwrap(), Some(target));
}
