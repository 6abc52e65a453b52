//! Another server, which tells about its actors, signs what it sends, keeps what it is sent, and can misbehave.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use activitypub::keys::PublicKey;
use activitypub::signature::{ParsedSignature, RequestSigner, SignatureError, SignedRequest};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use config::Clock;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_client::{Signer as _, Url};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::app::TestApp;
use crate::keys::TestKey;
use crate::network::Network;

const ACTIVITY: &str = "application/activity+json";

/// Cheap to clone.
#[derive(Clone)]
pub struct RemoteServer(Arc<Inner>);

struct Inner {
    domain: String,
    documents: Mutex<BTreeMap<String, Value>>,
    files: Mutex<BTreeMap<String, (&'static str, Bytes)>>,
    redirects: Mutex<BTreeMap<String, String>>,
    asked: Mutex<Vec<String>>,
    arrived: Mutex<Vec<Arrived>>,
    behaviour: Mutex<Behaviour>,
    number: AtomicU64,
    /// Called with the number of arrivals when one is on record and before it is answered.
    on_arrival: Mutex<Option<OnArrival>>,
}

type OnArrival = Box<dyn Fn(usize) + Send>;

/// What comes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Accept,
    Answer(u16),
    /// Takes the request and never answers.
    Hang,
}

/// A delivery as it came.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub inbox: String,
    pub headers: HeaderMap,
    pub activity: Value,
    signature: Result<ParsedSignature, SignatureError>,
}

impl Arrived {
    /// Form, time, digest and coverage were in order when it came, and the key fits.
    #[must_use]
    pub fn is_signed_with(&self, key: &PublicKey) -> bool {
        self.signature.as_ref().is_ok_and(|signature| signature.verifies(key))
    }
}

impl RemoteServer {
    #[must_use]
    pub fn start(network: &Network, domain: &str) -> Self {
        Self::start_many(network, &[domain])
    }

    /// One server behind several names; its actors belong to the first.
    ///
    /// # Panics
    /// No name is given.
    #[must_use]
    pub fn start_many(network: &Network, domains: &[&str]) -> Self {
        let server = Self(Arc::new(Inner {
            domain: domains[0].to_owned(),
            documents: Mutex::default(),
            files: Mutex::default(),
            redirects: Mutex::default(),
            asked: Mutex::default(),
            arrived: Mutex::default(),
            behaviour: Mutex::new(Behaviour::Accept),
            number: AtomicU64::new(1),
            on_arrival: Mutex::default(),
        }));
        for domain in domains {
            network.serve(domain, Router::new().fallback(answer).with_state(server.clone()));
        }
        server
    }

    #[must_use]
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// A person there, to be found by WebFinger.
    #[must_use]
    pub fn actor(&self, username: &str) -> RemoteActor {
        let base = format!("https://{}", self.domain());
        let url = format!("{base}/users/{username}");
        self.publish(json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": url, "type": "Person", "preferredUsername": username, "name": username, "summary": "",
            "inbox": format!("{url}/inbox"), "outbox": format!("{url}/outbox"),
            "followers": format!("{url}/followers"), "following": format!("{url}/following"),
            "url": format!("{base}/@{username}"), "manuallyApprovesFollowers": false,
            "endpoints": { "sharedInbox": format!("{base}/inbox") },
            "publicKey": { "id": format!("{url}#main-key"), "owner": url, "publicKeyPem": TestKey::remote().public_pem },
        }));
        RemoteActor { server: self.clone(), username: username.to_owned(), url }
    }

    /// Answers with this document under its `id`.
    pub fn publish(&self, document: Value) {
        let id = document["id"].as_str().expect("a document has an id").to_owned();
        self.0.documents.lock().unwrap().insert(id, document);
    }

    /// Answers with this file under `url`.
    pub fn publish_file(&self, url: &str, content_type: &'static str, content: &'static [u8]) {
        self.0.files.lock().unwrap().insert(url.to_owned(), (content_type, Bytes::from_static(content)));
    }

    /// Sends whoever asks for the one address to the other.
    pub fn redirect(&self, from: &str, to: &str) {
        self.0.redirects.lock().unwrap().insert(from.to_owned(), to.to_owned());
    }

    /// The addresses that were asked for, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.0.asked.lock().unwrap().clone()
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.0.behaviour.lock().unwrap() = behaviour;
    }

    /// Calls `act` with the number of arrivals when one is on record and before it is answered.
    pub fn on_arrival(&self, act: impl Fn(usize) + Send + 'static) {
        *self.0.on_arrival.lock().unwrap() = Some(Box::new(act));
    }

    /// What came to its inboxes so far, in order.
    #[must_use]
    pub fn arrived(&self) -> Vec<Arrived> {
        self.0.arrived.lock().unwrap().clone()
    }

    /// What came so far, and forgets it.
    #[must_use]
    pub fn take_arrived(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.0.arrived.lock().unwrap())
    }
}

/// A person on a [`RemoteServer`].
#[derive(Clone)]
pub struct RemoteActor {
    server: RemoteServer,
    pub username: String,
    pub url: String,
}

