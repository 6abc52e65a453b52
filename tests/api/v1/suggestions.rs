//! `server/api/src/{v1,v2}/suggestions`

use std::collections::BTreeSet;

use jobs::maintenance::{Maintenance, Task};
use serde_json::{Value, json};
use testing::{Person, TestApp};

const SUGGESTIONS: &str = "/api/v2/suggestions";

fn names(list: &Value) -> BTreeSet<&str> {
    list.as_array().unwrap().iter().map(|one| one["account"]["username"].as_str().unwrap()).collect()
}

async fn act(person: &Person, other: &Person, verb: &str) {
    person.post(&format!("/api/v1/accounts/{}/{verb}", other.id()), json!({})).await.ok();
}

/// Alice follows Bob, who follows Carol and Dave for all to see.
async fn friends(app: &TestApp) -> [Person; 4] {
    let people = [app.account("alice").await, app.account("bob").await, app.account("carol").await, app.account("dave").await];
    let [alice, bob, carol, dave] = &people;
    bob.put("/api/v1/profile", json!({ "hide_collections": false })).await.ok();
    act(bob, carol, "follow").await;
    act(bob, dave, "follow").await;
    act(alice, bob, "follow").await;
    people
}

#[tokio::test]
async fn friends_of_friends_are_suggested_until_they_are_followed_or_dismissed() {
    let app = TestApp::new().await;
    let [alice, _bob, carol, dave] = friends(&app).await;
    let found = alice.get(SUGGESTIONS).await.ok();
    assert_eq!(names(&found), BTreeSet::from(["carol", "dave"]));
    assert_eq!((&found[0]["source"], &found[0]["sources"]), (&json!("past_interactions"), &json!(["friends_of_friends"])));
    for _ in 0..2 {
        alice.delete(&format!("/api/v1/suggestions/{}", carol.id())).await.ok();
    }
    assert_eq!(app.count("SELECT count(*) FROM follow_recommendation_mutes").await, 1);
    assert_eq!(names(&alice.get(SUGGESTIONS).await.ok()), BTreeSet::from(["dave"]));
    act(&alice, &dave, "follow").await;
    assert_eq!(alice.get(SUGGESTIONS).await.ok(), json!([]));
    act(&alice, &dave, "unfollow").await;
    assert_eq!(names(&alice.get(SUGGESTIONS).await.ok()), BTreeSet::from(["dave"]));
}

#[tokio::test]
async fn pages_follow_each_other_and_whoever_blocks_the_viewer_meanwhile_is_left_out() {
    let app = TestApp::new().await;
    let [alice, _bob, carol, _dave] = friends(&app).await;
    let page = async |offset: u32| alice.get(&format!("/api/v1/suggestions?limit=1&offset={offset}")).await.ok();
    let (first, second) = (page(0).await, page(1).await);
    assert_ne!(first[0]["id"], second[0]["id"]);
    assert_eq!((page(0).await, page(2).await), (first, json!([])));
    act(&carol, &alice, "block").await;
    assert_eq!(names(&alice.get(SUGGESTIONS).await.ok()), BTreeSet::from(["dave"]));
    app.kill_redis();
    assert_eq!(names(&alice.get(SUGGESTIONS).await.ok()), BTreeSet::from(["dave"]));
}

#[tokio::test]
async fn who_hides_whom_they_follow_suggests_nobody() {
    let app = TestApp::new().await;
    let [alice, bob, ..] = friends(&app).await;
    bob.put("/api/v1/profile", json!({ "hide_collections": true })).await.ok();
    assert_eq!(alice.get(SUGGESTIONS).await.ok(), json!([]));
}

#[tokio::test]
async fn what_is_popular_and_what_the_administrator_chose_is_suggested_with_both_reasons() {
    let app = TestApp::new().await;
    let (star, viewer) = (app.account("star").await, app.account("viewer").await);
    app.account("chosen").await;
    star.posts("look at me").await;
    for n in 0..5 {
        let fan = app.account(&format!("fan{n}")).await;
        act(&fan, &star, "follow").await;
    }
    sqlx::query("UPDATE users SET current_sign_in_at = now()").execute(&mut *app.conn().await).await.unwrap();
    sqlx::query(
        "INSERT INTO settings (var, value, created_at, updated_at)
         VALUES ('bootstrap_timeline_accounts', '--- chosen,@STAR,nobody@far.example\n', now(), now())",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    jobs::enqueue(&mut *app.conn().await, &Maintenance { task: Task::RefreshRecommendations }).await.unwrap();
    app.run_jobs().await;
    let found = viewer.get(SUGGESTIONS).await.ok();
    assert_eq!(names(&found), BTreeSet::from(["chosen", "star"]));
    let about = |name: &str| found.as_array().unwrap().iter().find(|one| one["account"]["username"] == name).unwrap().clone();
    assert_eq!(about("star")["sources"], json!(["featured", "most_followed"]));
    assert_eq!((&about("chosen")["source"], &about("chosen")["sources"]), (&json!("staff"), &json!(["featured"])));
}
