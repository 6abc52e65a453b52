//! `worker/src/jobs/web_push.rs`, with a push service that decrypts what it gets.

use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::signature::{self, ECDSA_P256_SHA256_FIXED};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use testing::{Network, Person, TestApp};

const PATH: &str = "/api/v1/push/subscription";
const DEVICE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
const SECRET: [u8; 16] = [7; 16];
const WAITING: &str = "SELECT count(*) FROM ferrodon.job WHERE kind = 'web_push'";
const SUBSCRIPTIONS: &str = "SELECT count(*) FROM web_push_subscriptions";

#[derive(Clone)]
struct PushService(Arc<Mutex<Inner>>);

struct Inner {
    answer: StatusCode,
    retry_after: Option<&'static str>,
    arrived: Vec<(String, HeaderMap, Vec<u8>)>,
}

async fn take(State(service): State<PushService>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap) {
    let mut inner = service.0.lock().unwrap();
    inner.arrived.push((uri.path().to_owned(), headers, body.to_vec()));
    let wish = inner.retry_after.map(|after| (http::header::RETRY_AFTER, after.parse().unwrap()));
    (inner.answer, wish.into_iter().collect())
}

impl PushService {
    fn start(network: &Network) -> Self {
        let inner = Inner { answer: StatusCode::CREATED, retry_after: None, arrived: Vec::new() };
        let service = Self(Arc::new(Mutex::new(inner)));
        network.serve("push.example", Router::new().fallback(take).with_state(service.clone()));
        service
    }

    fn answers(&self, status: u16) {
        self.0.lock().unwrap().answer = StatusCode::from_u16(status).unwrap();
    }

    fn arrived(&self) -> Vec<(String, HeaderMap, Vec<u8>)> {
        std::mem::take(&mut self.0.lock().unwrap().arrived)
    }
}

async fn start() -> (TestApp, PushService) {
    let network = Network::new(&["push.example"]).await;
    let service = PushService::start(&network);
    let variables = network.variables().into_iter().map(|(name, value)| match name.as_str() {
        // Nobody listens there.
        "FERRODON_HOSTS" => (name, format!("{value},dead.example=127.0.0.1:1")),
        _ => (name, value),
    });
    // Of the recorded server social.example, whose keys protect nothing.
    let app = TestApp::builder()
        .variables(variables.collect())
        .variable("VAPID_PRIVATE_KEY", "PZHSClKgohKh5B7zR--sIbc4iAajq44eoON18AVc_mg=")
        .variable("VAPID_PUBLIC_KEY", "BDwIH1ayd4ESBXVl8RKhBc3RwiQUaNEWWoeqMdAv6I18flPM3CHSQzybfxJwPi5LTK79HjyN0gyJbzyhW02IDQ4=")
        .start()
        .await;
    std::mem::forget(network);
    (app, service)
}

fn device() -> (PrivateKey, Vec<u8>) {
    let private = PrivateKey::from_private_key(&ECDH_P256, &URL_SAFE_NO_PAD.decode(DEVICE).unwrap()).unwrap();
    let public = private.compute_public_key().unwrap().as_ref().to_vec();
    (private, public)
}

async fn subscribe(person: &Person, endpoint: &str, standard: bool, policy: &str) -> Value {
    let keys = json!({ "p256dh": URL_SAFE_NO_PAD.encode(device().1), "auth": URL_SAFE_NO_PAD.encode(SECRET) });
    let alerts = json!({ "mention": true, "follow": "1", "favourite": true, "reblog": true, "poll": false });
    let params = json!({
        "subscription": { "endpoint": endpoint, "keys": keys, "standard": standard },
        "data": { "policy": policy, "alerts": alerts },
    });
    person.post(PATH, params).await.ok()
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive(salt: &[u8], input: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let extracted = Salt::new(HKDF_SHA256, salt).extract(input);
    extracted.expand(info, Length(length)).unwrap().fill(&mut out).unwrap();
    out
}

fn open(key: &[u8], nonce: &[u8], sealed: &[u8]) -> Vec<u8> {
    let mut text = sealed.to_vec();
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).unwrap());
    key.open_in_place(Nonce::try_assume_unique_for_key(nonce).unwrap(), Aad::empty(), &mut text).unwrap().to_vec()
}

