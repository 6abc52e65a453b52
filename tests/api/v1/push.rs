//! `server/api/src/v1/push` and `server/api/src/web/push_subscriptions`

use futures_util::future::join_all;
use http::Method;
use push::Unsubscribe;
use serde_json::{Value, json};
use testing::fixture::account::PASSWORD;
use testing::{Browser, TestApp};

const PATH: &str = "/api/v1/push/subscription";
const WEB: &str = "/api/web/push_subscriptions";
const COUNT: &str = "SELECT count(*) FROM web_push_subscriptions";

fn subscription(endpoint: &str) -> Value {
    json!({
        "endpoint": endpoint,
        "keys": {
            "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
            "auth": "tBHItJI5svbpez7KI4CCXg",
        },
    })
}

fn create(endpoint: &str) -> Value {
    json!({ "subscription": subscription(endpoint), "data": { "alerts": { "mention": true } } })
}

#[tokio::test]
async fn a_token_has_one_subscription_however_often_it_asks() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let asked = join_all((0..8).map(|_| alice.post(PATH, create("https://push.example/1")))).await;
    assert!(asked.iter().all(|answer| answer.status == 200));
    assert_eq!(app.count(COUNT).await, 1);
    alice.with_scopes("push").await.post(PATH, create("https://push.example/2")).await.ok();
    assert_eq!(app.count(COUNT).await, 2, "each app has its own");
    assert_eq!(alice.get(PATH).await.ok()["endpoint"], "https://push.example/1");
}

#[tokio::test]
async fn addresses_that_are_never_asked_are_refused_at_once() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    for endpoint in [
        "http://push.example/1",
        "https://127.0.0.1/1",
        "https://[::1]/1",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/1",
        "https://user:word@push.example/1",
        "ftp://push.example/1",
        "https://push.example/a b",
        "/1",
        "https://",
    ] {
        let refused = alice.post(PATH, create(endpoint)).await.expect(422);
        assert_eq!(refused["error"], "Validation failed: Endpoint is invalid", "{endpoint}");
    }
    let bare = alice.post(PATH, json!({ "subscription": { "endpoint": "https://push.example/x" } })).await;
    assert_eq!(bare.status, 422);
    let odd = alice.post(PATH, json!({ "subscription": subscription("https://push.example/x"), "data": [1] })).await;
    assert_eq!(odd.status, 400);
    assert_eq!(app.count(COUNT).await, 0);
}

#[tokio::test]
async fn what_a_token_had_ends_with_it() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.post(PATH, create("https://push.example/1")).await.ok();
    let app_of_token = sqlx::query!(
        r#"SELECT a.uid, a.secret FROM oauth_applications a JOIN oauth_access_tokens t ON t.application_id = a.id WHERE t.token = $1"#,
        alice.token()
    )
    .fetch_one(&mut *app.conn().await)
    .await
    .unwrap();
    let params = json!({ "client_id": app_of_token.uid, "client_secret": app_of_token.secret, "token": alice.token() });
    alice.post("/oauth/revoke", params).await.ok();
    assert_eq!(app.count(COUNT).await, 0);
}

#[tokio::test]
async fn a_browser_subscribes_with_its_session_and_signing_out_ends_it() {
    let app = TestApp::new().await;
    app.account("alice").await;
    sqlx::query(
        "INSERT INTO oauth_applications (name, uid, secret, redirect_uri, scopes, superapp, created_at, updated_at)
         SELECT 'Web', 'web', 'web', 'urn:ietf:wg:oauth:2.0:oob', 'read write follow push', true, now(), now()
         WHERE NOT EXISTS (SELECT FROM oauth_applications WHERE superapp)",
    )
    .execute(&mut *app.conn().await)
    .await
    .unwrap();
    let mut browser = Browser::new(&app);
    browser.sign_in("alice@mail.example", PASSWORD).await;
    browser.get("/auth/edit").await;
    let params = json!({ "subscription": subscription("https://push.example/1"), "data": { "alerts": { "poll": true } } });
    let made = browser.script(Method::POST, WEB, &params).await.ok();
    assert_eq!(
        (&made["alerts"]["poll"], &made["alerts"]["mention"], &made["policy"]),
        (&json!(true), &json!(false), &json!("all"))
    );
    browser.script(Method::POST, WEB, &params).await.ok();
    assert_eq!(app.count(COUNT).await, 1, "a second one takes the place of the first");
    let id = app.count("SELECT id FROM web_push_subscriptions").await;
    assert_eq!(app.count("SELECT web_push_subscription_id FROM session_activations").await, id);
    let data = json!({ "data": { "policy": "none" } });
    let changed = browser.script(Method::PUT, &format!("{WEB}/{id}"), &data).await.ok();
    assert_eq!((&changed["policy"], &changed["alerts"]), (&json!("none"), &json!({})));

    browser.script(Method::PUT, "/api/web/settings", &json!({ "data": { "onboarded": true } })).await.ok();
    browser.script(Method::PUT, "/api/web/settings", &json!({ "data": { "onboarded": false } })).await.ok();
    assert_eq!(app.count("SELECT count(*) FROM web_settings WHERE data ->> 'onboarded' = 'false'").await, 1);

    let bob = app.account("bob").await;
    bob.post(PATH, create("https://push.example/bob")).await.ok();
    let of_bob = app.count("SELECT max(id) FROM web_push_subscriptions").await;
    let refused = browser.script(Method::PUT, &format!("{WEB}/{of_bob}"), &data).await;
    assert!(!refused.text().contains("push.example/bob"));
    refused.expect(404);
    assert_eq!(bob.get(PATH).await.ok()["policy"], "all");

    let forged = bob.post(WEB, params).await.expect(422);
    assert_eq!(forged["error"], "Can't verify CSRF token authenticity.");

    browser.get("/auth/edit").await;
    browser.script(Method::DELETE, "/auth/sign_out", &json!({})).await;
    assert_eq!(app.count(COUNT).await, 1, "bob's");
}

#[tokio::test]
async fn a_push_service_ends_a_subscription_by_the_link_of_its_message() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.post(PATH, create("https://push.example/1")).await.ok();
    let id = app.count("SELECT id FROM web_push_subscriptions").await;
    let now = app.app().clock.now();
    let key = Unsubscribe::derive(&app.app().config.secrets.key_base);
    let ask = async |token: &str| {
        let path = format!("{WEB}/{}", token.replace('/', "%2F"));
        let request = http::Request::delete(path).body(axum::body::Body::empty()).unwrap();
        assert_eq!(app.send(request).await.status, 200);
        app.count(COUNT).await
    };
    assert_eq!(ask("unknown-token").await, 1);
    assert_eq!(ask(&id.to_string()).await, 1);
    assert_eq!(ask(&key.token(id, now - chrono::TimeDelta::hours(49))).await, 1, "too old");
    assert_eq!(ask(&key.token(id, now)).await, 0);
}
