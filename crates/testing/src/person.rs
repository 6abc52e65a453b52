//! Somebody with an account and an app.

use axum::body::Body;
use http::{Method, Request, header};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::app::TestApp;
use crate::fixture::account::LocalAccount;
use crate::remote_server::{RemoteActor, RemoteServer};
use crate::stream::Stream;

const BOUNDARY: &str = "a-line-that-no-file-contains";

#[derive(Clone)]
pub struct Person {
    app: TestApp,
    pub username: String,
    pub account: LocalAccount,
    token: String,
    headers: Vec<(&'static str, String)>,
}

/// A file of a multipart form.
pub struct Upload<'a> {
    pub field: &'a str,
    pub name: &'a str,
    pub content_type: &'a str,
    pub bytes: &'a [u8],
}

impl Person {
    pub(crate) fn new(app: TestApp, username: &str, account: LocalAccount, token: String) -> Self {
        Self { app, username: username.to_owned(), account, token, headers: Vec::new() }
    }

    /// The id as clients see it.
    #[must_use]
    pub fn id(&self) -> String {
        self.account.id.to_string()
    }

    /// `alice@here.example`
    #[must_use]
    pub fn acct(&self) -> String {
        format!("{}@{}", self.username, self.app.domain())
    }

    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The same person through an app with other scopes.
    pub async fn with_scopes(&self, scopes: &str) -> Self {
        let token = crate::fixture::token::insert(&mut *self.app.conn().await, self.account.user_id, scopes).await;
        Self { token, ..self.clone() }
    }

    /// The same person, who says this in every request.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        let mut person = self.clone();
        person.headers.push((name, value.to_owned()));
        person
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, params: Value) -> Answer {
        self.send(Method::POST, path, Some(params)).await
    }

    pub async fn put(&self, path: &str, params: Value) -> Answer {
        self.send(Method::PUT, path, Some(params)).await
    }

    pub async fn patch(&self, path: &str, params: Value) -> Answer {
        self.send(Method::PATCH, path, Some(params)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// A public status; its JSON.
    pub async fn posts(&self, text: &str) -> Value {
        self.posts_with(json!({ "status": text })).await
    }

    /// A status with these parameters; its JSON.
    pub async fn posts_with(&self, params: Value) -> Value {
        self.post("/api/v1/statuses", params).await.ok()
    }

    pub async fn upload(&self, path: &str, file: Upload<'_>, fields: &[(&str, &str)]) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.into_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            file.field, file.name, file.content_type
        );
        body.extend(head.into_bytes());
        body.extend(file.bytes);
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.request(Method::POST, path, Some((&content_type, body))).await
    }

    /// The id of somebody elsewhere, whom their server is asked for.
    pub async fn finds(&self, acct: &str) -> String {
        let found = self.get(&format!("/api/v1/accounts/search?q={acct}&resolve=true")).await.ok();
        found[0]["id"].as_str().unwrap_or_else(|| panic!("{acct} is not found: {found}")).to_owned()
    }

    /// Follows somebody elsewhere, who accepts. The id of the followed, and the Follow that was sent.
    pub async fn follows(&self, there: &RemoteServer, other: &RemoteActor, options: Value) -> (String, Value) {
        let id = self.finds(&other.acct()).await;
        self.post(&format!("/api/v1/accounts/{id}/follow"), options).await.ok();
        self.app.run_jobs().await;
        let follow = there.take_arrived().pop().expect("a Follow was sent").activity;
        other.deliver(&self.app, &other.activity("Accept", follow.clone())).await;
        self.app.run_jobs().await;
        (id, follow)
    }

    /// Opens a stream of server-sent events: `user`, `public`, `hashtag?tag=x` …
    pub async fn stream(&self, name: &str) -> Stream {
        Stream::open(&self.app, name, &self.token).await
    }

    async fn send(&self, method: Method, path: &str, params: Option<Value>) -> Answer {
        let body = params.map(|params| ("application/json", serde_json::to_vec(&params).unwrap()));
        self.request(method, path, body).await
    }

    async fn request(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = body.map_or_else(Body::empty, |(content_type, bytes)| {
            if let Some(headers) = request.headers_mut() {
                headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            }
            Body::from(bytes)
        });
        self.app.send(request.body(body).unwrap()).await
    }
}
