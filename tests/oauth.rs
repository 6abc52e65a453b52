//! `server/pages/src/oauth` and `server/api/src/oauth` together: what a person and an application do to get a token.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use serde_json::{Value, json};
use testing::fixture::account::PASSWORD;
use testing::{Answer, Browser, Person, TestApp};

const CALLBACK: &str = "https://client.example/cb";
const VERIFIER: &str = "aaaaaaaaaaaaaaaaaaaaBBBBBBBBBBBBBBBBBBBB0123456789";

fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes()))
}

async fn post(app: &TestApp, path: &str, token: Option<&str>, body: Value) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::from(body.to_string())).unwrap()).await
}

async fn register(app: &TestApp, scopes: &str) -> Value {
    let params = json!({ "client_name": "Flow", "redirect_uris": CALLBACK, "scopes": scopes });
    post(app, "/api/v1/apps", None, params).await.ok()
}

fn authorize(client: &Value, scope: &str, more: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("response_type", "code").append_pair("client_id", client["client_id"].as_str().unwrap());
    query.append_pair("redirect_uri", CALLBACK).append_pair("scope", scope).append_pair("state", "st4te").extend_pairs(more);
    format!("/oauth/authorize?{}", query.finish())
}

fn parameter(location: &str, name: &str) -> Option<String> {
    let url: url::Url = location.parse().unwrap();
    url.query_pairs().find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

/// Alice, signed in, allows the application; the code that it gets.
async fn code(browser: &mut Browser, client: &Value, scope: &str, more: &[(&str, &str)]) -> String {
    let mut answer = browser.get(&authorize(client, scope, more)).await;
    if answer.status == 200 {
        answer = browser.submit("/oauth/authorize", &[]).await;
    }
    let location = answer.header("location");
    assert!(location.starts_with(CALLBACK), "{} {location}", answer.status);
    assert_eq!(parameter(location, "state").as_deref(), Some("st4te"));
    parameter(location, "code").unwrap()
}

fn exchange(client: &Value, code: &str) -> Value {
    json!({
        "grant_type": "authorization_code", "client_id": client["client_id"], "client_secret": client["client_secret"],
        "code": code, "redirect_uri": CALLBACK,
    })
}

fn with(mut params: Value, name: &str, value: &str) -> Value {
    params[name] = json!(value);
    params
}

async fn signed_in(app: &TestApp) -> (Person, Browser) {
    let alice = app.account("alice").await;
    let mut browser = Browser::new(app);
    let answer = browser.sign_in("alice@mail.example", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("location").ends_with('/')), (302, true));
    (alice, browser)
}

#[tokio::test]
async fn a_person_signs_in_allows_an_app_and_the_app_gets_a_token_once() {
    let app = TestApp::new().await;
    app.account("alice").await;
    let client = register(&app, "read write").await;
    let mut browser = Browser::new(&app);
    let answer = browser.get(&authorize(&client, "read write", &[])).await;
    assert!(answer.header("location").ends_with("/auth/sign_in"), "{}", answer.status);
    let answer = browser.sign_in("alice@mail.example", PASSWORD).await;
    assert!(answer.header("location").contains("/oauth/authorize?"), "the way goes on where it began");

    let code = code(&mut browser, &client, "read write", &[]).await;
    let refused =
        post(&app, "/oauth/token", None, with(exchange(&client, &code), "redirect_uri", "https://other.example/")).await;
    assert_eq!(refused.expect(400)["error"], "invalid_grant");
    let token = post(&app, "/oauth/token", None, exchange(&client, &code)).await.ok();
    assert_eq!(token["scope"], "read write");
    let again = post(&app, "/oauth/token", None, exchange(&client, &code)).await;
    assert_eq!(again.expect(400)["error"], "invalid_grant", "a code is good for one token");
}

