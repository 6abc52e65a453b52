//! What goes by age. `worker/src/jobs/clean_up.rs`

use jobs::maintenance::{CleanUp, DeleteSuspended};
use serde_json::json;
use testing::{Network, RemoteServer, TestApp};

async fn run(app: &TestApp, sql: &'static [&'static str]) {
    for sql in sql {
        sqlx::query(*sql).execute(&mut *app.conn().await).await.unwrap();
    }
    jobs::enqueue(&mut *app.conn().await, &CleanUp {}).await.unwrap();
    jobs::enqueue(&mut *app.conn().await, &DeleteSuspended {}).await.unwrap();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
}

#[tokio::test]
async fn who_never_confirmed_goes_after_seven_days_and_not_sooner() {
    let app = TestApp::new().await;
    for name in ["alice", "late", "slow"] {
        app.account(name).await;
    }
    run(
        &app,
        &[
            "UPDATE users SET confirmed_at = NULL, confirmation_sent_at = now() - interval '8 days'
             WHERE account_id IN (SELECT id FROM accounts WHERE username = 'late')",
            "UPDATE users SET confirmed_at = NULL, confirmation_sent_at = now() - interval '6 days'
             WHERE account_id IN (SELECT id FROM accounts WHERE username = 'slow')",
        ],
    )
    .await;
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username IN ('alice', 'slow')").await, 2);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'late'").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM users").await, 2);
}

#[tokio::test]
async fn a_suspended_account_is_emptied_after_thirty_days_and_not_sooner() {
    let app = TestApp::new().await;
    for name in ["old", "young"] {
        app.account(name).await.posts("hello").await;
    }
    run(
        &app,
        &[
            "UPDATE accounts SET suspended_at = now(), suspension_origin = 0 WHERE username IN ('old', 'young')",
            "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
             SELECT id, now() - CASE username WHEN 'old' THEN interval '31 days' ELSE interval '29 days' END, now()
             FROM accounts WHERE username IN ('old', 'young')",
        ],
    )
    .await;
    let of_old = "SELECT count(*) FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE a.username = 'old'";
    let of_young = "SELECT count(*) FROM statuses s JOIN accounts a ON a.id = s.account_id WHERE a.username = 'young'";
    assert_eq!((app.count(of_old).await, app.count(of_young).await), (0, 1));
    assert_eq!(app.count("SELECT count(*) FROM account_deletion_requests").await, 1);
}

#[tokio::test]
async fn dead_tokens_and_old_addresses_go_and_what_is_in_use_stays() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    run(
        &app,
        &[
            "UPDATE oauth_access_tokens SET revoked_at = now() - interval '1 hour'
             WHERE resource_owner_id IN (SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.username = 'bob')",
            "UPDATE users SET sign_up_ip = '192.0.2.1', created_at = now() - interval '2 years'
             WHERE account_id IN (SELECT id FROM accounts WHERE username = 'bob')",
            "UPDATE users SET sign_up_ip = '192.0.2.2' WHERE account_id IN (SELECT id FROM accounts WHERE username = 'alice')",
        ],
    )
    .await;
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await.status, 200);
    assert_eq!(bob.get("/api/v1/accounts/verify_credentials").await.status, 401);
    assert_eq!(app.count("SELECT count(*) FROM oauth_access_tokens WHERE revoked_at IS NOT NULL").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM users WHERE sign_up_ip IS NOT NULL").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_takes_long_is_begun_once() {
    let network = Network::new(&["here.example", "there.example"]).await;
    let app = TestApp::in_network(&network, "here.example").await;
    let there = RemoteServer::start(&network, "there.example");
    let (old, zoe) = (app.account("old").await, there.actor("zoe"));
    zoe.deliver(&app, &zoe.activity("Follow", json!(format!("https://here.example/users/{}", old.username)))).await;
    app.run_jobs().await;
    let _ = there.take_arrived();
    // The timetable comes round again before the second part of the deletion runs.
    for sql in [
        "UPDATE accounts SET suspended_at = now(), suspension_origin = 0 WHERE username = 'old'",
        "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
         SELECT id, now() - interval '31 days', now() FROM accounts WHERE username = 'old'",
        "INSERT INTO ferrodon.job (lane, kind, args, max_attempts, run_at)
         SELECT 'pull', 'delete_account', json_build_object('account_id', id, 'reserve_username', true, 'skip_activitypub', false)::text,
           1, now() FROM accounts WHERE username = 'old'",
    ] {
        sqlx::query(sql).execute(&mut *app.conn().await).await.unwrap();
    }
    run(&app, &[]).await;
    let deletes = there.take_arrived().into_iter().filter(|arrived| arrived.activity["type"] == "Delete").count();
    assert_eq!(deletes, 1);
}
