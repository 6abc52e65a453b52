//! `server/api/src/v1/annual_reports`

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chrono::{Datelike as _, NaiveDate, Utc};
use config::Clock;
use serde_json::json;
use testing::TestApp;

/// The fifteenth of December of the year in which the database lives.
async fn in_december() -> (TestApp, String) {
    let year = Utc::now().year();
    let moment = NaiveDate::from_ymd_opt(year, 12, 15).unwrap().and_hms_opt(12, 0, 0).unwrap();
    let clock = Clock::Fixed(Arc::new(AtomicI64::new(moment.and_utc().timestamp_micros())));
    (TestApp::builder().clock(clock).start().await, format!("/api/v1/annual_reports/{year}"))
}

#[tokio::test]
async fn a_report_is_made_once_and_waits_until_it_was_read() {
    let (app, path) = in_december().await;
    let alice = app.account("alice").await;
    let state = async || alice.get(&format!("{path}/state")).await.ok()["state"].clone();
    assert_eq!(state().await, "ineligible", "there is nothing to tell");
    alice.posts("my #year").await;
    alice.posts("my #year again").await;
    assert_eq!(state().await, "eligible");

    for _ in 0..2 {
        let answer = alice.post(&format!("{path}/generate"), json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (202, 0));
        assert!(answer.header("mastodon-async-refresh").ends_with("retry=2"));
    }
    assert_eq!(state().await, "generating");
    app.run_jobs().await;
    assert_eq!(state().await, "available");
    assert_eq!(alice.post(&format!("{path}/generate"), json!({})).await.ok(), json!({}));
    assert_eq!(app.count("SELECT count(*) FROM generated_annual_reports").await, 1);

    let waiting = alice.get("/api/v1/annual_reports").await.ok();
    let report = &waiting["annual_reports"][0];
    assert_eq!((&report["schema_version"], &report["account_id"]), (&json!(2), &json!(alice.id())));
    assert_eq!(report["data"]["archetype"], "lurker");
    assert_eq!(report["data"]["time_series"], json!([{ "month": 12, "statuses": 2, "followers": 0 }]));
    assert_eq!(report["data"]["top_hashtags"], json!([{ "name": "year", "count": 2 }]));
    assert!(report["share_url"].as_str().unwrap().contains("/@alice/wrapstodon/"));
    assert_eq!(waiting["accounts"][0]["id"], alice.id());

    alice.post(&format!("{path}/read"), json!({})).await.ok();
    assert_eq!(alice.get("/api/v1/annual_reports").await.ok()["annual_reports"], json!([]));
    assert_eq!(alice.get(&path).await.ok()["annual_reports"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn other_years_and_other_peoples_reports_are_out_of_reach() {
    let (app, path) = in_december().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    alice.posts("my #year").await;
    assert_eq!(alice.post(&format!("{path}/generate"), json!({})).await.status.as_u16(), 202);
    app.run_jobs().await;
    bob.get(&path).await.expect(404);
    bob.post(&format!("{path}/read"), json!({})).await.expect(404);
    assert_eq!(alice.post("/api/v1/annual_reports/2020/generate", json!({})).await.ok(), json!({}));
    assert_eq!(alice.get("/api/v1/annual_reports/2020/state").await.ok(), json!({ "state": "ineligible" }));
    for strange in ["x", "99999999999999999999", "-1"] {
        alice.get(&format!("/api/v1/annual_reports/{strange}")).await.expect(404);
    }
}

#[tokio::test]
async fn nobody_is_asked_where_the_administrator_wants_no_reports() {
    let (app, path) = in_december().await;
    sqlx::query("INSERT INTO settings (var, value, created_at, updated_at) VALUES ('wrapstodon', '--- false\n', now(), now())")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    let alice = app.account("alice").await;
    alice.posts("my #year").await;
    assert_eq!(alice.get(&format!("{path}/state")).await.ok(), json!({ "state": "ineligible" }));
    assert_eq!(alice.post(&format!("{path}/generate"), json!({})).await.ok(), json!({}));
    assert_eq!(app.get("/api/v2/instance").await.ok()["wrapstodon"], json!(null));
}
