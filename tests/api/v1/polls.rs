//! `server/api/src/v1/polls`

use futures_util::future::join_all;
use serde_json::json;
use testing::TestApp;

#[tokio::test]
async fn votes_at_the_same_time_are_all_counted_and_nobody_votes_twice() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let poll = json!({ "options": ["a", "b"], "expires_in": 3600 });
    let status = alice.posts_with(json!({ "status": "which?", "poll": poll })).await;
    let path = format!("/api/v1/polls/{}", status["poll"]["id"].as_str().unwrap());
    let mut voters = Vec::new();
    for name in ["bob", "carol", "dora"] {
        voters.push(app.account(name).await);
    }
    let votes = format!("{path}/votes");
    let twice = voters.iter().chain(&voters).map(|voter| voter.post(&votes, json!({ "choices": [1] })));
    let accepted = join_all(twice).await.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 3);
    let result = alice.get(&path).await.ok();
    assert_eq!((&result["votes_count"], &result["voters_count"]), (&json!(3), &json!(3)));
    assert_eq!(result["options"][1]["votes_count"], 3);
}
