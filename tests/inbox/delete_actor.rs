//! Accounts that go, ours and others'. `crates/services/src/delete_account.rs`, `worker/src/jobs/delete_account.rs`

use jobs::account::{AfterSuspensionChange, DeleteAccount};
use serde_json::{Value, json};
use testing::{Network, Person, RemoteActor, RemoteServer, TestApp};

async fn scene() -> (TestApp, RemoteServer, Person, RemoteActor, String) {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (alice, zoe) = (app.account("alice").await, there.actor("zoe"));
    let (id, _) = alice.follows(&there, &zoe, json!({})).await;
    zoe.deliver(&app, &zoe.activity("Follow", json!(uri_of(&alice)))).await;
    app.run_jobs().await;
    (app, there, alice, zoe, id)
}

fn uri_of(person: &Person) -> String {
    let (name, domain) = (&person.username, person.acct());
    format!("https://{}/users/{name}", domain.split_once('@').unwrap().1)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_another_server_deletes_leaves_nothing_and_is_counted_off() {
    let (app, _there, alice, zoe, id) = scene().await;
    let post = alice.posts("for zoe").await;
    app.run_jobs().await;
    let (uri, post) = (post["uri"].clone(), post["id"].as_str().unwrap().to_owned());
    let public = "https://www.w3.org/ns/activitystreams#Public";
    let mut answer = zoe.note("an answer", &[(uri_of(&alice), alice.acct())]);
    answer["inReplyTo"] = uri.clone();
    zoe.deliver(&app, &zoe.activity("Create", answer)).await;
    zoe.deliver(&app, &zoe.activity("Like", uri.clone())).await;
    let mut boost = zoe.activity("Announce", uri);
    boost["to"] = json!([public]);
    zoe.deliver(&app, &boost).await;
    app.run_jobs().await;
    let path = format!("/api/v1/statuses/{post}");
    let counts = |status: &Value| ["replies_count", "favourites_count", "reblogs_count"].map(|name| status[name].as_i64());
    assert_eq!(counts(&alice.get(&path).await.ok()), [Some(1); 3]);
    assert_eq!(app.count("SELECT count(DISTINCT type) FROM notifications").await, 4);

    zoe.deliver(&app, &zoe.activity("Delete", json!(zoe.url))).await;
    app.run_jobs().await;

    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE domain IS NOT NULL").await, 0);
    assert_eq!(alice.get(&format!("/api/v1/accounts/{id}")).await.status, 404);
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0);
    assert_eq!(counts(&alice.get(&path).await.ok()), [Some(0); 3]);
    let me = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((me["followers_count"].as_i64(), me["following_count"].as_i64()), (Some(0), Some(0)));
    let home = alice.get("/api/v1/timelines/home").await.ok();
    assert_eq!(home.as_array().map(Vec::len), Some(1), "only her own: {home}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_account_that_is_deleted_is_empty_keeps_its_name_and_others_are_told_once() {
    let (app, there, alice, zoe, _) = scene().await;
    let bob = app.account("bob").await;
    let post = alice.posts("soon gone").await;
    bob.post(&format!("/api/v1/statuses/{}/reblog", post["id"].as_str().unwrap()), json!({})).await.ok();
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id()), json!({})).await.ok();
    app.run_jobs().await;
    let _ = there.take_arrived();
    let job = DeleteAccount {
        account_id: alice.account.id,
        reserve_username: true,
        free_address: false,
        skip_activitypub: false,
        domain_block: None,
    };
    jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
    app.run_jobs().await;

    let deletes: Vec<_> = there.take_arrived().into_iter().filter(|arrived| arrived.activity["type"] == "Delete").collect();
    assert_eq!(deletes.len(), 1, "{zoe:?} has one server", zoe = zoe.url);
    assert_eq!(deletes[0].activity["object"], deletes[0].activity["actor"]);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0, "her post and bob's boost of it");
    assert_eq!(app.count("SELECT count(*) FROM follows").await, 0);
    let left = "SELECT count(*) FROM accounts a JOIN users u ON u.account_id = a.id
                WHERE a.username = 'alice' AND a.suspended_at IS NOT NULL AND u.disabled";
    assert_eq!(app.count(left).await, 1);
    let me = bob.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((me["statuses_count"].as_i64(), me["following_count"].as_i64()), (Some(0), Some(0)));
    assert_ne!(alice.get("/api/v1/accounts/verify_credentials").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_elsewhere_that_a_moderator_deletes_stays_suspended() {
    let (app, _there, alice, zoe, id) = scene().await;
    let account_id = id.parse().unwrap();
    sqlx::query("UPDATE accounts SET suspended_at = now(), suspension_origin = 0 WHERE id = $1")
        .bind(account_id)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    let job =
        DeleteAccount { account_id, reserve_username: true, free_address: false, skip_activitypub: false, domain_block: None };
    jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
    app.run_jobs().await;
    zoe.deliver(&app, &zoe.activity("Create", zoe.note("back again", &[(uri_of(&alice), alice.acct())]))).await;
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE domain IS NOT NULL AND suspension_origin = 0").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_runs_twice_counts_off_once() {
    let (app, _there, alice, _zoe, id) = scene().await;
    let job = DeleteAccount {
        account_id: id.parse().unwrap(),
        reserve_username: true,
        free_address: false,
        skip_activitypub: true,
        domain_block: None,
    };
    for _ in 0..2 {
        jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
        app.run_jobs().await;
    }
    let me = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((me["followers_count"].as_i64(), me["following_count"].as_i64()), (Some(0), Some(0)));
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_what_the_account_elsewhere_followed_and_clears_it_from_feeds_until_it_is_lifted() {
    let (app, there, alice, zoe, id) = scene().await;
    zoe.deliver(&app, &zoe.activity("Create", zoe.note("shouting", &[]))).await;
    app.run_jobs().await;
    assert_eq!(alice.get("/api/v1/timelines/home").await.ok().as_array().map(Vec::len), Some(1));
    let _ = there.take_arrived();
    let account_id = id.parse().unwrap();
    for (sql, left) in [
        ("UPDATE accounts SET suspended_at = now(), suspension_origin = 0 WHERE id = $1", 0),
        ("UPDATE accounts SET suspended_at = NULL, suspension_origin = NULL WHERE id = $1", 1),
    ] {
        sqlx::query(sql).bind(account_id).execute(&mut *app.conn().await).await.unwrap();
        jobs::enqueue(&mut *app.conn().await, &AfterSuspensionChange { account_id }).await.unwrap();
        app.run_jobs().await;
        let held = kv::feed::all(&app.app().kv, kv::feed::FeedKey::Home(alice.account.id)).await.unwrap();
        assert_eq!(held.len(), left, "{sql}");
    }
    let rejected = there.take_arrived().into_iter().filter(|arrived| arrived.activity["type"] == "Reject").count();
    assert_eq!(rejected, 1);
    let me = alice.get("/api/v1/accounts/verify_credentials").await.ok();
    assert_eq!((me["followers_count"].as_i64(), me["following_count"].as_i64()), (Some(0), Some(1)));
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test]
async fn posts_that_an_open_report_names_stay_for_the_moderators_when_an_account_is_emptied() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let (bad, fine) = (bob.posts("an insult").await, bob.posts("a greeting").await);
    let params = json!({ "account_id": bob.id(), "status_ids": [bad["id"]] });
    alice.post("/api/v1/reports", params).await.ok();
    let job = DeleteAccount {
        account_id: bob.account.id,
        reserve_username: true,
        free_address: false,
        skip_activitypub: false,
        domain_block: None,
    };
    jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM statuses WHERE text = 'an insult'").await, 1);
    for post in [&bad, &fine] {
        assert_eq!(alice.get(&format!("/api/v1/statuses/{}", post["id"].as_str().unwrap())).await.status, 404);
    }

    sqlx::query("UPDATE reports SET action_taken_at = now()").execute(&mut *app.conn().await).await.unwrap();
    jobs::enqueue(&mut *app.conn().await, &job).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'bob'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}
