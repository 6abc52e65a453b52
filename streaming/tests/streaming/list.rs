use kv::publish::Channel;
use serde_json::json;

use super::world::World;

#[tokio::test]
async fn a_list_is_streamed_to_its_owner_only() {
    let world = World::new().await;
    let (alice, bob) = (world.account().await, world.account().await);
    let sql = "INSERT INTO lists (account_id, title, created_at, updated_at) VALUES ($1::bigint, 'l', now(), now()) RETURNING id";
    let list = world.number(sql, &[&alice.id.to_string()]).await;
    let mut ws = world.ws(&alice, &format!("stream=list&list={list}")).await;
    let mut sse = world.sse(&alice, &format!("list?list={list}")).await;

    let mut other = world.ws(&bob, &format!("stream=list&list={list}")).await;
    assert_eq!(other.next().await, json!({"error": "Not authorized to stream this list", "status": 401}));
    for (query, status, error) in [
        (format!("?list={list}"), 401, "Not authorized to stream this list"),
        ("?list=x".to_owned(), 401, "Not authorized to stream this list"),
        (String::new(), 400, "Missing list name parameter"),
    ] {
        let separator = if query.is_empty() { '?' } else { '&' };
        let answer = world.body(&format!("/api/v1/streaming/list{query}{separator}access_token={}", bob.token)).await;
        assert_eq!(answer, (status, format!(r#"{{"error":"{error}"}}"#)));
    }

    let post = world.post(bob.id, "bob", "listed");
    world.publish(&Channel::List(list), "update", &post).await;
    let message = ws.next().await;
    assert_eq!((&message["stream"], &message["payload"]), (&json!(["list", list.to_string()]), &json!(post.to_string())));
    assert_eq!(sse.next().await.1, post.to_string());
}
