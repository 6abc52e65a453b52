use kv::publish::{Channel, Scope};
use serde_json::json;
use tokio_tungstenite::tungstenite;

use super::world::{Closed, PUBLIC, World};

#[tokio::test]
async fn one_socket_carries_many_streams() {
    let world = World::new().await;
    let alice = world.account().await;
    let tag = format!("mux{}", world.id());
    let mut ws = world.ws(&alice, "").await;
    for wish in [
        json!({"type": "subscribe", "stream": "user"}),
        json!({"type": "subscribe", "stream": "public:local"}),
        json!({"type": "subscribe", "stream": "hashtag", "tag": tag}),
        json!({"type": "subscribe", "stream": "user"}),
        json!({"type": "subscribe", "stream": ["public", "user"]}),
    ] {
        ws.send(wish).await;
    }
    ws.settle().await;
    let local = Channel::Public { scope: Scope::Local, only_media: false };
    let hashtag = Channel::Hashtag { name: tag.clone(), local: false };
    let post = world.post(alice.id, "alice", "many ways");
    world.publish(&Channel::Home(alice.id), "update", &post).await;
    assert_eq!(ws.next().await["stream"], json!(["user"]));
    for (channel, stream) in
        [(&local, json!(["public:local"])), (&hashtag, json!(["hashtag", tag])), (&PUBLIC, json!(["public"]))]
    {
        world.publish(channel, "update", &post).await;
        let message = ws.next().await;
        assert_eq!((&message["stream"], &message["event"]), (&stream, &json!("update")));
        assert_eq!(message["payload"], json!(post.to_string()), "an entity is sent as the text it was published as");
    }

    ws.send(json!({"type": "unsubscribe", "stream": "public:local"})).await;
    ws.send(json!({"type": "unsubscribe", "stream": "hashtag", "tag": tag})).await;
    ws.settle().await;
    for channel in [&local, &hashtag, &Channel::Home(alice.id)] {
        world.publish(channel, "delete", &json!(world.id())).await;
    }
    assert_eq!(ws.next().await["stream"], json!(["user"]));
}

#[tokio::test]
async fn impossible_wishes_are_answered_and_nonsense_is_not() {
    let world = World::new().await;
    let alice = world.account().await;
    let refused = |error: &str, status: u16| Some(json!({"error": error, "status": status}));
    let cases = [
        (json!({"type": "subscribe", "stream": "nonsense"}).to_string(), refused("Unknown stream type", 400)),
        (json!({"type": "subscribe", "stream": "hashtag"}).to_string(), refused("Missing tag name parameter", 400)),
        (json!({"type": "subscribe", "stream": "list"}).to_string(), refused("Missing list name parameter", 400)),
        (
            json!({"type": "subscribe", "stream": "list", "list": "999999"}).to_string(),
            refused("Not authorized to stream this list", 401),
        ),
        (json!({"type": "dance"}).to_string(), None),
        (json!({"type": "subscribe"}).to_string(), refused("Unknown stream type", 400)),
        ("{nope".to_owned(), None),
        (r#""x""#.to_owned(), None),
        (
            json!({"type": "unsubscribe", "stream": "nonsense"}).to_string(),
            Some(json!({"error": "Error unsubscribing from channel"})),
        ),
        (
            json!({"type": "unsubscribe", "stream": "list", "list": "1"}).to_string(),
            Some(json!({"error": "Error unsubscribing from channel"})),
        ),
    ];
    let mut ws = world.ws(&alice, "stream=user").await;
    for (wish, answer) in cases {
        ws.send_text(&wish).await;
        if let Some(answer) = answer {
            assert_eq!(ws.next().await, answer, "{wish}");
        }
    }
    let id = world.id();
    world.publish(&Channel::Home(alice.id), "delete", &json!(id)).await;
    assert_eq!(ws.next_id().await, id, "still working");
}

#[tokio::test]
async fn binary_messages_end_the_connection() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "stream=user").await;
    ws.send_raw(tungstenite::Message::binary(vec![0, 1])).await;
    let reason = "The mastodon streaming server does not support binary messages".to_owned();
    assert_eq!(ws.closed().await, Closed { code: Some(1003), reason });
}

#[tokio::test]
async fn pings_are_answered() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "").await;
    ws.send_raw(tungstenite::Message::Ping("hello".into())).await;
    assert_eq!(ws.pong().await, b"hello");
}

#[tokio::test]
async fn the_query_subscribes_and_the_label_keeps_the_tag_as_given() {
    let world = World::new().await;
    let alice = world.account().await;
    let tag = format!("Qp{}", world.id());
    let mut plain = world.ws(&alice, &format!("stream=hashtag&tag={tag}")).await;
    let mut upper = world.ws(&alice, &format!("stream=hashtag&tag={}", tag.to_uppercase())).await;
    let mut sse = world.sse(&alice, &format!("hashtag?tag={}", tag.to_lowercase())).await;
    let post = world.post(alice.id, "alice", "hello");
    world.publish(&Channel::Hashtag { name: tag.clone(), local: false }, "update", &post).await;
    assert_eq!(plain.next().await["stream"], json!(["hashtag", tag]));
    assert_eq!(upper.next().await["stream"], json!(["hashtag", tag.to_uppercase()]));
    assert_eq!(sse.next().await, ("update".to_owned(), post.to_string()));
    for (query, error) in [("stream=hashtag", "Missing tag name parameter"), ("stream=nonsense", "Unknown stream type")] {
        assert_eq!(world.ws(&alice, query).await.next().await, json!({"error": error, "status": 400}));
    }
}

#[tokio::test]
async fn server_sent_events_name_their_event_and_greet_first() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut sse = world.sse(&alice, "user/notification").await;
    assert_eq!(sse.header("content-type"), Some("text/event-stream"));
    assert_eq!(sse.header("cache-control"), Some("private, no-store"));
    assert_eq!(sse.line().await.as_deref(), Some(":)"));
    let notification = json!({"id": world.id()});
    world.publish(&Channel::Notifications(alice.id), "notification", &notification).await;
    assert_eq!(sse.next().await, ("notification".to_owned(), notification.to_string()));
}

#[tokio::test]
async fn only_media_chooses_the_channel_of_posts_with_media() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut sse = world.sse(&alice, "public/remote?only_media=true").await;
    let channel = |only_media| Channel::Public { scope: Scope::Remote, only_media };
    let (all, media) = (world.id(), world.id());
    world.publish(&channel(false), "delete", &json!(all)).await;
    world.publish(&channel(true), "delete", &json!(media)).await;
    assert_eq!(sse.next().await.1, media);
    let mut off = world.sse(&alice, "public/remote?only_media=0").await;
    world.publish(&channel(true), "delete", &json!(media)).await;
    world.publish(&channel(false), "delete", &json!(all)).await;
    assert_eq!(off.next().await.1, all);
}

#[tokio::test]
async fn publishers_learn_who_listens_but_not_to_the_system() {
    let world = World::new().await;
    let alice = world.account().await;
    let channels =
        [Channel::Home(alice.id), Channel::Notifications(alice.id), Channel::Direct(alice.id), Channel::System(alice.id)];
    let _ws = world.ws(&alice, "stream=user").await;
    assert_eq!(kv::publish::subscribed(&world.kv, &channels).await.unwrap(), [true, true, false, false]);
}

#[tokio::test]
async fn events_without_a_payload_stay_inside() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "stream=user").await;
    world.tell(Channel::Home(alice.id), "filters_changed").await;
    let id = world.id();
    world.publish(&Channel::Home(alice.id), "delete", &json!(id)).await;
    assert_eq!(ws.next_id().await, id);
}
