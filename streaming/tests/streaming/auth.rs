use kv::publish::Channel;
use serde_json::json;
use tokio_tungstenite::tungstenite;

use super::world::{Closed, World};

/// Status, `X-Error-Message` and type of a refused upgrade.
async fn refusal(world: &World, query: &str) -> (u16, String, String) {
    let Err(tungstenite::Error::Http(answer)) = world.ws_raw(query, &[]).await else { panic!("{query} was not refused") };
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    (answer.status().as_u16(), header("x-error-message"), header("content-type"))
}

#[tokio::test]
async fn a_websocket_takes_its_token_from_three_places() {
    let world = World::new().await;
    let alice = world.account().await;
    let bearer = format!("Bearer {}", alice.token);
    let places: [(String, Vec<(&str, &str)>); 3] = [
        (format!("access_token={}&stream=user", alice.token), vec![]),
        ("stream=user".to_owned(), vec![("authorization", bearer.as_str())]),
        ("stream=user".to_owned(), vec![("sec-websocket-protocol", alice.token.as_str())]),
    ];
    let mut sockets = Vec::new();
    for (query, headers) in &places {
        let mut ws = world.ws_raw(query, headers).await.unwrap();
        ws.settle().await;
        sockets.push(ws);
    }
    assert_eq!(sockets[2].protocol.as_deref(), Some(alice.token.as_str()));
    let id = world.id();
    world.publish(&Channel::Home(alice.id), "delete", &json!(id)).await;
    for ws in &mut sockets {
        assert_eq!(ws.next().await, json!({"stream": ["user"], "event": "delete", "payload": id}));
    }
}

#[tokio::test]
async fn a_websocket_without_a_token_is_refused_before_it_opens() {
    let world = World::new().await;
    let text = |message: &str| (401, message.to_owned(), "text/plain".to_owned());
    for stream in ["user", "public", "public:local:media", "direct"] {
        assert_eq!(refusal(&world, &format!("stream={stream}")).await, text("Missing access token"));
    }
    assert_eq!(refusal(&world, "stream=user&access_token=").await, text("Missing access token"));
    assert_eq!(refusal(&world, "stream=user&access_token=not-a-token").await, text("Invalid access token"));
    assert_eq!(refusal(&world, "stream=user&access_token=%00").await, text("Invalid access token"));
}

#[tokio::test]
async fn server_sent_events_need_a_token_before_anything_else() {
    let world = World::new().await;
    for path in ["user", "public", "hashtag", "list", "direct"] {
        let missing = world.body(&format!("/api/v1/streaming/{path}")).await;
        assert_eq!(missing, (401, r#"{"error":"Missing access token"}"#.to_owned()));
        let wrong = world.body(&format!("/api/v1/streaming/{path}?access_token=nope")).await;
        assert_eq!(wrong, (401, r#"{"error":"Invalid access token"}"#.to_owned()));
    }
}

#[tokio::test]
async fn dead_tokens_and_barred_people_are_refused() {
    let world = World::new().await;
    for sql in [
        "UPDATE oauth_access_tokens SET revoked_at = now() WHERE resource_owner_id = $1::bigint",
        "UPDATE oauth_access_tokens SET expires_in = 60, created_at = now() - interval '1 hour' WHERE resource_owner_id = $1::bigint",
        "UPDATE users SET disabled = true WHERE id = $1::bigint",
        "UPDATE accounts SET suspended_at = now() WHERE id = (SELECT account_id FROM users WHERE id = $1::bigint)",
    ] {
        let alice = world.account().await;
        world.run(sql, &[&alice.user_id.to_string()]).await;
        let (status, message, _) = refusal(&world, &format!("stream=user&access_token={}", alice.token)).await;
        assert_eq!((status, message.as_str()), (401, "Invalid access token"), "{sql}");
    }
}

#[tokio::test]
async fn each_stream_asks_for_its_scope() {
    let world = World::new().await;
    let refused = json!({"error": "Access token does not have the required scopes", "status": 401});
    for (scopes, allowed) in [
        ("read:statuses", vec!["user", "public"]),
        ("read:notifications", vec!["user:notification"]),
        ("read write", vec!["user", "user:notification", "public"]),
        ("write", vec![]),
    ] {
        let account = world.account_with(scopes).await;
        for stream in ["user", "user:notification", "public"] {
            let mut ws = world.ws(&account, &format!("stream={stream}")).await;
            let id = world.id();
            let channel = match stream {
                "user" => Channel::Home(account.id),
                "public" => super::world::PUBLIC,
                _ => Channel::Notifications(account.id),
            };
            world.publish(&channel, "delete", &json!(id)).await;
            if allowed.contains(&stream) {
                assert_eq!(ws.next_id().await, id, "{scopes} on {stream}");
            } else {
                assert_eq!(ws.next().await, refused, "{scopes} on {stream}");
            }
        }
    }
}

#[tokio::test]
async fn the_home_stream_has_notifications_only_with_their_scope() {
    let world = World::new().await;
    let (with, without) = (world.account_with("read").await, world.account_with("read:statuses").await);
    for (account, expected) in [(with, "notification"), (without, "delete")] {
        let mut ws = world.ws(&account, "stream=user").await;
        world.publish(&Channel::Notifications(account.id), "notification", &json!({"id": world.id()})).await;
        world.publish(&Channel::Home(account.id), "delete", &json!(world.id())).await;
        assert_eq!(ws.next().await["event"], expected);
    }
}

#[tokio::test]
async fn a_revoked_token_ends_its_streams() {
    let world = World::new().await;
    let alice = world.account().await;
    let token_id = world.number("SELECT id FROM oauth_access_tokens WHERE token = $1", &[&alice.token]).await;
    let (mut ws, mut sse) = (world.ws(&alice, "stream=user").await, world.sse(&alice, "user").await);
    assert_eq!(sse.line().await.as_deref(), Some(":)"));
    world.tell(Channel::AccessToken(token_id), "kill").await;
    assert_eq!(ws.closed().await, Closed { code: None, reason: String::new() });
    assert_eq!(sse.line().await, None);
}

#[tokio::test]
async fn a_disabled_account_loses_the_streams_of_all_its_tokens() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "stream=user").await;
    world.tell(Channel::System(alice.id), "kill").await;
    assert_eq!(ws.closed().await.code, None);
}

#[tokio::test]
async fn one_account_cannot_hold_more_than_a_hundred_streams() {
    let world = World::new().await;
    let alice = world.account().await;
    let query = format!("access_token={}", alice.token);
    let mut open = Vec::new();
    for _ in 0..100 {
        open.push(world.ws_raw(&query, &[]).await.unwrap());
    }
    let (status, message, _) = refusal(&world, &query).await;
    assert_eq!((status, message.as_str()), (429, "Too many requests"));
    let other = world.account().await;
    assert_eq!(world.ws(&other, "stream=nonsense").await.next().await, json!({"error": "Unknown stream type", "status": 400}));
    drop(open);
}
