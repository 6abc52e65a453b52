//! What moderators do to single accounts, and who may. `crates/services/src/moderate_account`

use futures_util::future::join_all;
use serde_json::{Value, json};
use testing::fixture::account;
use testing::{Answer, Person, TestApp};

use super::{staff, with_permissions};

const MANAGE_REPORTS: u8 = 4;
const MANAGE_USERS: u8 = 10;
const DELETE_USER_DATA: u8 = 19;

async fn act(by: &Person, target: &str, kind: &str, rest: Value) -> Answer {
    let mut params = json!({ "type": kind });
    params.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    by.post(&format!("/api/v1/admin/accounts/{target}/action"), params).await
}

async fn undo(by: &Person, target: &str, deed: &str) -> Answer {
    by.post(&format!("/api/v1/admin/accounts/{target}/{deed}"), json!({})).await
}

async fn shown(by: &Person, target: &str) -> Value {
    by.get(&format!("/api/v1/admin/accounts/{target}")).await.ok()
}

/// What the audit log says, oldest first.
async fn log(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT action || ' ' || target_type || ' ' || human_identifier FROM admin_action_logs ORDER BY id")
        .fetch_all(&mut *app.conn().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn each_measure_shows_is_written_down_and_can_be_taken_back() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let alice = app.account("alice").await;
    for (kind, state, deed) in [
        ("sensitive", "sensitized", "unsensitive"),
        ("silence", "silenced", "unsilence"),
        ("disable", "disabled", "enable"),
        ("suspend", "suspended", "unsuspend"),
    ] {
        act(&chief, &alice.id(), kind, json!({ "text": "because" })).await.ok();
        assert_eq!(shown(&chief, &alice.id()).await[state], true, "{kind}");
        assert_eq!(undo(&chief, &alice.id(), deed).await.ok()[state], false, "{deed}");
    }
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.dead").await, 0);
    assert_eq!(
        log(&app).await,
        [
            "sensitive Account alice",
            "unsensitive Account alice",
            "silence Account alice",
            "unsilence Account alice",
            "disable User alice",
            "enable User alice",
            "suspend Account alice",
            "unsuspend Account alice",
        ]
    );
    // Each was a strike, and alice was told of all but the one during which nothing reached her.
    assert_eq!(app.count("SELECT count(*) FROM account_warnings WHERE text = 'because' AND action > 0").await, 4);
    let told = alice.get("/api/v1/notifications?types[]=moderation_warning").await.ok();
    assert_eq!(told.as_array().map(Vec::len), Some(3), "{told}");
}

#[tokio::test]
async fn a_warning_does_nothing_but_tell() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let alice = app.account("alice").await;
    sqlx::query(
        "INSERT INTO account_warning_presets (id, title, text, created_at, updated_at) VALUES (7, 't', 'be kind', now(), now())",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    act(&chief, &alice.id(), "none", json!({ "text": "please", "warning_preset_id": 7 })).await.ok();
    act(&chief, &alice.id(), "none", json!({ "text": "quietly", "send_email_notification": false })).await.ok();
    app.run_jobs().await;
    let told = alice.get("/api/v1/notifications").await.ok();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(
        (&told[0]["type"], &told[0]["moderation_warning"]["text"]),
        (&json!("moderation_warning"), &json!("be kind\n\nplease"))
    );
    act(&chief, &alice.id(), "none", json!({ "warning_preset_id": 8 })).await.expect(404);
    act(&chief, &alice.id(), "banish", json!({})).await.expect(422);
    assert_eq!(app.count("SELECT count(*) FROM account_warnings").await, 2);
}

#[tokio::test]
async fn nobody_moderates_who_ranks_as_high() {
    let app = TestApp::new().await;
    let low = with_permissions(&app, "low", 3, &[MANAGE_USERS, MANAGE_REPORTS]).await;
    let peer = with_permissions(&app, "peer", 3, &[MANAGE_USERS, MANAGE_REPORTS]).await;
    let high = with_permissions(&app, "high", 9, &[MANAGE_USERS, MANAGE_REPORTS]).await;
    let alice = app.account("alice").await;
    for kind in ["none", "disable", "sensitive", "silence", "suspend"] {
        act(&low, &peer.id(), kind, json!({ "text": "x" })).await.expect(403);
        act(&low, &high.id(), kind, json!({ "text": "x" })).await.expect(403);
        act(&low, &low.id(), kind, json!({ "text": "x" })).await.expect(403);
    }
    assert_eq!(app.count("SELECT count(*) FROM account_warnings").await, 0);
    assert_eq!(log(&app).await, Vec::<String>::new());
    act(&high, &low.id(), "silence", json!({})).await.ok();
    act(&low, &alice.id(), "silence", json!({})).await.ok();
}

#[tokio::test]
async fn moderating_accounts_takes_the_permission_and_the_scope() {
    let app = TestApp::new().await;
    let chief = with_permissions(&app, "chief", 9, &[MANAGE_USERS]).await;
    let other = with_permissions(&app, "other", 9, &[MANAGE_REPORTS]).await;
    let alice = app.account("alice").await;
    let path = format!("/api/v1/admin/accounts/{}", alice.id());
    other.get(&path).await.expect(403);
    app.get(&path).await.expect(403);
    chief.with_scopes("admin:read:accounts").await.get(&path).await.ok();
    act(&other, &alice.id(), "silence", json!({})).await.expect(403);
    for deed in ["enable", "unsensitive", "unsilence", "unsuspend", "approve", "reject"] {
        undo(&other, &alice.id(), deed).await.expect(403);
        undo(&chief.with_scopes("admin:read").await, &alice.id(), deed).await.expect(403);
        undo(&other, "999999", deed).await.expect(404);
    }
    chief.delete(&path).await.expect(403);
    act(&chief.with_scopes("admin:write:accounts").await, &alice.id(), "silence", json!({})).await.ok();
}

#[tokio::test]
async fn a_suspended_person_is_out_at_once_and_comes_back_with_all_they_had() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let status = alice.posts("hello").await;
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id()), json!({})).await.ok();
    app.run_jobs().await;
    // Several who are of one mind suspend once.
    let id = alice.id();
    for answer in join_all((0..4).map(|_| act(&chief, &id, "suspend", json!({})))).await {
        answer.ok();
    }
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM account_deletion_requests").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM canonical_email_blocks").await, 1);
    alice.get("/api/v1/accounts/verify_credentials").await.expect(403);
    let path = format!("/api/v1/statuses/{}", status["id"].as_str().unwrap());
    bob.get(&path).await.expect(404);
    assert_eq!(bob.get("/api/v1/timelines/home").await.ok(), json!([]));
    let canonical = json!({ "email": "A.lice+again@mail.example" });
    let met = chief.post("/api/v1/admin/canonical_email_blocks/test", canonical).await.ok();
    assert_eq!(met.as_array().map(Vec::len), Some(1));

    undo(&chief, &alice.id(), "unsuspend").await.ok();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM account_deletion_requests").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM canonical_email_blocks").await, 0);
    alice.get("/api/v1/accounts/verify_credentials").await.ok();
    bob.get(&path).await.ok();
    assert_eq!(bob.get("/api/v1/timelines/home").await.ok()[0]["id"], status["id"]);
    undo(&chief, &alice.id(), "unsuspend").await.expect(403);
}

