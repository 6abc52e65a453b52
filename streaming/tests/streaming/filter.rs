use kv::publish::{Channel, Scope};
use serde_json::{Value, json};

use super::world::{Account, PUBLIC, World, Ws, id_of};

const BLOCK: &str =
    "INSERT INTO blocks (account_id, target_account_id, created_at, updated_at) VALUES ($1::bigint, $2::bigint, now(), now())";
const MUTE: &str =
    "INSERT INTO mutes (account_id, target_account_id, created_at, updated_at) VALUES ($1::bigint, $2::bigint, now(), now())";
const DOMAIN: &str =
    "INSERT INTO account_domain_blocks (account_id, domain, created_at, updated_at) VALUES ($1::bigint, $2, now(), now())";

/// Publishes the posts, then something that nothing holds back; answers which posts came through.
async fn shown(world: &World, ws: &mut Ws, channel: &Channel, posts: &[&Value]) -> Vec<String> {
    for post in posts {
        world.publish(channel, "update", post).await;
    }
    let end = world.id();
    world.publish(channel, "delete", &json!(end)).await;
    let mut shown = Vec::new();
    loop {
        let id = ws.next_id().await;
        if id == end {
            return shown;
        }
        shown.push(id);
    }
}

fn id(post: &Value) -> String {
    post["id"].as_str().unwrap().to_owned()
}

async fn filter(world: &World, account: &Account, keyword: &str, action: &str) -> i64 {
    let sql = "INSERT INTO custom_filters (account_id, phrase, context, action, created_at, updated_at)
               VALUES ($1::bigint, $2, '{home,public}', $3::int, now(), now()) RETURNING id";
    let filter = world.number(sql, &[&account.id.to_string(), &format!("no {keyword}"), action]).await;
    let sql = "INSERT INTO custom_filter_keywords (custom_filter_id, keyword, whole_word, created_at, updated_at)
               VALUES ($1::bigint, $2, true, now(), now())";
    world.run(sql, &[&filter.to_string(), keyword]).await;
    filter
}

#[tokio::test]
async fn public_streams_hold_back_blocks_mutes_and_domains() {
    let world = World::new().await;
    let (alice, bob) = (world.account().await, world.account().await);
    let (blocked, blocking, muted, fine) =
        (world.account().await.id, world.account().await.id, world.account().await.id, world.account().await.id);
    let (a, domain) = (alice.id.to_string(), format!("d{}.example", world.id()));
    world.run(BLOCK, &[&a, &blocked.to_string()]).await;
    world.run(BLOCK, &[&blocking.to_string(), &a]).await;
    world.run(MUTE, &[&a, &muted.to_string()]).await;
    world.run(DOMAIN, &[&a, &domain]).await;

    let by = |author: i64, acct: &str| world.post(author, acct, "public");
    let good = by(fine, "fine@other.example");
    let mut mentioning = by(fine, "fine@other.example");
    mentioning["mentions"] = json!([{"id": blocked.to_string()}]);
    let bad = [by(blocked, "b@other.example"), by(blocking, "c"), by(muted, "m"), by(fine, &format!("x@{domain}")), mentioning];
    let posts: Vec<&Value> = bad.iter().chain([&good]).collect();

    let mut ws = world.ws(&alice, "stream=public").await;
    assert_eq!(shown(&world, &mut ws, &PUBLIC, &posts).await, [id(&good)]);
    let mut ws = world.ws(&bob, "stream=public").await;
    assert_eq!(shown(&world, &mut ws, &PUBLIC, &posts).await.len(), posts.len(), "bob minds nobody");
}

#[tokio::test]
async fn what_was_rendered_for_the_account_is_not_judged_again() {
    let world = World::new().await;
    let (alice, bob) = (world.account().await, world.account().await);
    world.run(BLOCK, &[&alice.id.to_string(), &bob.id.to_string()]).await;
    let post = world.post(bob.id, "bob", "home");
    let mut ws = world.ws(&alice, "stream=user").await;
    assert_eq!(shown(&world, &mut ws, &Channel::Home(alice.id), &[&post]).await, [id(&post)]);
}

