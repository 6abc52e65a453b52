//! An actor document, read and cut to what Mastodon stores of it.

use chrono::NaiveDateTime;
use serde_json::{Value, json};

use crate::document::Tag;
use crate::document::value::{first, includes_public, is_web_url, many, time, truth};
use crate::fetch::{has_supported_context, host, same_host};
use crate::webfinger::Handle;

const KINDS: [&str; 5] = ["Application", "Group", "Organization", "Person", "Service"];
const NAME: usize = 2048;
const SUMMARY: usize = 20_480;
const FIELDS: usize = 50;
const LIST: usize = 256;
const DESCRIPTION: usize = 10_000;
const KEYS: usize = 10;

/// Automatic approvals stand in the upper half of a policy, approvals by hand in the lower (db.md).
const UNSUPPORTED: i32 = 1;
const PUBLIC: i32 = 2;
const FOLLOWERS: i32 = 4;
const FOLLOWING: i32 = 8;
const DISABLED: i32 = 16;

#[derive(Debug, Clone, Default)]
pub struct Actor {
    pub uri: String,
    /// The handle that it claims; true only once WebFinger has confirmed it.
    pub handle: Option<Handle>,
    pub kind: String,
    pub inbox: String,
    pub outbox: String,
    pub shared_inbox: String,
    pub followers: String,
    pub following: String,
    pub url: String,
    pub published: Option<NaiveDateTime>,
    pub feature_policy: i32,
    pub suspended: bool,
    pub featured: String,
    pub featured_tags: String,
    pub collections: String,
    pub name: String,
    pub summary: String,
    pub locked: bool,
    /// As the column holds them: a list of names and values, `{}` without any.
    pub fields: Value,
    pub also_known_as: Vec<String>,
    pub attribution_domains: Vec<String>,
    pub discoverable: bool,
    pub indexable: bool,
    pub memorial: bool,
    pub show_featured: Option<bool>,
    pub show_media: Option<bool>,
    pub show_media_replies: Option<bool>,
    pub icon: Picture,
    pub image: Picture,
    pub emojis: Vec<Emoji>,
    /// Those given in full, on the actor's own host.
    pub keys: Vec<Key>,
    /// Addresses of keys that are documents of their own.
    pub key_uris: Vec<String>,
    pub moved_to: Option<String>,
}

/// Both empty when there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    pub url: String,
    pub description: String,
}

#[derive(Debug, Clone)]
pub struct Emoji {
    pub shortcode: String,
    pub uri: Option<String>,
    pub url: String,
    pub updated: Option<NaiveDateTime>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub uri: String,
    pub pem: String,
}