impl RemoteActor {
    /// `bob@there.example`
    #[must_use]
    pub fn acct(&self) -> String {
        format!("{}@{}", self.username, self.server.domain())
    }

    /// An activity by this actor with an id of its own.
    #[must_use]
    pub fn activity(&self, kind: &str, object: Value) -> Value {
        let number = self.server.0.number.fetch_add(1, Ordering::Relaxed);
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{}#{kind}/{number}", self.url), "type": kind, "actor": self.url, "object": object,
        })
    }

    /// A published public note that mentions these actors (URL and handle); not sent yet.
    #[must_use]
    pub fn note(&self, content: &str, mentioned: &[(String, String)]) -> Value {
        let number = self.server.0.number.fetch_add(1, Ordering::Relaxed);
        let id = format!("https://{}/notes/{number}", self.server.domain());
        let tags: Vec<Value> =
            mentioned.iter().map(|(url, acct)| json!({ "type": "Mention", "href": url, "name": format!("@{acct}") })).collect();
        let mut cc = vec![json!(format!("{}/followers", self.url))];
        cc.extend(mentioned.iter().map(|(url, _)| json!(url)));
        let note = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": id, "url": id, "type": "Note", "attributedTo": self.url, "content": content,
            "published": Utc::now().to_rfc3339(), "to": ["https://www.w3.org/ns/activitystreams#Public"], "cc": cc, "tag": tags,
        });
        self.server.publish(note.clone());
        note
    }

    /// Posts the activity, signed, to the shared inbox of `app`.
    pub async fn deliver(&self, app: &TestApp, activity: &Value) -> Answer {
        deliver(app, &self.url, activity).await
    }
}

/// The same for an actor that stands in a database only and has [`TestKey::remote`].
pub(crate) async fn deliver(app: &TestApp, actor: &str, activity: &Value) -> Answer {
    let body = serde_json::to_vec(activity).unwrap();
    let url: Url = format!("https://{}/inbox", app.domain()).parse().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, ACTIVITY.parse().unwrap());
    let signer = RequestSigner::new(format!("{actor}#main-key"), TestKey::remote().private.clone(), Clock::System);
    signer.sign(&Method::POST, &url, Some(&body), &mut headers).unwrap();
    let mut request = Request::post("/inbox").body(Body::from(body)).unwrap();
    request.headers_mut().extend(headers);
    app.send(request).await
}

async fn answer(State(server): State<RemoteServer>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok().map(str::to_owned));
    let host = named.or_else(|| uri.host().map(str::to_owned)).unwrap_or_default();
    if method == Method::POST {
        return server.take(&host, &uri, headers, &body).await;
    }
    let address = format!("https://{host}{}", uri.path());
    server.0.asked.lock().unwrap().push(address.clone());
    if let Some(to) = server.0.redirects.lock().unwrap().get(&address) {
        return (StatusCode::FOUND, [(header::LOCATION, to.clone())]).into_response();
    }
    if uri.path() == "/.well-known/webfinger" {
        return server.webfinger(uri.query().unwrap_or_default());
    }
    if let Some((content_type, content)) = server.0.files.lock().unwrap().get(&address) {
        return ([(header::CONTENT_TYPE, *content_type)], content.clone()).into_response();
    }
    match server.0.documents.lock().unwrap().get(&address) {
        Some(document) => ([(header::CONTENT_TYPE, ACTIVITY)], document.to_string()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl RemoteServer {
    fn webfinger(&self, query: &str) -> Response {
        let resource = url::form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "resource").then(|| value.into_owned()))
            .unwrap_or_default();
        let username = resource.trim_start_matches("acct:").split('@').next().unwrap_or_default();
        let url = format!("https://{}/users/{username}", self.domain());
        if !self.0.documents.lock().unwrap().contains_key(&url) {
            return StatusCode::NOT_FOUND.into_response();
        }
        let document = json!({
            "subject": format!("acct:{username}@{}", self.domain()),
            "links": [{ "rel": "self", "type": ACTIVITY, "href": url }],
        });
        ([(header::CONTENT_TYPE, "application/jrd+json")], document.to_string()).into_response()
    }

    async fn take(&self, host: &str, uri: &Uri, headers: HeaderMap, body: &[u8]) -> Response {
        let target = uri.path_and_query().map_or_else(|| uri.path(), |target| target.as_str());
        let request = SignedRequest { method: &Method::POST, scheme: "https", host, target, headers: &headers, body };
        let signature = ParsedSignature::from_request(&request, Utc::now());
        let activity = serde_json::from_slice(body).unwrap_or_default();
        let count = {
            let mut arrived = self.0.arrived.lock().unwrap();
            arrived.push(Arrived { inbox: format!("https://{host}{target}"), headers, activity, signature });
            arrived.len()
        };
        if let Some(act) = &*self.0.on_arrival.lock().unwrap() {
            act(count);
        }
        let behaviour = *self.0.behaviour.lock().unwrap();
        match behaviour {
            Behaviour::Accept => StatusCode::ACCEPTED.into_response(),
            Behaviour::Answer(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Behaviour::Hang => std::future::pending().await,
        }
    }
}
