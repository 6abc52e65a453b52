//! Mailboxes, their providers and network addresses. `crates/services/src/block_{address,email_domain}.rs`

use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, header};
use serde_json::{Value, json};
use services::create_account::{Credentials, MailServers, NewAccount, create_account};
use testing::{Answer, Person, TestApp, fixture};

use super::{staff, with_permissions};

const ADMIN: &str = "/api/v1/admin";

/// Domains of these tests that are known without asking.
async fn server() -> TestApp {
    let known = ["fine", "junk", "mx.junk", "odd", "mail"].map(|name| format!("{name}.example=127.0.0.1:9"));
    TestApp::builder().variable("FERRODON_HOSTS", &known.join(",")).start().await
}

/// An app signs somebody up from this address.
async fn sign_up(app: &TestApp, token: &str, username: &str, email: &str, from: &str) -> Answer {
    let params =
        json!({ "username": username, "email": email, "password": "a long password", "agreement": true, "locale": "en" });
    let request = Request::post("/api/v1/accounts")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-forwarded-for", from)
        .body(Body::from(params.to_string()))
        .unwrap();
    app.send(request).await
}

/// A server with open registrations and an app that may sign people up.
async fn open(app: &TestApp) -> String {
    let mut conn = app.conn().await;
    sqlx::query(
        "INSERT INTO settings (var, value, created_at, updated_at) VALUES ('registrations_mode', E'--- open\n', now(), now())",
    )
    .execute(&mut *conn)
    .await
    .unwrap();
    let somebody = fixture::account::local(&mut conn, "maker").await;
    let token = fixture::token::insert(&mut conn, somebody.user_id, "read write").await;
    sqlx::query("UPDATE oauth_access_tokens SET resource_owner_id = NULL WHERE token = $1")
        .bind(&token)
        .execute(&mut *conn)
        .await
        .unwrap();
    token
}

async fn create(by: &Person, kind: &str, params: Value) -> Value {
    by.post(&format!("{ADMIN}/{kind}"), params).await.ok()
}

async fn delete(by: &Person, kind: &str, row: &Value) {
    by.delete(&format!("{ADMIN}/{kind}/{}", row["id"].as_str().unwrap())).await.ok();
}

#[tokio::test]
async fn nobody_signs_up_with_a_refused_provider_or_one_below_it() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    let token = open(&app).await;
    let rule = create(&chief, "email_domain_blocks", json!({ "domain": "Junk.example" })).await;
    assert_eq!((&rule["domain"], &rule["allow_with_approval"]), (&json!("junk.example"), &json!(false)));
    for address in ["a@junk.example", "a@mx.junk.example"] {
        let refused = sign_up(&app, &token, "newbie", address, "192.0.2.1").await.expect(422);
        assert_eq!(refused["details"]["email"][0]["error"], "ERR_BLOCKED", "{refused}");
    }
    // The attempts are told, by how many addresses.
    sign_up(&app, &token, "newbie", "a@junk.example", "192.0.2.2").await.expect(422);
    let shown = chief.get(&format!("{ADMIN}/email_domain_blocks/{}", rule["id"].as_str().unwrap())).await.ok();
    assert_eq!((&shown["history"][0]["uses"], &shown["history"][0]["accounts"]), (&json!("3"), &json!("2")));
    delete(&chief, "email_domain_blocks", &rule).await;
    sign_up(&app, &token, "newbie", "a@junk.example", "192.0.2.1").await.ok();
}

#[tokio::test]
async fn people_of_some_providers_and_addresses_wait_for_approval() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    let token = open(&app).await;
    create(&chief, "email_domain_blocks", json!({ "domain": "odd.example", "allow_with_approval": true })).await;
    create(&chief, "ip_blocks", json!({ "ip": "198.51.100.0/24", "severity": "sign_up_requires_approval" })).await;
    sign_up(&app, &token, "one", "one@odd.example", "192.0.2.1").await.ok();
    sign_up(&app, &token, "two", "two@fine.example", "198.51.100.7").await.ok();
    sign_up(&app, &token, "three", "three@fine.example", "192.0.2.1").await.ok();
    let waiting = "SELECT string_agg(a.username, ' ' ORDER BY a.username) FROM users u JOIN accounts a ON a.id = u.account_id
                   WHERE NOT u.approved";
    let waiting: Option<String> = sqlx::query_scalar(waiting).fetch_one(&mut *app.conn().await).await.unwrap();
    assert_eq!(waiting.as_deref(), Some("one two"));
}