impl Actor {
    /// A document that stands on its own.
    ///
    /// # Errors
    /// Says what an account needs and this document lacks.
    pub fn read(document: &Value) -> Result<Self, &'static str> {
        if !has_supported_context(document) {
            return Err("no ActivityStreams context");
        }
        Self::read_embedded(document)
    }

    /// An actor within an activity, whose context covers it.
    ///
    /// # Errors
    /// As [`Actor::read`].
    pub fn read_embedded(document: &Value) -> Result<Self, &'static str> {
        let kind = kind(document).ok_or("not a type of actor")?;
        let uri = document.get("id").and_then(Value::as_str).filter(|uri| is_web_url(uri)).ok_or("no id on the web")?;
        let inbox = document.get("inbox").filter(|inbox| !is_blank(inbox)).ok_or("no inbox")?;
        let (followers, following) = (address(document.get("followers")), address(document.get("following")));
        let endpoint = document.get("endpoints").filter(|value| value.is_object()).map_or(document, |value| value);
        let (keys, key_uris) = keys(document, uri);
        Ok(Self {
            handle: handle(document, uri),
            kind: kind.to_owned(),
            inbox: address(Some(inbox)),
            outbox: address(document.get("outbox")),
            shared_inbox: address(endpoint.get("sharedInbox")),
            url: page(document.get("url")).filter(|url| same_host(url, uri)).unwrap_or(uri).to_owned(),
            published: time(document.get("published")),
            feature_policy: feature_policy(document, uri, &followers, &following),
            suspended: flag(document, "suspended").unwrap_or(false),
            featured: address(document.get("featured")),
            featured_tags: address(document.get("featuredTags")),
            collections: address(document.get("featuredCollections")),
            name: string(document.get("name"), NAME),
            summary: string(document.get("summary"), SUMMARY),
            locked: flag(document, "manuallyApprovesFollowers").unwrap_or(false),
            fields: fields(document.get("attachment")),
            also_known_as: strings(document.get("alsoKnownAs")),
            attribution_domains: strings(document.get("attributionDomains")),
            discoverable: flag(document, "discoverable").unwrap_or(false),
            indexable: flag(document, "indexable").unwrap_or(false),
            memorial: flag(document, "memorial").unwrap_or(false),
            show_featured: flag(document, "showFeatured"),
            show_media: flag(document, "showMedia"),
            show_media_replies: flag(document, "showRepliesInMedia"),
            icon: picture(document.get("icon")),
            image: picture(document.get("image")),
            emojis: emojis(document),
            moved_to: first(document.get("movedTo")).and_then(reference).map(str::to_owned),
            uri: uri.to_owned(),
            followers,
            following,
            keys,
            key_uris,
        })
    }
}

fn kind(document: &Value) -> Option<&str> {
    many(document.get("type")).iter().filter_map(Value::as_str).find(|kind| KINDS.contains(kind))
}

/// The `webfinger` property (FEP-2c59) if it is well formed, else the user name at the id's host.
fn handle(document: &Value, uri: &str) -> Option<Handle> {
    let claimed = document.get("webfinger").and_then(Value::as_str).and_then(Handle::parse);
    claimed.or_else(|| Handle::new(document.get("preferredUsername")?.as_str()?, &authority(uri)?))
}

/// Host with its port where that is not the usual one, as handles have it.
fn authority(uri: &str) -> Option<String> {
    let url = url::Url::parse(uri).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A web address, given as text, in an object with `id`, or as the first of a list; otherwise empty.
fn address(value: Option<&Value>) -> String {
    first(value).and_then(reference).filter(|uri| is_web_url(uri)).map(clean).unwrap_or_default()
}

fn reference(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("id")?.as_str())
}

/// PostgreSQL stores no NUL in texts.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

fn string(value: Option<&Value>, limit: usize) -> String {
    clean(value.and_then(Value::as_str).unwrap_or_default()).chars().take(limit).collect()
}

fn strings(value: Option<&Value>) -> Vec<String> {
    many(value).iter().take(LIST).filter_map(reference).map(clean).collect()
}

fn flag(document: &Value, name: &str) -> Option<bool> {
    truth(document.get(name))
}

/// Of several links the one to a page.
fn page(value: Option<&Value>) -> Option<&str> {
    let link = match value? {
        Value::Array(links) if links.first().is_some_and(|link| !link.is_string()) => links.iter().find(|link| {
            let kind = |name| link.get(name).and_then(Value::as_str).filter(|kind| !kind.is_empty());
            kind("mimeType").or_else(|| kind("mediaType")) == Some("text/html")
        })?,
        Value::Array(links) => links.first()?,
        one => one,
    };
    link.as_str().or_else(|| link.get("href")?.as_str()).filter(|url| is_web_url(url))
}

fn picture(value: Option<&Value>) -> Picture {
    let Some(value) = first(value) else { return Picture::default() };
    let link = match value {
        Value::Object(object) => object.get("url").or_else(|| object.get("href")),
        other => Some(other),
    };
    let url = first(link).and_then(|link| link.as_str().or_else(|| link.get("href")?.as_str())).filter(|url| is_web_url(url));
    let Some(url) = url else { return Picture::default() };
    let description = [value.get("summary"), value.get("name")].map(|text| string(text, DESCRIPTION));
    Picture { url: clean(url), description: description.into_iter().find(|text| !text.trim().is_empty()).unwrap_or_default() }
}