#[tokio::test]
async fn a_disabled_login_works_no_more_but_the_account_stays() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let alice = app.account("alice").await;
    let status = alice.posts("hello").await;
    act(&chief, &alice.id(), "disable", json!({})).await.ok();
    let refused = alice.post("/api/v1/statuses", json!({ "status": "again" })).await.expect(403);
    assert_eq!(refused["error"], "Your login is currently disabled");
    app.get(&format!("/api/v1/statuses/{}", status["id"].as_str().unwrap())).await.ok();
    undo(&chief, &alice.id(), "enable").await.ok();
    alice.posts("again").await;
}

#[tokio::test]
async fn data_go_early_only_of_suspended_accounts_and_by_those_who_may() {
    let app = TestApp::new().await;
    let chief = with_permissions(&app, "chief", 9, &[MANAGE_USERS, DELETE_USER_DATA]).await;
    let alice = app.account("alice").await;
    alice.posts("hello").await;
    let path = format!("/api/v1/admin/accounts/{}", alice.id());
    chief.delete(&path).await.expect(403);
    act(&chief, &alice.id(), "suspend", json!({})).await.ok();
    chief.delete(&path).await.ok();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM statuses").await, 0);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'alice' AND suspended_at IS NOT NULL").await, 1);
    chief.delete(&path).await.expect(403);
}