/// As a browser does it.
fn decrypt(headers: &HeaderMap, body: &[u8]) -> Value {
    let (private, own) = device();
    let shared =
        |sender: &[u8]| agree(&private, UnparsedPublicKey::new(&ECDH_P256, sender), (), |secret| Ok(secret.to_vec())).unwrap();
    if headers["content-encoding"] == "aes128gcm" {
        let (salt, sender, sealed) = (&body[..16], &body[21..86], &body[86..]);
        assert_eq!(body[20], 65);
        let input = derive(&SECRET, &shared(sender), &[b"WebPush: info\0", &own, sender], 32);
        let key = derive(salt, &input, &[b"Content-Encoding: aes128gcm\0"], 16);
        let text = open(&key, &derive(salt, &input, &[b"Content-Encoding: nonce\0"], 12), sealed);
        assert_eq!(text.last(), Some(&2));
        return serde_json::from_slice(&text[..text.len() - 1]).unwrap();
    }
    assert_eq!(headers["content-encoding"], "aesgcm");
    let salt = URL_SAFE_NO_PAD.decode(headers["encryption"].to_str().unwrap().strip_prefix("salt=").unwrap()).unwrap();
    let keys = headers["crypto-key"].to_str().unwrap();
    let sender = keys.split(';').find_map(|part| part.strip_prefix("dh=")).unwrap();
    let sender = URL_SAFE_NO_PAD.decode(sender).unwrap();
    let input = derive(&SECRET, &shared(&sender), &[b"Content-Encoding: auth\0"], 32);
    let context = [b"P-256\0\0\x41".as_slice(), &own, b"\0\x41", &sender].concat();
    let key = derive(&salt, &input, &[b"Content-Encoding: aesgcm\0", &context], 16);
    let text = open(&key, &derive(&salt, &input, &[b"Content-Encoding: nonce\0", &context], 12), body);
    assert_eq!(text[..2], [0, 0]);
    serde_json::from_slice(&text[2..]).unwrap()
}

/// The claims, if the server's key signed them.
fn claims(headers: &HeaderMap, server_key: &str) -> Value {
    let authorization = headers["authorization"].to_str().unwrap();
    let (token, key) = if let Some(standard) = authorization.strip_prefix("vapid t=") {
        standard.split_once(",k=").unwrap()
    } else {
        let keys = headers["crypto-key"].to_str().unwrap();
        let key = keys.split(';').find_map(|part| part.strip_prefix("p256ecdsa=")).unwrap();
        (authorization.strip_prefix("WebPush ").unwrap(), key)
    };
    assert_eq!(key, server_key.trim_end_matches('='));
    let (signed, proof) = token.rsplit_once('.').unwrap();
    let public = signature::UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, URL_SAFE_NO_PAD.decode(key).unwrap());
    public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(proof).unwrap()).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap()).unwrap()
}

/// What tests/conformance/push/golden.json has, in both codings.
#[tokio::test]
async fn a_device_reads_what_happened_in_either_coding() {
    let (app, service) = start().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    for (path, standard) in [("new", true), ("old", false)] {
        let reader = if standard { alice.clone() } else { alice.with_scopes("push read").await };
        let made = subscribe(&reader, &format!("https://push.example/push/{path}"), standard, "all").await;
        assert_eq!(made["standard"], standard);
    }
    let server_key = alice.get(PATH).await.ok()["server_key"].as_str().unwrap().to_owned();
    let post = alice.posts("something to like").await;
    let id = post["id"].as_str().unwrap();
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.id()), json!({})).await.ok();
    bob.post(&format!("/api/v1/statuses/{id}/favourite"), json!({})).await.ok();
    bob.posts("@alice <b>hello</b> & \"you\" https://example.com/x").await;
    bob.posts_with(json!({ "status": "@alice hidden", "spoiler_text": "careful" })).await;
    app.run_jobs().await;
    let arrived = service.arrived();
    assert_eq!(arrived.len(), 8);
    let golden: Value = serde_json::from_str(include_str!("../conformance/push/golden.json")).unwrap();
    let mut told = Vec::new();
    for (path, headers, body) in &arrived {
        let recorded = golden.as_array().unwrap().iter().find(|row| row["path"] == path.as_str()).unwrap();
        for name in ["ttl", "urgency", "content-type", "content-encoding"] {
            assert_eq!(headers[name], recorded["headers"][name].as_str().unwrap(), "{name}");
        }
        for name in recorded["headers"].as_object().unwrap().keys().filter(|name| *name != "connection") {
            assert!(headers.contains_key(name) || name == "host", "{name}");
        }
        let link = headers["unsubscribe-url"].to_str().unwrap();
        assert!(link.starts_with("https://here.example/api/web/push_subscriptions/"), "{link}");
        let claims = claims(headers, &server_key);
        assert_eq!((&claims["aud"], &claims["sub"]), (&json!("https://push.example"), &json!("mailto:")));
        let payload = decrypt(headers, body);
        let names: Vec<&String> = payload.as_object().unwrap().keys().collect();
        assert_eq!(names, recorded["payload"].as_object().unwrap().keys().collect::<Vec<_>>());
        assert_eq!(payload["preferred_locale"], "en");
        assert!(payload["notification_id"].is_i64());
        assert_eq!(payload["icon"], "https://here.example/avatars/original/missing.png");
        if path == "/push/new" {
            assert_eq!(payload["access_token"], alice.token());
        }
        let text = |name: &str| payload[name].as_str().unwrap().to_owned();
        told.push((path.clone(), text("notification_type"), text("title"), text("body")));
    }
    told.sort();
    let expected = [
        ("favourite", "bob favorited your post", "something to like"),
        ("follow", "bob is now following you", ""),
        ("mention", "You were mentioned by bob", "@alice hello & \"you\" https://example.com/x"),
        ("mention", "You were mentioned by bob", "careful"),
    ];
    for (found, path) in told.chunks(4).zip(["/push/new", "/push/old"]) {
        for (found, (kind, title, body)) in found.iter().zip(expected) {
            assert_eq!(found, &(path.to_owned(), kind.to_owned(), title.to_owned(), body.to_owned()));
        }
    }
}

