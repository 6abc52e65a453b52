//! `server/api/src/v1/admin/{measures,dimensions,retention}`: who may see the figures, and what they count.

use serde_json::{Value, json};
use testing::TestApp;
use testing::fixture::account;

use super::staff;

const MEASURES: &str = "/api/v1/admin/measures";
const DIMENSIONS: &str = "/api/v1/admin/dimensions";

/// From three days ago until tomorrow, with more parameters.
fn span(keys: &[&str], more: &Value) -> Value {
    let today = chrono::Utc::now().date_naive();
    let mut span = json!({ "keys": keys, "start_at": today - chrono::Days::new(3), "end_at": today + chrono::Days::new(1) });
    span.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    span
}

#[tokio::test]
async fn figures_are_for_those_who_may_see_the_dashboard() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await.with_scopes("admin:read").await;
    for path in [MEASURES, DIMENSIONS, "/api/v1/admin/retention"] {
        let refused = alice.post(path, span(&["new_users"], &json!({}))).await.expect(403);
        assert_eq!(refused["error"], "This action is not allowed", "{path}");
    }
    let boss = staff(&app, "boss", "Admin").await;
    boss.with_scopes("read").await.post(MEASURES, span(&["new_users"], &json!({}))).await.expect(403);
    boss.post(MEASURES, span(&["new_users"], &json!({}))).await.ok();
}

#[tokio::test]
async fn what_is_missing_or_cannot_be_read_is_told() {
    let app = TestApp::new().await;
    let boss = staff(&app, "boss", "Admin").await;
    let missing = "param is missing or the value is empty or invalid: ";
    let without_tag = boss.post(MEASURES, span(&["tag_uses"], &json!({}))).await.expect(400);
    assert_eq!(without_tag["error"], format!("{missing}tag_uses"));
    let without_domain =
        boss.post(DIMENSIONS, span(&["instance_accounts"], &json!({ "instance_accounts": {} }))).await.expect(400);
    assert_eq!(without_domain["error"], format!("{missing}instance_accounts"));
    boss.post(MEASURES, span(&["tag_uses"], &json!({ "tag_uses": { "id": "999" } }))).await.expect(404);
    let nonsense = boss.post(MEASURES, json!({ "keys": ["new_users"], "start_at": "soon", "end_at": "later" })).await.expect(422);
    assert_eq!(nonsense["error"], "Invalid date supplied");
    let backwards =
        boss.post(MEASURES, json!({ "keys": ["new_users"], "start_at": "2026-01-02", "end_at": "2026-01-01" })).await.ok();
    assert_eq!((&backwards[0]["total"], &backwards[0]["data"]), (&json!("0"), &json!([])));
    assert_eq!(boss.post(DIMENSIONS, json!({ "keys": ["servers", "bogus"], "limit": -1 })).await.ok()[0]["data"], json!([]));
}

#[tokio::test]
async fn people_hashtags_and_servers_are_counted() {
    let app = TestApp::new().await;
    let boss = staff(&app, "boss", "Admin").await;
    let alice = app.account("alice").await;
    alice.posts("#figures and #figures").await;
    alice.posts("#figures again").await;
    app.run_jobs().await;
    let tag = app.count("SELECT id FROM tags WHERE name = 'figures'").await.to_string();
    {
        let mut conn = app.conn().await;
        let remote = account::remote_many(&mut conn, "far.example", "zoe", 2).await;
        account::remote_many(&mut conn, "sub.far.example", "yan", 1).await;
        sqlx::query(
            "INSERT INTO follows (account_id, target_account_id, uri, created_at, updated_at) VALUES ($1, $2, 'x', now(), now())",
        )
        .bind(alice.account.id)
        .bind(remote[0])
        .execute(&mut *conn)
        .await
        .unwrap();
        sqlx::query("REFRESH MATERIALIZED VIEW instances").execute(&mut *conn).await.unwrap();
    }
    let more = json!({
        "tag_uses": { "id": tag }, "tag_accounts": { "id": tag }, "tag_servers": { "id": tag },
        "instance_accounts": { "domain": "far.example", "include_subdomains": true }, "instance_follows": { "domain": "far.example" },
        "instance_media_attachments": { "domain": "far.example" },
    });
    let keys = [
        "new_users",
        "tag_uses",
        "tag_accounts",
        "tag_servers",
        "instance_accounts",
        "instance_follows",
        "instance_media_attachments",
    ];
    let measures = boss.post(MEASURES, span(&keys, &more)).await.ok();
    let totals: Vec<_> = measures.as_array().unwrap().iter().map(|measure| measure["total"].as_str().unwrap()).collect();
    assert_eq!(totals, ["2", "2", "1", "0", "3", "1", "0"]);
    let uses = measures[1]["data"].as_array().unwrap();
    assert_eq!((uses.len(), &uses[3]["value"]), (5, &json!("2")));
    assert!(uses[3]["date"].as_str().unwrap().ends_with("T00:00:00Z"));
    assert_eq!(measures[6]["human_value"], "0 Bytes");
    assert_eq!(measures[6].get("previous_total"), None, "a total of all time has no time before");

    let keys = ["tag_languages", "instance_accounts"];
    let about = json!({ "tag_languages": { "id": tag }, "instance_accounts": { "domain": "far.example" }, "limit": 1 });
    let dimensions = boss.post(DIMENSIONS, span(&keys, &about)).await.ok();
    assert_eq!(dimensions[0]["data"][0], json!({ "key": "en", "human_key": "English", "value": "2" }));
    assert_eq!(dimensions[1]["data"], json!([{ "key": "zoe1", "human_key": "zoe1", "value": "1" }]));

    let cohorts = boss.post("/api/v1/admin/retention", span(&[], &json!({ "frequency": "month" }))).await.ok();
    assert_eq!(cohorts[0]["frequency"], "month");
}

#[tokio::test]
async fn figures_that_redis_does_not_know_cost_no_more_than_an_answer() {
    let app = TestApp::new().await;
    let boss = staff(&app, "boss", "Admin").await;
    app.kill_redis();
    boss.post(MEASURES, span(&["interactions"], &json!({}))).await.expect(503);
    assert_eq!(boss.post(MEASURES, span(&["new_users"], &json!({}))).await.ok()[0]["total"], "1");
}