#[tokio::test]
async fn a_code_with_a_challenge_wants_its_verifier() {
    let app = TestApp::new().await;
    let (_alice, mut browser) = signed_in(&app).await;
    let client = register(&app, "read profile").await;
    let pkce = [("code_challenge", challenge()), ("code_challenge_method", "S256".to_owned())];
    let pkce = pkce.each_ref().map(|(name, value)| (*name, value.as_str()));

    let wrong = code(&mut browser, &client, "read profile", &pkce).await;
    post(&app, "/oauth/token", None, exchange(&client, &wrong)).await.expect(400);
    post(&app, "/oauth/token", None, with(exchange(&client, &wrong), "code_verifier", &"wrong".repeat(10))).await.expect(400);

    let right = code(&mut browser, &client, "read profile", &pkce).await;
    let token = post(&app, "/oauth/token", None, with(exchange(&client, &right), "code_verifier", VERIFIER)).await.ok();
    assert_eq!(token["token_type"], "Bearer");

    let plain =
        browser.get(&authorize(&client, "read", &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")])).await;
    assert_eq!(plain.status, 400, "a challenge in the clear protects nothing");
}

#[tokio::test]
async fn a_password_is_no_grant() {
    let app = TestApp::new().await;
    app.account("alice").await;
    let client = register(&app, "read").await;
    let params = json!({
        "grant_type": "password", "client_id": client["client_id"], "client_secret": client["client_secret"],
        "username": "alice@mail.example", "password": PASSWORD,
    });
    assert_eq!(post(&app, "/oauth/token", None, params).await.expect(400)["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn an_application_gets_no_scope_that_it_did_not_register() {
    let app = TestApp::new().await;
    let (_alice, mut browser) = signed_in(&app).await;
    let client = register(&app, "read").await;
    assert_eq!(browser.get(&authorize(&client, "read admin:write", &[])).await.status, 400);
    let params = json!({
        "grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"],
        "scope": "write",
    });
    assert_eq!(post(&app, "/oauth/token", None, params).await.expect(400)["error"], "invalid_scope");
}

#[tokio::test]
async fn a_revoked_token_is_worth_nothing() {
    let app = TestApp::new().await;
    let (_alice, mut browser) = signed_in(&app).await;
    let client = register(&app, "profile").await;
    let code = code(&mut browser, &client, "profile", &[]).await;
    let token = post(&app, "/oauth/token", None, exchange(&client, &code)).await.ok();
    let token = token["access_token"].as_str().unwrap();
    assert_eq!(post(&app, "/oauth/userinfo", Some(token), json!({})).await.ok()["preferred_username"], "alice");

    let params = json!({ "token": token, "client_id": client["client_id"], "client_secret": client["client_secret"] });
    post(&app, "/oauth/revoke", None, params).await.ok();

    assert_eq!(post(&app, "/oauth/userinfo", Some(token), json!({})).await.status, 401);
}

#[tokio::test]
async fn the_token_of_another_application_cannot_be_revoked() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let stranger = register(&app, "read").await;
    let params =
        json!({ "token": alice.token(), "client_id": stranger["client_id"], "client_secret": stranger["client_secret"] });
    post(&app, "/oauth/revoke", None, params).await.expect(403);
    assert_eq!(post(&app, "/oauth/userinfo", Some(alice.token()), json!({})).await.status, 200);
}

#[tokio::test]
async fn a_refusal_goes_back_to_the_application() {
    let app = TestApp::new().await;
    let (_alice, mut browser) = signed_in(&app).await;
    let client = register(&app, "read").await;
    browser.get(&authorize(&client, "read", &[])).await;
    let answer = browser.submit_as("delete", "/oauth/authorize", &[]).await;
    assert_eq!(parameter(answer.header("location"), "error").as_deref(), Some("access_denied"));
    assert_eq!(app.count("SELECT count(*) FROM oauth_access_grants").await, 0);
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    let app = TestApp::new().await;
    let (_alice, mut browser) = signed_in(&app).await;
    let client = register(&app, "read").await;
    browser.get(&authorize(&client, "read", &[])).await;
    let answer =
        browser.submit("/oauth/authorize", &[("authenticity_token", "Zm9yZ2VkIGJ5IHNvbWVib2R5IGVsc2Ugd2hvIGtub3dz")]).await;
    assert_eq!(answer.status, 422);
    assert_eq!(app.count("SELECT count(*) FROM oauth_access_grants").await, 0);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let app = TestApp::new().await;
    app.account("alice").await;
    let wrong = Browser::new(&app).sign_in("alice@mail.example", "wrong").await;
    let unknown = Browser::new(&app).sign_in("nobody@mail.example", "wrong").await;
    for answer in [&wrong, &unknown] {
        assert!(answer.text().contains("is not right"), "{}", answer.text());
    }
    assert_eq!(wrong.status, unknown.status);
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let app = TestApp::new().await;
    let (_alice, mut browser) = signed_in(&app).await;
    assert_eq!(app.count("SELECT count(*) FROM session_activations").await, 1);
    assert_eq!(browser.get("/oauth/authorized_applications").await.status, 200);
    browser.get("/").await;
    browser.submit_as("delete", "/auth/sign_out", &[]).await;
    assert_eq!(app.count("SELECT count(*) FROM session_activations").await, 0);
    assert_eq!(browser.get("/oauth/authorized_applications").await.status, 302);
}
