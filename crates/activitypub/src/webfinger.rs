//! WebFinger, outwards: from a handle to the actor behind it, and back again to be sure.

use http_client::{Answer, Client, FetchError, Get, Kind, Refusal, Url};
use scraper::{Html, Selector};
use serde_json::Value;

use crate::document::value::many;

const ACCEPT: &str = "application/jrd+json, application/json";
const ACCEPT_HOST_META: &str = "application/xrd+xml, application/xml, text/xml";

/// `user@domain` of an account on another server, the domain in lower-case ASCII form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    pub username: String,
    pub domain: String,
}

/// What a server says about one of its handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finger {
    /// The handle that counts; another one than asked for where handles live on another domain than URLs.
    pub subject: Handle,
    /// The `id` of the actor document.
    pub actor_uri: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebfingerError {
    /// 410: the account has been deleted.
    #[error("gone")]
    Gone,
    /// It answered, but the handle does not exist there or does not lead to an actor.
    #[error("{0}")]
    Invalid(&'static str),
    #[error(transparent)]
    Fetch(FetchError),
}

impl From<FetchError> for WebfingerError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Gone => Self::Gone,
            FetchError::Status(_) | FetchError::Invalid(_) => Self::Invalid("WebFinger failed"),
            other => Self::Fetch(other),
        }
    }
}

impl Handle {
    /// From `user@domain`, `@user@domain` or `acct:user@domain`. `None` when a part is missing or not of the form of names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("acct:").unwrap_or(text);
        let (username, domain) = text.strip_prefix('@').unwrap_or(text).split_once('@')?;
        Self::new(username, domain)
    }

    #[must_use]
    pub fn new(username: &str, domain: &str) -> Option<Self> {
        let domain = text::account_name::normalize_domain(domain).ok().filter(|domain| !domain.is_empty())?;
        text::account_name::is_valid_remote_username(username).then(|| Self { username: username.to_owned(), domain })
    }

    /// User names are compared without case.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.username.eq_ignore_ascii_case(&other.username) && self.domain == other.domain
    }
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.username, self.domain)
    }
}

/// Asks the handle's server, and where that names another handle, asks once more there: the second must name itself.
///
/// # Errors
/// See [`WebfingerError`].
pub async fn confirm(client: &Client, handle: &Handle) -> Result<Finger, WebfingerError> {
    let finger = look_up(client, handle).await?;
    if finger.subject.is(handle) {
        return Ok(finger);
    }
    let confirmed = look_up(client, &finger.subject).await?;
    if confirmed.subject.is(&finger.subject) {
        Ok(confirmed)
    } else {
        Err(WebfingerError::Invalid("too many WebFinger redirects"))
    }
}

/// One question, without judging the subject. A server without the usual address is asked for its host-meta.
///
/// # Errors
/// See [`WebfingerError`].
pub async fn look_up(client: &Client, handle: &Handle) -> Result<Finger, WebfingerError> {
    let base = format!("{}://{}/.well-known", client.scheme(), handle.domain);
    let answer = match get(client, &format!("{base}/webfinger?resource=acct:{handle}"), ACCEPT).await {
        Err(FetchError::Status(404)) => {
            let host_meta = get(client, &format!("{base}/host-meta"), ACCEPT_HOST_META).await?;
            let template = lrdd_template(&host_meta).ok_or(WebfingerError::Invalid("host-meta has no lrdd template"))?;
            get(client, &template.replace("{uri}", &format!("acct:{handle}")), ACCEPT).await?
        }
        answer => answer?,
    };
    let document = serde_json::from_slice(&answer.body).map_err(|_| WebfingerError::Invalid("not JSON"))?;
    read(&document)
}

async fn get(client: &Client, url: &str, accept: &'static str) -> Result<Answer, FetchError> {
    let url = Url::parse(url).map_err(|_| Refusal::Malformed)?;
    client.get(Get::new(&url, Kind::Federation).accept(accept)).await
}

fn lrdd_template(answer: &Answer) -> Option<String> {
    let document = Html::parse_document(&String::from_utf8_lossy(&answer.body));
    let links = Selector::parse("link[rel=lrdd][template]").ok()?;
    document.select(&links).next()?.attr("template").map(str::to_owned)
}

fn read(document: &Value) -> Result<Finger, WebfingerError> {
    let subject = document.get("subject").and_then(Value::as_str).and_then(Handle::parse);
    let actor_uri =
        many(document.get("links")).iter().find(|link| is_self_link(link)).and_then(|link| link.get("href")?.as_str());
    match (subject, actor_uri) {
        (Some(subject), Some(actor_uri)) => Ok(Finger { subject, actor_uri: actor_uri.to_owned() }),
        (None, _) => Err(WebfingerError::Invalid("no subject")),
        (_, None) => Err(WebfingerError::Invalid("no self link")),
    }
}

fn is_self_link(link: &Value) -> bool {
    let member = |name| link.get(name).and_then(Value::as_str);
    member("rel") == Some("self")
        && matches!(
            member("type"),
            Some("application/activity+json" | r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#)
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Handle, WebfingerError, read};

    #[test]
    fn handles_are_read_in_each_of_their_forms() {
        let zoe = Handle { username: "Zoe".to_owned(), domain: "remote.example".to_owned() };
        for text in ["Zoe@remote.example", "@Zoe@Remote.example", "acct:Zoe@remote.example.", " Zoe@remote.example "] {
            assert_eq!(Handle::parse(text), Some(zoe.clone()), "{text}");
        }
        for text in [
            "zoe",
            "@zoe",
            "zoe@",
            "@@remote.example",
            "z/oe@remote.example",
            "zoe@re mote",
            "zoe@a/b",
            "https://remote.example/@zoe",
        ] {
            assert_eq!(Handle::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_answer_needs_a_subject_and_a_link_to_the_actor() {
        let link = json!({"rel": "self", "type": "application/activity+json", "href": "https://remote.example/users/zoe"});
        let page =
            json!({"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": "https://remote.example/@zoe"});
        let finger = read(&json!({"subject": "acct:zoe@remote.example", "links": [page, link]})).unwrap();
        assert_eq!(
            (finger.subject.to_string().as_str(), finger.actor_uri.as_str()),
            ("zoe@remote.example", "https://remote.example/users/zoe")
        );
        assert_eq!(read(&json!({"links": [link]})), Err(WebfingerError::Invalid("no subject")));
        assert_eq!(
            read(&json!({"subject": "acct:zoe@remote.example", "links": [page]})),
            Err(WebfingerError::Invalid("no self link"))
        );
    }
}
