//! `server/shared/src/rate_limit.rs`

use axum::body::Body;
use chrono::TimeDelta;
use http::Request;
use testing::{Answer, TestApp, clock};

async fn from(app: &TestApp, address: &str) -> Answer {
    let request = Request::get("/api/v1/apps/verify_credentials").header("x-forwarded-for", address);
    app.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn three_hundred_requests_in_five_minutes_and_then_no_more() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().variable("FERRODON_RATE_LIMITS", "true").clock(clock).start().await;
    for number in 1..=300 {
        let answer = from(&app, "203.0.113.7").await;
        assert_eq!(answer.header("x-ratelimit-limit"), "300");
        assert_eq!(answer.header("x-ratelimit-remaining"), (300 - number).to_string());
        assert!(answer.header("x-ratelimit-reset").ends_with('Z'), "{}", answer.header("x-ratelimit-reset"));
    }
    let refused = from(&app, "203.0.113.7").await;
    assert_eq!(refused.expect(429)["error"], "Too many requests");
    assert_ne!(from(&app, "203.0.113.8").await.status, 429, "each address has its own count");

    hand.forward(TimeDelta::minutes(5));
    assert_ne!(from(&app, "203.0.113.7").await.status, 429, "the next window is a new one");
}

#[tokio::test]
async fn a_token_counts_by_itself_wherever_it_comes_from() {
    let app = TestApp::builder().variable("FERRODON_RATE_LIMITS", "true").start().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let remaining = |answer: &Answer| answer.header("x-ratelimit-remaining").to_owned();
    assert_eq!(remaining(&alice.get("/api/v1/apps/verify_credentials").await), "299");
    assert_eq!(remaining(&alice.get("/api/v1/apps/verify_credentials").await), "298");
    assert_eq!(remaining(&bob.get("/api/v1/apps/verify_credentials").await), "299");
}

#[tokio::test]
async fn without_redis_requests_are_answered_all_the_same() {
    let app = TestApp::builder().variable("FERRODON_RATE_LIMITS", "true").start().await;
    let alice = app.account("alice").await;
    app.kill_redis();
    alice.get("/api/v1/apps/verify_credentials").await.ok();
}