#[tokio::test]
async fn only_a_sign_up_that_waits_is_let_in_or_turned_away() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let (alice, bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    sqlx::query("UPDATE users SET approved = false WHERE account_id = ANY($1)")
        .bind(vec![alice.account.id, bob.account.id])
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    assert_eq!(undo(&chief, &alice.id(), "approve").await.ok()["approved"], true);
    undo(&chief, &alice.id(), "approve").await.expect(403);
    undo(&chief, &carol.id(), "reject").await.expect(403);
    undo(&chief, &bob.id(), "reject").await.ok();
    app.run_jobs().await;
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE username = 'bob'").await, 0);
    assert_eq!(log(&app).await, ["approve User alice", "reject User bob"]);
}

#[tokio::test]
async fn an_account_of_another_server_has_no_login_to_take_away() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let zoe = account::remote_many(&mut *app.conn().await, "far.example", "zoe", 1).await[0].to_string();
    act(&chief, &zoe, "disable", json!({})).await.expect(403);
    for deed in ["enable", "approve", "reject"] {
        undo(&chief, &zoe, deed).await.expect(403);
    }
    act(&chief, &zoe, "silence", json!({})).await.ok();
    act(&chief, &zoe, "suspend", json!({})).await.ok();
    app.run_jobs().await;
    assert_eq!(log(&app).await, ["silence Account zoe1@far.example", "suspend Account zoe1@far.example"]);
    assert_eq!(app.count("SELECT count(*) FROM notifications").await, 0);
    // What its own server suspended is not for us to lift.
    sqlx::query("UPDATE accounts SET suspension_origin = 1 WHERE domain IS NOT NULL")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    undo(&chief, &zoe, "unsuspend").await.expect(403);
}

#[tokio::test]
async fn an_action_settles_all_reports_and_a_warning_only_its_own() {
    let app = TestApp::new().await;
    let chief = staff(&app, "chief", "Admin").await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let status = alice.posts("bad").await;
    let mut reports = Vec::new();
    for statuses in [json!([status["id"]]), json!([])] {
        let complaint = json!({ "account_id": alice.id(), "status_ids": statuses });
        reports.push(bob.post("/api/v1/reports", complaint).await.ok()["id"].as_str().unwrap().to_owned());
    }
    act(&chief, &alice.id(), "none", json!({ "report_id": reports[0], "text": "first" })).await.ok();
    assert_eq!(app.count("SELECT count(*) FROM reports WHERE action_taken_at IS NOT NULL").await, 1);
    // The strike keeps which posts it was about.
    let of_strike: Option<Vec<String>> =
        sqlx::query_scalar("SELECT status_ids FROM account_warnings").fetch_one(&mut *app.conn().await).await.unwrap();
    assert_eq!(of_strike, Some(vec![status["id"].as_str().unwrap().to_owned()]));
    act(&chief, &alice.id(), "silence", json!({})).await.ok();
    assert_eq!(app.count("SELECT count(*) FROM reports WHERE action_taken_at IS NULL").await, 0);
    // A report about somebody else is no reason.
    act(&chief, &bob.id(), "silence", json!({ "report_id": reports[0] })).await.expect(404);
    assert_eq!(app.count("SELECT count(*) FROM accounts WHERE silenced_at IS NOT NULL").await, 1);
}