#[tokio::test]
async fn keyword_filters_are_attached_until_they_are_gone() {
    let world = World::new().await;
    let alice = world.account().await;
    let mut ws = world.ws(&alice, "stream=public").await;
    let plain = world.post(7, "bob", "<p>more cucumbers</p>");
    world.publish(&PUBLIC, "update", &plain).await;
    assert_eq!(ws.next().await["payload"], json!(plain.to_string()));

    let filter_id = filter(&world, &alice, "cucumber", "0").await;
    world.tell(Channel::System(alice.id), "filters_changed").await;
    let matching = world.post(7, "bob", "<p>I like<br>Cucumber salad</p>");
    world.publish(&PUBLIC, "update", &matching).await;
    let payload: Value = serde_json::from_str(ws.next().await["payload"].as_str().unwrap()).unwrap();
    assert_eq!(
        payload["filtered"],
        json!([{
            "filter": {
                "id": filter_id.to_string(), "title": "no cucumber", "context": ["home", "public"],
                "expires_at": null, "filter_action": "warn",
            },
            "keyword_matches": ["Cucumber"],
            "status_matches": null,
        }])
    );
    world.publish(&PUBLIC, "update", &plain).await;
    let payload: Value = serde_json::from_str(ws.next().await["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["filtered"], json!([]), "whole words only");

    world.run("DELETE FROM custom_filters WHERE id = $1::bigint", &[&filter_id.to_string()]).await;
    world.tell(Channel::System(alice.id), "filters_changed").await;
    world.publish(&PUBLIC, "update", &matching).await;
    assert_eq!(ws.next().await["payload"], json!(matching.to_string()));
}

#[tokio::test]
async fn filters_look_at_warnings_polls_and_descriptions() {
    let world = World::new().await;
    let alice = world.account().await;
    filter(&world, &alice, "needle", "1").await;
    let mut ws = world.ws(&alice, "stream=public").await;
    for (field, value) in [
        ("spoiler_text", json!("a needle")),
        ("poll", json!({"options": [{"title": "needle"}, {"title": "hay"}]})),
        ("media_attachments", json!([{"description": null}, {"description": "the needle"}])),
    ] {
        let mut post = world.post(7, "bob", "<p>hay</p>");
        post[field] = value;
        world.publish(&PUBLIC, "status.update", &post).await;
        let payload: Value = serde_json::from_str(ws.next().await["payload"].as_str().unwrap()).unwrap();
        assert_eq!(payload["filtered"][0]["filter"]["filter_action"], "hide", "{field}");
    }
}

#[tokio::test]
async fn chosen_languages_leave_others_and_unknown_ones_out() {
    let world = World::new().await;
    let bob = world.account().await;
    world.run("UPDATE users SET chosen_languages = '{de,fr}' WHERE id = $1::bigint", &[&bob.user_id.to_string()]).await;
    let posts: Vec<Value> = [json!("de"), json!("en"), json!(null)]
        .into_iter()
        .map(|language| {
            let mut post = world.post(7, "zoe@a.example", "in a language");
            post["language"] = language;
            post
        })
        .collect();
    let mut ws = world.ws(&bob, "stream=public").await;
    assert_eq!(shown(&world, &mut ws, &PUBLIC, &posts.iter().collect::<Vec<_>>()).await, [id(&posts[0])]);
}

#[tokio::test]
async fn a_closed_feed_is_streamed_to_those_who_may_see_it() {
    let world = World::new().await;
    let (alice, mod_) = (world.account().await, world.account().await);
    let role = world
        .number(
            "INSERT INTO user_roles (name, permissions, created_at, updated_at) VALUES ($1, 1048576, now(), now()) RETURNING id",
            &[&world.id()],
        )
        .await;
    world
        .run("UPDATE users SET role_id = $1::bigint WHERE id = $2::bigint", &[&role.to_string(), &mod_.user_id.to_string()])
        .await;
    let sql =
        "INSERT INTO settings (var, value) VALUES ('local_topic_feed_access', E'--- disabled\\n') ON CONFLICT (var) DO NOTHING";
    world.run(sql, &[]).await;
    let tag = format!("closed{}", world.id());
    let channel = Channel::Hashtag { name: tag.clone(), local: false };
    let (local, remote) = (world.post(7, "zoe", "here"), world.post(7, "zoe@a.example", "there"));
    let mut ws = world.ws(&alice, &format!("stream=hashtag&tag={tag}")).await;
    let mut ws_mod = world.ws(&mod_, &format!("stream=hashtag&tag={tag}")).await;
    world.run("DELETE FROM settings WHERE var = 'local_topic_feed_access'", &[]).await;
    assert_eq!(shown(&world, &mut ws, &channel, &[&local, &remote]).await, [id(&remote)]);
    assert_eq!(ws_mod.next_id().await, id(&local));
}

#[tokio::test]
async fn a_deletion_does_not_overtake_its_post() {
    let world = World::new().await;
    let alice = world.account().await;
    let channel = Channel::Public { scope: Scope::Local, only_media: false };
    let mut ws = world.ws(&alice, "stream=public:local").await;
    for _ in 0..50 {
        let post = world.post(7, "bob", "short-lived");
        world.publish(&channel, "update", &post).await;
        world.publish(&channel, "delete", &post["id"]).await;
        let (first, second) = (ws.next().await, ws.next().await);
        assert_eq!((&first["event"], &second["event"]), (&json!("update"), &json!("delete")));
        assert_eq!(id_of(&first), id_of(&second));
    }
}