#[tokio::test]
async fn a_blocked_mailbox_is_recognised_however_it_is_written() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    let token = open(&app).await;
    let rule = create(&chief, "canonical_email_blocks", json!({ "email": "Some.One@mail.example" })).await;
    let refused = sign_up(&app, &token, "newbie", "someone+again@mail.example", "192.0.2.1").await.expect(422);
    assert_eq!(refused["details"]["email"][0]["error"], "ERR_TAKEN", "{refused}");
    let by_hash = json!({ "canonical_email_hash": rule["canonical_email_hash"] });
    let taken = chief.post(&format!("{ADMIN}/canonical_email_blocks"), by_hash.clone()).await.expect(422);
    assert_eq!(taken["error"], "Validation failed: Canonical email hash has already been taken");
    for nothing in [json!({}), json!({ "email": "" }), json!({ "canonical_email_hash": " " })] {
        let blank = chief.post(&format!("{ADMIN}/canonical_email_blocks"), nothing).await.expect(422);
        assert_eq!(blank["error"], "Validation failed: Canonical email hash can't be blank");
    }
    delete(&chief, "canonical_email_blocks", &rule).await;
    assert_eq!(create(&chief, "canonical_email_blocks", by_hash).await["canonical_email_hash"], rule["canonical_email_hash"]);
    assert_eq!(app.count("SELECT count(*) FROM admin_action_logs WHERE target_type = 'CanonicalEmailBlock'").await, 3);
}

#[tokio::test]
async fn who_is_shut_out_by_address_gets_nothing_until_the_end_of_the_block() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    let token = open(&app).await;
    let from = |address: &'static str| {
        app.send(Request::get("/api/v2/instance").header("x-forwarded-for", address).body(Body::empty()).unwrap())
    };
    from("198.51.100.9").await.ok();
    let rule =
        create(&chief, "ip_blocks", json!({ "ip": "198.51.100.77/24", "severity": "no_access", "expires_in": 3600 })).await;
    assert_eq!(rule["ip"], "198.51.100.0/24");
    assert_eq!(from("198.51.100.9").await.status, 403);
    from("198.51.101.9").await.ok();
    let path = format!("{ADMIN}/ip_blocks/{}", rule["id"].as_str().unwrap());
    chief.put(&path, json!({ "expires_in": -1 })).await.ok();
    from("198.51.100.9").await.ok();
    let changed = chief.put(&path, json!({ "severity": "sign_up_block", "expires_in": "" })).await.ok();
    assert_eq!((&changed["expires_at"], &changed["severity"]), (&Value::Null, &json!("sign_up_block")));
    from("198.51.100.9").await.ok();
    sign_up(&app, &token, "newbie", "newbie@fine.example", "198.51.100.9").await.expect(403);
    sign_up(&app, &token, "newbie", "newbie@fine.example", "192.0.2.1").await.ok();
}

#[tokio::test]
async fn an_invitation_does_not_open_a_blocked_address() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    let token = open(&app).await;
    sqlx::query("INSERT INTO invites (user_id, code, created_at, updated_at) VALUES ($1, 'come', now(), now())")
        .bind(chief.account.user_id)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    create(&chief, "ip_blocks", json!({ "ip": "198.51.100.0/24", "severity": "sign_up_block" })).await;
    let params = json!({ "username": "guest", "email": "guest@fine.example", "password": "a long password", "agreement": true,
                         "locale": "en", "invite_code": "come" });
    let ask = |from: &str| {
        Request::post("/api/v1/accounts")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-forwarded-for", from)
            .body(Body::from(params.to_string()))
            .unwrap()
    };
    app.send(ask("198.51.100.1")).await.expect(403);
    app.send(ask("192.0.2.1")).await.ok();
}