fn fields(attachment: Option<&Value>) -> Value {
    let Some(Value::Array(items)) = attachment else { return json!({}) };
    let fields = items.iter().filter(|item| item.get("type").and_then(Value::as_str) == Some("PropertyValue")).take(FIELDS);
    let member = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(clean);
    fields.map(|item| json!({"name": member(item, "name"), "value": member(item, "value")})).collect()
}

fn emojis(document: &Value) -> Vec<Emoji> {
    many(document.get("tag"))
        .iter()
        .filter_map(Tag::read)
        .filter_map(|tag| match tag {
            Tag::Emoji { shortcode, uri, image_url, updated } => {
                Some(Emoji { shortcode: clean(shortcode), uri: uri.map(clean), url: clean(image_url), updated })
            }
            _ => None,
        })
        .collect()
}

/// Keys in full that name this actor as their owner, and the addresses of others. A key on another host is taken only when its
/// own document says the same, see `key`.
fn keys(document: &Value, uri: &str) -> (Vec<Key>, Vec<String>) {
    let (mut keys, mut addresses) = (Vec::new(), Vec::new());
    for value in many(document.get("publicKey")).iter().take(KEYS) {
        match value {
            Value::String(address) if is_web_url(address) => addresses.push(clean(address)),
            Value::Object(_) => keys.extend(key(value, uri)),
            _ => {}
        }
    }
    (keys, addresses)
}

fn key(value: &Value, owner: &str) -> Option<Key> {
    let uri = value.get("id").and_then(Value::as_str).filter(|id| same_host(id, owner))?;
    let pem = value.get("publicKeyPem").and_then(Value::as_str)?;
    let owned = value.get("owner").and_then(reference).is_none_or(|named| named == owner);
    owned.then(|| Key { uri: clean(uri), pem: clean(pem) })
}

/// `interactionPolicy.canFeature`.
fn feature_policy(document: &Value, uri: &str, followers: &str, following: &str) -> i32 {
    let Some(policy) = document.get("interactionPolicy").and_then(|policy| policy.get("canFeature")) else { return 0 };
    let half = |name: &str| {
        let actors: Vec<&Value> = many(policy.get(name)).iter().collect();
        let mut flags = 0;
        let mut this_actor = false;
        for actor in actors {
            match actor.as_str() {
                _ if includes_public(Some(actor)) => flags |= PUBLIC,
                Some(address) if !followers.is_empty() && address == followers => flags |= FOLLOWERS,
                Some(address) if !following.is_empty() && address == following => flags |= FOLLOWING,
                Some(address) if address == uri => this_actor = true,
                _ => flags |= UNSUPPORTED,
            }
        }
        if flags == 0 && this_actor { DISABLED } else { flags }
    };
    (half("automaticApproval") << 16) | half("manualApproval")
}

/// Whether the actor document lists this key id, in full or by address.
pub(crate) fn lists_key(document: &Value, key_id: &str) -> bool {
    many(document.get("publicKey")).iter().filter_map(reference).any(|id| id == key_id)
}

/// Whether the document is one of an actor, by its type.
pub(crate) fn is_actor(document: &Value) -> bool {
    kind(document).is_some()
}

