use super::world::World;

#[tokio::test]
async fn health_needs_no_token() {
    let world = World::new().await;
    let mut answer = world.http("GET", "/api/v1/streaming/health", &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain")));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.body().await, "OK");
}

#[tokio::test]
async fn unknown_paths_are_unknown_channels() {
    let world = World::new().await;
    for path in ["/api/v1/streaming/nonsense", "/api/v1/streaming", "/api/v1/streaming/user/", "/nothing"] {
        let mut answer = world.http("GET", path, &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (400, Some("application/json")), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.body().await, r#"{"error":"Unknown channel requested"}"#);
    }
    assert_eq!(world.body("/favicon.ico").await.0, 404);
}

#[tokio::test]
async fn a_browser_may_stream_from_any_site() {
    let world = World::new().await;
    let headers = [("Origin", "https://client.example"), ("Access-Control-Request-Headers", "authorization")];
    let answer = world.http("OPTIONS", "/api/v1/streaming/user", &headers).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization"));
}

#[tokio::test]
async fn metrics_count_clients_and_channels() {
    let world = World::new().await;
    let alice = world.account().await;
    let _ws = world.ws(&alice, "stream=user").await;
    let _sse = world.sse(&alice, "public/local").await;
    let (status, page) = world.body("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"connected_clients{type="websocket"} 1"#,
        r#"connected_clients{type="eventsource"} 1"#,
        r#"connected_channels{type="websocket",channel="user"} 1"#,
        r#"connected_channels{type="websocket",channel="system"} 2"#,
        r#"connected_channels{type="eventsource",channel="public:local"} 1"#,
        r#"connected_channels{type="eventsource",channel="hashtag:local"} 0"#,
        "redis_subscriptions 5",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is missing in\n{page}");
    }
}
