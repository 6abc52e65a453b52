//! Who sees what, asked through the API. `crates/services/src/visibility.rs`

use serde_json::{Value, json};
use testing::{Person, TestApp};

/// Visibility, and whether a stranger, a follower, somebody mentioned, a visitor and somebody blocked see it.
const MATRIX: &[(&str, [bool; 5])] = &[
    ("public", [true, true, true, true, false]),
    ("unlisted", [true, true, true, true, false]),
    ("private", [false, true, true, false, false]),
    ("direct", [false, false, true, false, false]),
];

async fn follows(follower: &Person, target: &Person) {
    let answer = follower.post(&format!("/api/v1/accounts/{}/follow", target.id()), json!({})).await.ok();
    assert_eq!(answer["following"], true);
}

fn id(status: &Value) -> &str {
    status["id"].as_str().unwrap()
}

#[tokio::test]
async fn each_visibility_is_seen_by_those_whom_it_is_for_and_by_no_others() {
    let app = TestApp::new().await;
    let alice = app.account("alice").await;
    let (stranger, follower) = (app.account("stranger").await, app.account("follower").await);
    let (mentioned, blocked) = (app.account("mentioned").await, app.account("blocked").await);
    follows(&follower, &alice).await;
    follows(&blocked, &alice).await;
    alice.post(&format!("/api/v1/accounts/{}/block", blocked.id()), json!({})).await.ok();
    for (visibility, expected) in MATRIX {
        let status = alice.posts_with(json!({ "status": "hello @mentioned", "visibility": visibility })).await;
        let path = format!("/api/v1/statuses/{}", id(&status));
        let seen = [
            stranger.get(&path).await.status == 200,
            follower.get(&path).await.status == 200,
            mentioned.get(&path).await.status == 200,
            app.get(&path).await.status == 200,
            blocked.get(&path).await.status == 200,
        ];
        assert_eq!(seen, *expected, "{visibility}");
        alice.get(&path).await.ok();
        for action in ["favourite", "bookmark", "reblog"] {
            let answer = stranger.post(&format!("{path}/{action}"), json!({})).await;
            assert_eq!(answer.status == 200, expected[0], "a stranger may {action} what is {visibility}: {}", answer.status);
        }
        for part in ["context", "history", "favourited_by", "reblogged_by"] {
            let answer = stranger.get(&format!("{path}/{part}")).await;
            assert_eq!(answer.status == 200, expected[0], "a stranger sees {part} of what is {visibility}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn what_is_not_for_everybody_is_on_no_page_that_everybody_reads() {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    for (visibility, _) in MATRIX {
        alice.posts_with(json!({ "status": format!("{visibility} #cats"), "visibility": visibility })).await;
    }
    app.run_jobs().await;
    let contents = |page: Value| -> Vec<String> {
        page.as_array().unwrap().iter().map(|status| status["visibility"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(contents(bob.get("/api/v1/timelines/public").await.ok()), ["public"]);
    assert_eq!(contents(bob.get("/api/v1/timelines/tag/cats").await.ok()), ["public"]);
    assert_eq!(contents(app.get("/api/v1/timelines/tag/cats").await.ok()), ["public"]);
    let profile = format!("/api/v1/accounts/{}/statuses", alice.id());
    assert_eq!(contents(bob.get(&profile).await.ok()), ["unlisted", "public"]);
    assert_eq!(contents(app.get(&profile).await.ok()), ["unlisted", "public"]);
}
