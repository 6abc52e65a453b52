//! What belongs to a web client in a browser. `server/api/src/web/`

use serde_json::json;
use testing::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_web_client_remembers_is_kept_as_it_came_and_replaced_as_a_whole() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let settings = json!({ "data": { "home": { "shows": { "reblog": true } }, "columns": [{ "id": "HOME", "params": {} }] } });
    assert_eq!(alice.put("/api/web/settings", settings).await.ok(), json!({}));
    alice.patch("/api/web/settings", json!({ "data": { "skinTone": 1 } })).await.ok();
    assert_eq!(app.count("SELECT count(*) FROM web_settings WHERE data::jsonb = '{\"skinTone\": 1}'").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM web_settings").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_keeps_settings_for_others() {
    let app = TestApp::new().await;
    let request = http::Request::put("/api/web/settings").body(axum::body::Body::from("data=1")).unwrap();
    assert_eq!(app.send(request).await.expect(422), json!({ "error": "Can't verify CSRF token authenticity." }));
}
