//! Two rows of one account elsewhere. `crates/services/src/merge_accounts.rs`, `worker/src/jobs/merge_accounts.rs`

use jobs::account::MergeAccounts;
use serde_json::{Value, json};
use testing::{Network, Person, RemoteServer, TestApp};

async fn sql(app: &TestApp, statement: &'static str) {
    sqlx::query(statement).execute(&mut *app.conn().await).await.unwrap();
}

async fn me(person: &Person) -> Value {
    person.get("/api/v1/accounts/verify_credentials").await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belonged_to_either_row_belongs_to_the_one_that_stays_and_is_counted_once() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (old, new) = (there.actor("old"), there.actor("new"));
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let post = alice.posts("for both").await;
    // Alice follows both, bob only the one that goes; both favour one post and boost it, and write to alice.
    alice.follows(&there, &old, json!({})).await;
    let (kept, _) = alice.follows(&there, &new, json!({})).await;
    let (gone, _) = bob.follows(&there, &old, json!({ "notify": true, "reblogs": false })).await;
    let list = alice.post("/api/v1/lists", json!({ "title": "friends" })).await.ok()["id"].as_str().unwrap().to_owned();
    alice.post(&format!("/api/v1/lists/{list}/accounts"), json!({ "account_ids": [gone] })).await.ok();
    let uri = format!("https://here.example/users/{}", alice.username);
    for actor in [&old, &new] {
        actor.deliver(&app, &actor.activity("Follow", json!(uri))).await;
        actor.deliver(&app, &actor.activity("Like", post["uri"].clone())).await;
        let mut boost = actor.activity("Announce", post["uri"].clone());
        boost["to"] = json!(["https://www.w3.org/ns/activitystreams#Public"]);
        actor.deliver(&app, &boost).await;
        let mut direct = actor.note("to alice", &[(uri.clone(), alice.acct())]);
        direct["to"] = json!([uri]);
        direct["cc"] = json!([]);
        actor.deliver(&app, &actor.activity("Create", direct)).await;
    }
    app.run_jobs().await;
    bob.post(&format!("/api/v1/accounts/{gone}/note"), json!({ "comment": "plays the oboe" })).await.ok();
    let counts = |status: &Value| ["favourites_count", "reblogs_count"].map(|name| status[name].as_i64());
    let path = format!("/api/v1/statuses/{}", post["id"].as_str().unwrap());
    assert_eq!(counts(&alice.get(&path).await.ok()), [Some(2); 2]);
    assert_eq!(me(&alice).await["followers_count"], 2);

    let _ = there.take_arrived();
    sql(&app, "UPDATE accounts SET uri = (SELECT uri FROM accounts WHERE username = 'new') WHERE username = 'old' AND domain IS NOT NULL").await;
    let job = MergeAccounts { account_id: kept.parse().unwrap() };
    for _ in 0..2 {
        jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
        app.run_jobs().await;
    }

    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
    assert_eq!(alice.get(&format!("/api/v1/accounts/{gone}")).await.status, 404);
    assert_eq!(counts(&alice.get(&path).await.ok()), [Some(1); 2]);
    let alice_now = me(&alice).await;
    assert_eq!((&alice_now["followers_count"], &alice_now["following_count"]), (&json!(1), &json!(1)));
    assert_eq!(me(&bob).await["following_count"], 1);
    let relation = bob.get(&format!("/api/v1/accounts/relationships?id[]={kept}")).await.ok()[0].clone();
    assert_eq!(
        (&relation["following"], &relation["notifying"], &relation["showing_reblogs"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert_eq!(relation["note"], "plays the oboe");
    let members = alice.get(&format!("/api/v1/lists/{list}/accounts")).await.ok();
    assert_eq!((members.as_array().map(Vec::len), &members[0]["id"]), (Some(1), &json!(kept)), "{members}");
    assert_eq!(app.count("SELECT count(*) FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE a.username = 'new' AND s.reblog_of_id IS NULL").await, 2);
    let talks = alice.get("/api/v1/conversations").await.ok();
    assert!(talks.as_array().unwrap().iter().all(|talk| talk["accounts"][0]["id"] == json!(kept)), "{talks}");
    let told = alice.get("/api/v1/notifications").await.ok();
    assert!(told.as_array().unwrap().iter().all(|one| one["account"]["id"] == json!(kept)), "{told}");
    assert_eq!(app.count("SELECT count(*) FROM notifications WHERE type = 'follow'").await, 1);
    assert!(there.take_arrived().is_empty(), "the other server knows nothing of our rows");
}
