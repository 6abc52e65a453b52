//! `server/pages/src/{profile,tag,rss}.rs`, `server/src/profile.rs`

use axum::body::Body;
use http::Request;
use serde_json::json;
use testing::{Answer, TestApp};

use super::{execute, set};

async fn with_accept(app: &TestApp, path: &str, accept: &str) -> Answer {
    app.send(Request::get(path).header("accept", accept).body(Body::empty()).unwrap()).await
}

/// The addresses of the posts in a feed, in its order.
fn guids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.header("content-type"), "application/rss+xml; charset=utf-8", "{} {}", answer.status, answer.text());
    let text = answer.text();
    let texts = text.split("<guid isPermaLink=\"true\">").skip(1);
    texts.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

fn ends(guids: &[String], ids: &[&str]) -> bool {
    guids.len() == ids.len() && guids.iter().zip(ids).all(|(guid, id)| guid.ends_with(&format!("/{id}")))
}

#[tokio::test]
async fn a_feed_has_what_everybody_may_see_and_no_boosts() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let post = async |body: serde_json::Value| -> String {
        alice.post("/api/v1/statuses", body).await.ok()["id"].as_str().unwrap().to_owned()
    };
    let first = post(json!({ "status": "first #Rust & <b>" })).await;
    let unlisted = post(json!({ "status": "unlisted", "visibility": "unlisted" })).await;
    post(json!({ "status": "private", "visibility": "private" })).await;
    post(json!({ "status": "@bob direct", "visibility": "direct" })).await;
    let theirs = bob.post("/api/v1/statuses", json!({ "status": "bob's #rust" })).await.ok()["id"].as_str().unwrap().to_owned();
    let answer = post(json!({ "status": "@bob yes", "in_reply_to_id": theirs })).await;
    alice.post(&format!("/api/v1/statuses/{theirs}/reblog"), json!({})).await.ok();

    let posts = guids(&app.get("/@alice.rss").await);
    assert!(ends(&posts, &[&unlisted, &first]), "{posts:?}");
    let replies = guids(&app.get("/@alice/with_replies.rss").await);
    assert!(ends(&replies, &[&answer, &unlisted, &first]), "{replies:?}");
    assert!(guids(&app.get("/@alice/media.rss").await).is_empty());
    assert!(ends(&guids(&app.get("/@ALICE/tagged/RUST.rss").await), &[&first]));
    assert!(guids(&app.get("/@alice/tagged/nothing.rss").await).is_empty());
    assert!(ends(&guids(&app.get("/users/alice.rss").await), &[&unlisted, &first]));
    assert!(ends(&guids(&app.get("/@alice.rss?limit=1").await), &[&unlisted]));
    assert!(ends(&guids(&app.get("/tags/rust.rss").await), &[&theirs, &first]));
    assert!(ends(&guids(&with_accept(&app, "/tags/rust", "application/rss+xml").await), &[&theirs, &first]));

    let text = app.get("/@alice.rss").await.text();
    assert!(text.contains("&amp;amp; &amp;lt;b&amp;gt;"), "markup of others is escaped twice: {text}");
    assert!(text.contains("<category>Rust</category>"), "{text}");
}

#[tokio::test]
async fn names_cannot_put_markup_into_a_feed_or_a_page() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    execute(&app, "UPDATE accounts SET display_name = E'</title><script>\"\\x0b', note = '\"><meta http-equiv=refresh>'").await;
    alice.post("/api/v1/statuses", json!({ "status": "</title>", "spoiler_text": "\"><script>" })).await.ok();
    for path in ["/@alice.rss", "/@alice"] {
        let text = with_accept(&app, path, "text/html").await.text();
        assert!(!text.contains("<script>") && !text.contains("<meta http-equiv=refresh"), "{path}: {text}");
        assert!(!text.contains('\u{b}') || path == "/@alice", "XML cannot hold it: {text}");
    }
}

#[tokio::test]
async fn nobody_reads_a_feed_of_who_is_suspended_deleted_or_not_in_yet() {
    let app = TestApp::new().await;
    app.account("alice").await;
    assert_eq!(app.get("/@nobody.rss").await.status, 404);
    execute(&app, "UPDATE users SET confirmed_at = NULL").await;
    assert_eq!(app.get("/@alice.rss").await.status, 404);
    execute(&app, "UPDATE users SET confirmed_at = now()").await;
    execute(&app, "UPDATE accounts SET suspended_at = now() WHERE username = 'alice'").await;
    execute(
        &app,
        "INSERT INTO account_deletion_requests (account_id, created_at, updated_at)
         SELECT id, now(), now() FROM accounts WHERE username = 'alice'",
    )
    .await;
    for path in ["/@alice.rss", "/@alice", "/@alice/media", "/@alice/1", "/users/alice.rss"] {
        let answer = with_accept(&app, path, "text/html").await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (403, "max-age=180, public"), "{path}");
    }
    execute(&app, "DELETE FROM account_deletion_requests").await;
    assert_eq!(app.get("/@alice.rss").await.status, 410);
    assert_eq!(with_accept(&app, "/@alice", "text/html").await.status, 410);
}

