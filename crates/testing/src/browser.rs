//! A browser without JavaScript: cookies, redirects that are not followed by themselves, and forms.

use std::collections::BTreeMap;

use axum::body::Body;
use http::{Method, Request, header};
use scraper::{Html, Selector};
use serde_json::Value;

use crate::answer::Answer;
use crate::app::TestApp;

pub struct Browser {
    app: TestApp,
    cookies: BTreeMap<String, String>,
    page: String,
    /// The token for scripts of the last page that had one.
    script_token: String,
}

impl Browser {
    #[must_use]
    pub fn new(app: &TestApp) -> Self {
        Self { app: app.clone(), cookies: BTreeMap::new(), page: String::new(), script_token: String::new() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Signs in through the form.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.get("/auth/sign_in").await;
        self.submit("/auth/sign_in", &[("user[email]", email), ("user[password]", password)]).await
    }

    /// Sends the form with this action, the first without `_method`, with these values over those that stand in it.
    pub async fn submit(&mut self, action: &str, values: &[(&str, &str)]) -> Answer {
        let fields = self.fields(action, None);
        self.send_form(action, fields, values).await
    }

    /// Sends the form that stands for another method.
    pub async fn submit_as(&mut self, method: &str, action: &str, values: &[(&str, &str)]) -> Answer {
        let fields = self.fields(action, Some(method));
        self.send_form(action, fields, values).await
    }

    /// What a script of the page that was shown last asks, in JSON.
    pub async fn script(&mut self, method: Method, path: &str, params: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ORIGIN, format!("https://{}", self.app.domain()))
            .header("x-csrf-token", &self.script_token)
            .body(Body::from(params.to_string()));
        self.send(request.unwrap()).await
    }

    async fn send_form(&mut self, action: &str, mut fields: BTreeMap<String, String>, values: &[(&str, &str)]) -> Answer {
        fields.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let request = Request::post(action)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("https://{}", self.app.domain()))
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    fn fields(&self, action: &str, method: Option<&str>) -> BTreeMap<String, String> {
        let page = Html::parse_document(&self.page);
        let (forms, inputs) = (Selector::parse("form").unwrap(), Selector::parse("input[name]").unwrap());
        let read = |form: scraper::ElementRef<'_>| -> BTreeMap<String, String> {
            let field = |input: scraper::ElementRef<'_>| {
                (input.attr("name").unwrap_or_default().to_owned(), input.attr("value").unwrap_or_default().to_owned())
            };
            form.select(&inputs).map(field).collect()
        };
        page.select(&forms)
            .filter(|form| form.attr("action") == Some(action))
            .map(read)
            .find(|fields| fields.get("_method").map(String::as_str) == method)
            .unwrap_or_else(|| panic!("no form for {action} in {}", self.page))
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = request.headers_mut();
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        headers.insert(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8".parse().unwrap());
        let answer = self.app.send(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        self.page = answer.text();
        let mark = "<meta name=\"csrf-token\" content=\"";
        if let Some(token) = self.page.split(mark).nth(1).and_then(|rest| rest.split('"').next()) {
            token.clone_into(&mut self.script_token);
        }
        answer
    }
}