#[tokio::test]
async fn a_subscription_that_its_service_does_not_take_is_removed_and_one_it_cannot_take_now_is_tried_again() {
    let (app, service) = start().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    for status in [500, 408, 429, 302] {
        subscribe(&alice, "https://push.example/new", true, "all").await;
        service.answers(status);
        bob.posts("@alice again").await;
        app.run_jobs().await;
        assert_eq!(service.arrived().len(), 1, "{status}");
        assert_eq!((app.count(SUBSCRIPTIONS).await, app.count(WAITING).await), (1, 1), "{status}");
        sqlx::query("UPDATE ferrodon.job SET run_at = now() WHERE kind = 'web_push'")
            .execute(&mut *app.conn().await)
            .await
            .unwrap();
        service.answers(201);
        app.run_jobs().await;
        assert_eq!((service.arrived().len(), app.count(WAITING).await), (1, 0), "{status}");
    }
    for status in [400, 401, 403, 404, 410, 413] {
        subscribe(&alice, "https://push.example/new", true, "all").await;
        service.answers(status);
        bob.posts("@alice once more").await;
        app.run_jobs().await;
        assert_eq!((app.count(SUBSCRIPTIONS).await, app.count(WAITING).await), (0, 0), "{status}");
    }
}

#[tokio::test]
async fn a_dead_service_holds_up_nobody_and_costs_one_try() {
    let (app, service) = start().await;
    let (alice, bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    subscribe(&alice, "https://dead.example/1", true, "all").await;
    subscribe(&carol, "https://push.example/new", true, "all").await;
    for number in 0..20 {
        bob.posts(&format!("@alice @carol {number}")).await;
    }
    app.run_jobs().await;
    assert_eq!(service.arrived().len(), 20);
    assert_eq!(app.count(WAITING).await, 20);
    let tried = "SELECT count(*) FROM ferrodon.job WHERE kind = 'web_push' AND attempt > 0";
    assert_eq!(app.count(tried).await, 1, "the others wait for it to come back");
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'web_push' AND run_at <= now()").await, 0);
}

#[tokio::test]
async fn who_wants_pushes_only_of_some_gets_no_others() {
    let (app, service) = start().await;
    let (alice, bob, carol) = (app.account("alice").await, app.account("bob").await, app.account("carol").await);
    alice.post(&format!("/api/v1/accounts/{}/follow", bob.id()), json!({})).await.ok();
    carol.post(&format!("/api/v1/accounts/{}/follow", alice.id()), json!({})).await.ok();
    app.run_jobs().await;
    for (policy, expected) in
        [("all", vec!["bob", "carol"]), ("followed", vec!["bob"]), ("follower", vec!["carol"]), ("none", vec![])]
    {
        subscribe(&alice, "https://push.example/new", true, policy).await;
        bob.posts("@alice hello").await;
        carol.posts("@alice hello").await;
        app.run_jobs().await;
        let mut named: Vec<String> = service
            .arrived()
            .iter()
            .map(|(_, headers, body)| decrypt(headers, body)["title"].as_str().unwrap().to_owned())
            .collect();
        named.sort();
        let expected: Vec<String> = expected.iter().map(|name| format!("You were mentioned by {name}")).collect();
        assert_eq!(named, expected, "{policy}");
    }
}

#[tokio::test]
async fn what_is_no_longer_wanted_or_true_is_not_sent() {
    let (app, service) = start().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let send_job = async || {
        service.answers(500);
        subscribe(&alice, "https://push.example/new", true, "all").await;
        let post = bob.posts("@alice hello").await;
        app.run_jobs().await;
        assert_eq!(service.arrived().len(), 1);
        service.answers(201);
        sqlx::query("UPDATE ferrodon.job SET run_at = now() WHERE kind = 'web_push'")
            .execute(&mut *app.conn().await)
            .await
            .unwrap();
        post
    };
    let post = send_job().await;
    bob.delete(&format!("/api/v1/statuses/{}", post["id"].as_str().unwrap())).await.ok();
    app.run_jobs().await;
    assert_eq!((service.arrived().len(), app.count(WAITING).await), (0, 0), "the post is gone");

    send_job().await;
    alice.put(PATH, json!({ "data": { "alerts": { "mention": false } } })).await.ok();
    app.run_jobs().await;
    assert_eq!((service.arrived().len(), app.count(WAITING).await), (0, 0), "mentions are not wanted any more");

    send_job().await;
    sqlx::query("UPDATE notifications SET created_at = now() - interval '49 hours'")
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    app.run_jobs().await;
    assert_eq!((service.arrived().len(), app.count(WAITING).await), (0, 0), "it is old");

    send_job().await;
    alice.delete(PATH).await.ok();
    app.run_jobs().await;
    assert_eq!((service.arrived().len(), app.count(WAITING).await), (0, 0), "the subscription is gone");
}
