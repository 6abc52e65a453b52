//! Which of Mastodon's routes are answered. The list of those that are not only gets shorter.

use axum::body::Body;
use http::{Method, Request};
use testing::TestApp;

/// Recorded from Mastodon 4.6.5: method and path.
const ROUTES: &str = include_str!("conformance/rest/routes.tsv");
/// Those of them that this version does not know.
const MISSING: &str = include_str!("routes_missing.txt");

#[tokio::test]
async fn every_route_of_mastodon_is_answered_or_listed_as_missing() {
    let app = TestApp::new().await;
    let mut missing = Vec::new();
    for route in ROUTES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (method, path) = route.split_once('\t').unwrap();
        let path: Vec<&str> = path.split('/').map(|part| if part.starts_with(':') { "1" } else { part }).collect();
        let request =
            Request::builder().method(method.parse::<Method>().unwrap()).uri(path.join("/")).header("accept", "application/json");
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        if !answer.is_routed {
            missing.push(route);
        }
    }
    let listed: Vec<&str> = MISSING.lines().collect();
    let unlisted: Vec<_> = missing.iter().filter(|route| !listed.contains(route)).collect();
    let answered: Vec<_> = listed.iter().filter(|route| !missing.contains(route)).collect();
    assert!(unlisted.is_empty(), "not answered any more:\n{unlisted:#?}");
    assert!(answered.is_empty(), "answered now, take them off tests/routes_missing.txt:\n{answered:#?}");
}