#[tokio::test]
async fn a_hashtag_that_administrators_forbid_has_neither_page_nor_feed() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.post("/api/v1/statuses", json!({ "status": "#Rust" })).await.ok();
    let document = with_accept(&app, "/tags/rust", "application/activity+json").await.ok();
    assert_eq!((&document["type"], &document["id"]), (&json!("OrderedCollection"), &json!("https://here.example/tags/rust")));
    assert_eq!(with_accept(&app, "/tags/RUST", "text/html").await.status, 200);
    execute(&app, "UPDATE tags SET usable = false").await;
    for accept in ["application/activity+json", "application/rss+xml", "text/html"] {
        assert_eq!(with_accept(&app, "/tags/rust", accept).await.status, 404, "{accept}");
    }
}

#[tokio::test]
async fn closed_feeds_of_hashtags_are_closed_to_feed_readers() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    alice.post("/api/v1/statuses", json!({ "status": "#rust" })).await.ok();
    assert_eq!(guids(&app.get("/tags/rust.rss").await).len(), 1);
    set(&app, "local_topic_feed_access", "authenticated").await;
    assert!(guids(&app.get("/tags/rust.rss").await).is_empty());
    execute(&app, "UPDATE accounts SET silenced_at = now()").await;
    execute(&app, "DELETE FROM settings WHERE var = 'local_topic_feed_access'").await;
    app.app().forget_settings();
    assert!(guids(&app.get("/tags/rust.rss?local=true").await).is_empty(), "limited people do not show in public");
}

#[tokio::test]
async fn in_limited_federation_pages_are_for_members() {
    let app = TestApp::builder().variable("LIMITED_FEDERATION_MODE", "true").start().await;
    app.account("alice").await;
    for path in ["/@alice", "/@alice/with_replies", "/@alice/1", "/tags/rust", "/media/1"] {
        let answer = with_accept(&app, path, "text/html").await;
        assert!(answer.header("location").ends_with("/auth/sign_in"), "{path}: {}", answer.status);
    }
    for path in ["/@alice.rss", "/tags/rust.rss"] {
        assert_eq!(app.get(path).await.status, 401, "{path}");
    }
    let mut browser = testing::Browser::new(&app);
    browser.sign_in("alice@mail.example", testing::fixture::account::PASSWORD).await;
    assert_eq!(browser.get("/@alice").await.status, 200);
}

#[tokio::test]
async fn a_page_says_what_it_is_and_who_does_not_want_to_be_found() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let id = alice.post("/api/v1/statuses", json!({ "status": "seen", "spoiler_text": "warned" })).await.ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = with_accept(&app, &format!("/@alice/{id}"), "text/html").await.text();
    assert!(page.contains(r#"<meta property="og:description" content="warned">"#), "{page}");
    assert!(page.contains("application/json+oembed") && !page.contains("noindex"), "{page}");
    let profile = with_accept(&app, "/@alice", "text/html").await.text();
    assert!(profile.contains(r#"<meta property="og:type" content="profile">"#) && !profile.contains("noindex"), "{profile}");
    assert!(profile.contains("/@alice.rss"), "{profile}");
    execute(&app, r#"UPDATE users SET settings = '{"noindex":true}'"#).await;
    for path in [format!("/@alice/{id}"), "/@alice".to_owned()] {
        let page = with_accept(&app, &path, "text/html").await.text();
        assert!(page.contains(r#"<meta name="robots" content="noindex, noarchive">"#), "{path}: {page}");
    }
}

#[tokio::test]
async fn a_post_is_embedded_only_if_everybody_may_see_it_and_it_is_no_boost() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let id = |answer: Answer| answer.ok()["id"].as_str().unwrap().to_owned();
    let public = id(alice.post("/api/v1/statuses", json!({ "status": "public" })).await);
    let private = id(alice.post("/api/v1/statuses", json!({ "status": "private", "visibility": "private" })).await);
    let boost = id(bob.post(&format!("/api/v1/statuses/{public}/reblog"), json!({})).await);
    for path in [format!("/@alice/{public}/embed"), format!("/users/alice/statuses/{public}/embed")] {
        let answer = with_accept(&app, &path, "text/html").await;
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "max-age=180, public"), "{path}");
        assert!(!answer.header("content-security-policy").contains("frame-ancestors"), "any page may frame it");
        assert_ne!(answer.header("x-frame-options"), "DENY");
    }
    for path in [format!("/@alice/{private}/embed"), format!("/@bob/{boost}/embed"), "/@alice/x/embed".to_owned()] {
        assert_eq!(with_accept(&app, &path, "text/html").await.status, 404, "{path}");
    }
    let led = with_accept(&app, &format!("/@bob/{boost}"), "text/html").await;
    assert_eq!(led.header("location"), format!("https://here.example/@alice/{public}"));
}
