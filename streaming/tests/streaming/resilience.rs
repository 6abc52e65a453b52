use kv::publish::Channel;
use serde_json::json;
use tokio::time::{Duration, interval};

use super::world::{Proxy, World};

/// Publishes until the socket has heard something, since a lost connection takes a moment to come back.
async fn publish_until_heard(world: &World, channel: &Channel, ws: &mut super::world::Ws) {
    let mut again = interval(Duration::from_millis(50));
    let heard = async {
        loop {
            tokio::select! {
                _ = again.tick() => world.publish(channel, "delete", &json!(world.id())).await,
                _ = ws.next() => return,
            }
        }
    };
    tokio::time::timeout(super::world::PATIENCE, heard).await.expect("the stream comes back");
}

#[tokio::test]
async fn streams_survive_the_loss_of_redis() {
    let proxy = Proxy::new().await;
    let world = World::with_redis(&proxy.url).await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "stream=user").await;
    for _ in 0..3 {
        proxy.cut();
        publish_until_heard(&world, &Channel::Home(alice.id), &mut ws).await;
    }
    ws.send(json!({"type": "subscribe", "stream": "direct"})).await;
    ws.settle().await;
    publish_until_heard(&world, &Channel::Direct(alice.id), &mut ws).await;
}

#[tokio::test]
async fn a_revocation_that_was_not_heard_is_found_out() {
    let proxy = Proxy::new().await;
    let world = World::with_redis(&proxy.url).await;
    let (alice, bob) = (world.account().await, world.account().await);
    let (mut dead, mut alive) = (world.ws(&alice, "stream=user").await, world.ws(&bob, "stream=user").await);
    world.run("UPDATE oauth_access_tokens SET revoked_at = now() WHERE token = $1", &[&alice.token]).await;
    proxy.cut();
    assert_eq!(dead.closed().await.code, None);
    publish_until_heard(&world, &Channel::Home(bob.id), &mut alive).await;
}

#[tokio::test]
async fn a_stream_opens_without_redis() {
    let world = World::with_redis("unix:///nowhere/redis.sock").await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "stream=nonsense").await;
    assert_eq!(ws.next().await["error"], "Unknown stream type");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    const EVENTS: usize = 600;
    let world = World::new().await;
    let alice = world.account().await;
    let mut idle = world.ws(&alice, "stream=user").await;
    let mut reader = world.ws(&alice, "stream=user").await;
    let post = world.post(alice.id, "alice", &"x".repeat(100_000));
    let mut heard = 0;
    for _ in 0..EVENTS {
        world.publish(&Channel::Home(alice.id), "update", &post).await;
        reader.next().await;
    }
    while idle.read().await.is_ok() {
        heard += 1;
    }
    assert!(heard < EVENTS, "all {heard} events were kept for it");
}

#[tokio::test]
async fn clients_are_sent_away_when_the_program_ends() {
    let mut world = World::new().await;
    let alice = world.account().await;
    let (mut ws, mut sse) = (world.ws(&alice, "stream=user").await, world.sse(&alice, "user").await);
    assert_eq!(sse.line().await.as_deref(), Some(":)"));
    world.stop();
    assert_eq!(ws.closed().await.code, Some(1012));
    assert!(sse.line().await.unwrap().starts_with("retry: "));
    assert_eq!(sse.line().await.as_deref(), Some(""));
    assert_eq!(sse.line().await, None);
}
