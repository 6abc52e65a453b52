use futures_util::StreamExt;
use kv::publish::{self, Channel, Message, Scope};
use kv::subscribe;

use crate::{connect, id};

#[test]
fn channels_have_mastodons_names() {
    let public = |scope, only_media| Channel::Public { scope, only_media }.to_string();
    assert_eq!(public(Scope::All, false), "timeline:public");
    assert_eq!(public(Scope::Local, true), "timeline:public:local:media");
    assert_eq!(public(Scope::Remote, false), "timeline:public:remote");
    assert_eq!(Channel::Hashtag { name: "Cats".to_owned(), local: true }.to_string(), "timeline:hashtag:cats:local");
    assert_eq!(Channel::Notifications(5).to_string(), "timeline:5:notifications");
}

#[test]
fn messages_have_mastodons_form() {
    let update = Message::new("update", &serde_json::json!({"id": "1"})).unwrap();
    assert_eq!(update.as_str(), r#"{"event":"update","payload":{"id":"1"}}"#);
    assert_eq!(Message::delete("delete", 5).unwrap().as_str(), r#"{"event":"delete","payload":"5"}"#);
    assert_eq!(Message::bare("kill").unwrap().as_str(), r#"{"event":"kill"}"#);
}

#[tokio::test]
async fn a_listener_hears_what_is_published_on_its_channel_only() {
    let kv = connect();
    let (mine, other) = (Channel::Home(id()), Channel::Home(id()));
    let (mut subscriptions, mut received) = subscribe::connect(&kv).await.unwrap();
    subscriptions.subscribe(&[mine.to_string()]).await.unwrap();
    subscriptions.ping().await.unwrap();
    let message = |id| Message::delete("delete", id).unwrap();
    publish::publish(&kv, &[(other, message(1)), (mine.clone(), message(2))]).await.unwrap();
    let heard = received.next().await.unwrap();
    assert_eq!(heard.channel, mine.to_string());
    assert_eq!(heard.payload, message(2).as_str().as_bytes());
}

#[tokio::test]
async fn a_publisher_knows_where_somebody_listens() {
    let kv = connect();
    let (listened, silent) = (Channel::List(id()), Channel::Direct(id()));
    publish::mark_subscribed(&kv, &[listened.to_string()]).await.unwrap();
    assert_eq!(publish::subscribed(&kv, &[silent, listened]).await.unwrap(), [false, true]);
}