#[tokio::test]
async fn what_does_not_fit_leaves_a_blocked_address_as_it_was() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    let rule = create(&chief, "ip_blocks", json!({ "ip": "192.0.2.1", "severity": "no_access", "comment": "why" })).await;
    create(&chief, "ip_blocks", json!({ "ip": "192.0.2.2", "severity": "no_access" })).await;
    let path = format!("{ADMIN}/ip_blocks/{}", rule["id"].as_str().unwrap());
    for wrong in [json!({ "severity": "worse" }), json!({ "ip": "192.0.2.2" }), json!({ "ip": "nonsense", "comment": "x" })] {
        assert_eq!(chief.put(&path, wrong).await.ok(), rule);
    }
    assert_eq!(app.count("SELECT count(*) FROM admin_action_logs WHERE action = 'update'").await, 0);
    let all = format!("{ADMIN}/ip_blocks");
    let asked = (0..4).map(|_| chief.post(&all, json!({ "ip": "192.0.2.3", "severity": "no_access" })));
    let made = join_all(asked).await.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn only_who_manages_blocks_sees_and_changes_them() {
    let app = server().await;
    let chief = with_permissions(&app, "chief", 5, &[7]).await;
    let other = with_permissions(&app, "other", 5, &[4, 5, 10]).await;
    let rows = [
        ("email_domain_blocks", json!({ "domain": "junk.example" })),
        ("ip_blocks", json!({ "ip": "192.0.2.1", "severity": "sign_up_block" })),
        ("canonical_email_blocks", json!({ "email": "a@b.example" })),
    ];
    for (kind, params) in rows {
        let row = create(&chief, kind, params.clone()).await;
        let (all, one) = (format!("{ADMIN}/{kind}"), format!("{ADMIN}/{kind}/{}", row["id"].as_str().unwrap()));
        for path in [&all, &one] {
            other.get(path).await.expect(403);
            app.get(path).await.expect(403);
            chief.with_scopes(&format!("admin:read:{kind}")).await.get(path).await.ok();
        }
        other.post(&all, params.clone()).await.expect(403);
        other.delete(&one).await.expect(403);
        chief.with_scopes("admin:read").await.delete(&one).await.expect(403);
        app.get(&format!("{all}/999999")).await.expect(404);
        chief.with_scopes(&format!("admin:write:{kind}")).await.delete(&one).await.ok();
        chief.get(&one).await.expect(404);
    }
    other.post(&format!("{ADMIN}/canonical_email_blocks/test"), json!({ "email": "a@b.example" })).await.expect(403);
}

#[tokio::test]
async fn a_refused_provider_is_known_by_its_mail_servers_too() {
    let app = server().await;
    let chief = staff(&app, "chief", "Admin").await;
    create(&chief, "email_domain_blocks", json!({ "domain": "junk.example" })).await;
    let settings = app.app().settings().await.unwrap();
    let mut new = NewAccount {
        username: "newbie".to_owned(),
        email: "newbie@harmless.example".to_owned(),
        password: "a long password".to_owned(),
        ..NewAccount::default()
    };
    for (servers, complaint) in [
        (MailServers::At(vec!["mx1.junk.example".to_owned()]), Some("E-mail address uses a disallowed e-mail provider")),
        (MailServers::Nowhere, Some("E-mail address does not seem to exist")),
        (MailServers::At(vec!["mx.fine.example".to_owned()]), None),
    ] {
        new.mail_servers = servers;
        let credentials = Credentials::prepare(&new.password).await.unwrap();
        let mut tx = app.app().db.begin().await.unwrap();
        let made = create_account(&mut tx, &app.app().config, &settings, &new, credentials).await;
        assert_eq!(made.err().map(|error| error.to_string()), complaint.map(|text| format!("Validation failed: {text}")));
    }
}