/// The domain that decides about blocks: the host of the id.
pub(crate) fn domain_of(uri: &str) -> String {
    host(uri).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Actor, Picture};

    fn zoe(change: Value) -> Value {
        let mut document = json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": "https://a.example/users/zoe", "type": "Person", "preferredUsername": "zoe", "name": "Remote zoe",
            "inbox": "https://a.example/users/zoe/inbox", "outbox": "https://a.example/users/zoe/outbox",
            "followers": "https://a.example/users/zoe/followers", "url": "https://a.example/@zoe",
            "endpoints": {"sharedInbox": "https://a.example/inbox"}, "published": "2023-03-01T00:00:00Z",
            "publicKey": {"id": "https://a.example/users/zoe#main-key", "owner": "https://a.example/users/zoe", "publicKeyPem": "pem"},
        });
        document.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        document
    }

    #[test]
    fn an_actor_is_read_whole() {
        let actor = Actor::read(&zoe(json!({"discoverable": true, "manuallyApprovesFollowers": "yes"}))).unwrap();
        assert_eq!(actor.handle.unwrap().to_string(), "zoe@a.example");
        assert_eq!((actor.shared_inbox.as_str(), actor.following.as_str()), ("https://a.example/inbox", ""));
        assert!(actor.discoverable && actor.locked && !actor.memorial && actor.show_media.is_none());
        assert_eq!((actor.keys.len(), actor.fields), (1, json!({})));
    }

    #[test]
    fn documents_that_are_no_accounts_are_refused() {
        for (change, why) in [
            (json!({"@context": "https://w3id.org/security/v1"}), "no ActivityStreams context"),
            (json!({"type": "Note"}), "not a type of actor"),
            (json!({"inbox": ""}), "no inbox"),
            (json!({"id": "ftp://a.example/zoe"}), "no id on the web"),
        ] {
            assert_eq!(Actor::read(&zoe(change)).unwrap_err(), why);
        }
        let nameless = Actor::read(&zoe(json!({"preferredUsername": null}))).unwrap();
        assert_eq!(nameless.handle, None);
    }

    #[test]
    fn addresses_and_pictures_come_in_many_shapes() {
        let actor = Actor::read(&zoe(json!({
            "type": ["Thing", "Service"],
            "url": [{"type": "Link", "mediaType": "video/mp4", "href": "https://a.example/v"}, {"mediaType": "text/html", "href": "https://a.example/zoe"}],
            "outbox": {"id": "https://a.example/o"},
            "icon": [{"type": "Image", "url": {"href": "https://a.example/i.png"}, "name": "my face"}],
            "image": "javascript:alert(1)",
            "name": "z\u{0}oe", "alsoKnownAs": "https://b.example/zoe",
        })))
        .unwrap();
        assert_eq!(
            (actor.kind.as_str(), actor.url.as_str(), actor.outbox.as_str()),
            ("Service", "https://a.example/zoe", "https://a.example/o")
        );
        assert_eq!(actor.icon, Picture { url: "https://a.example/i.png".to_owned(), description: "my face".to_owned() });
        assert_eq!((actor.image, actor.name.as_str()), (Picture::default(), "zoe"));
        assert_eq!(actor.also_known_as, ["https://b.example/zoe"]);
    }

    #[test]
    fn a_page_or_key_on_another_host_is_not_the_actors() {
        let actor = Actor::read(&zoe(json!({
            "url": "https://b.example/@zoe",
            "publicKey": [{"id": "https://b.example/key", "publicKeyPem": "pem"}, {"id": "https://a.example/2", "owner": "https://a.example/users/yan", "publicKeyPem": "pem"}, "https://b.example/3"],
        })))
        .unwrap();
        assert_eq!(
            (actor.url.as_str(), actor.keys, actor.key_uris),
            ("https://a.example/users/zoe", vec![], vec!["https://b.example/3".to_owned()])
        );
    }

    #[test]
    fn the_policy_for_collections_is_a_bitmap() {
        let policy = |automatic: Value| {
            Actor::read(&zoe(json!({"interactionPolicy": {"canFeature": {"automaticApproval": automatic}}})))
                .unwrap()
                .feature_policy
                >> 16
        };
        assert_eq!(policy(json!("as:Public")), 2);
        assert_eq!(policy(json!(["https://a.example/users/zoe/followers"])), 4);
        assert_eq!(policy(json!(["https://a.example/users/zoe"])), 16);
        assert_eq!(policy(json!(["https://c.example/", "https://www.w3.org/ns/activitystreams#Public"])), 3);
        assert_eq!(Actor::read(&zoe(json!({}))).unwrap().feature_policy, 0);
    }
}
