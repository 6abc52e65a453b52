//! Nobody makes the server ask its own network. `crates/http-client/src/guard.rs`

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use testing::{Network, RemoteServer, TestApp};
use tokio::net::TcpListener;

const DOMAIN: &str = "there.example";

fn like(actor: &str) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": format!("{actor}#likes/1"), "type": "Like",
        "actor": actor, "object": "https://here.example/1",
    })
}

/// Whether anybody has knocked.
async fn is_untouched(listener: &TcpListener) -> bool {
    tokio::select! {
        biased;
        _ = listener.accept() => false,
        () = std::future::ready(()) => true,
    }
}

#[tokio::test]
async fn the_key_of_a_stranger_is_not_asked_for_on_loopback() {
    let app = TestApp::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let actor = format!("https://{host}:{port}/users/mallory");
        let answer = app.delivered(&actor, &like(&actor)).await;
        assert!(matches!(answer.status.as_u16(), 401 | 503), "{host}: {}", answer.status);
        assert!(is_untouched(&listener).await, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_stands_for_a_private_address_is_not_connected_to() {
    let network = Network::new(&[DOMAIN]).await;
    let remote = RemoteServer::start(&network, DOMAIN);
    let mallory = remote.actor("mallory");
    let app = TestApp::builder().variables(network.variables()).variable("ALLOWED_PRIVATE_ADDRESSES", "").start().await;
    let answer = mallory.deliver(&app, &like(&mallory.url)).await;
    assert_ne!(answer.status, 202);
    assert!(remote.asked().is_empty(), "{:?}", remote.asked());

    let open = TestApp::builder().variables(network.variables()).start().await;
    assert_eq!(mallory.deliver(&open, &like(&mallory.url)).await.status, 202, "with the range allowed the same is fine");
    assert!(!remote.asked().is_empty());
}

#[tokio::test]
async fn a_redirect_into_the_private_network_is_not_followed() {
    let network = Network::new(&[DOMAIN]).await;
    let remote = RemoteServer::start(&network, DOMAIN);
    let mallory = remote.actor("mallory");
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).await.unwrap();
    remote.redirect(&mallory.url, &format!("https://{}/secret", listener.local_addr().unwrap()));
    let app = TestApp::builder().variables(network.variables()).variable("ALLOWED_PRIVATE_ADDRESSES", "127.0.0.1").start().await;
    let answer = mallory.deliver(&app, &like(&mallory.url)).await;
    assert_ne!(answer.status, 202);
    assert!(remote.asked().contains(&mallory.url), "the redirect was seen");
    assert!(is_untouched(&listener).await, "and not followed");
}
