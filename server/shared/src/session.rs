//! The encrypted `_mastodon_session` cookie: what a browser carries between two pages. What Rails put into it stays in it.

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};

use crate::app::App;
use crate::auth::session_id;
use crate::error::{ApiResult, Error};
use crate::params::RawParams;
use crate::{cookies, csrf};

const NAME: &str = "_mastodon_session";
const CSRF: &str = "_csrf_token";
const RETURN_TO: &str = "user_return_to";
const NOTICE: &str = "ferrodon_notice";
const ALERT: &str = "ferrodon_alert";
const YEAR: chrono::Duration = chrono::Duration::days(365);

/// Extractor for pages. Changes reach the browser by [`Session::apply`].
#[derive(Debug)]
pub struct Session {
    data: Map<String, Value>,
    secure: bool,
    path: String,
    signed_in: Option<String>,
    /// The browser has a session cookie that must go if nobody is signed in.
    had_cookie: bool,
}

impl Session {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.data.get(key)
    }

    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.data.insert(key.to_owned(), value.into());
    }

    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.data.remove(key)
    }

    /// A value that is shown once: it is gone after this.
    pub fn take_text(&mut self, key: &str) -> Option<String> {
        self.data.remove(key).and_then(|value| value.as_str().map(str::to_owned))
    }

    /// Message for the next page.
    pub fn notice(&mut self, text: &str) {
        self.set(NOTICE, text);
    }

    /// Warning for the next page.
    pub fn alert(&mut self, text: &str) {
        self.set(ALERT, text);
    }

    /// Message and warning for this page.
    pub fn take_flash(&mut self) -> (Option<String>, Option<String>) {
        (self.take_text(NOTICE), self.take_text(ALERT))
    }

    /// Whether the last page left a message for this one.
    #[must_use]
    pub fn has_flash(&self) -> bool {
        self.data.contains_key(NOTICE) || self.data.contains_key(ALERT)
    }

    /// Where to go after signing in.
    pub fn set_return_to(&mut self, path_and_query: &str) {
        self.set(RETURN_TO, path_and_query);
    }

    /// A path of this server or nothing: another site's address never gets out of here.
    pub fn take_return_to(&mut self) -> Option<String> {
        self.take_text(RETURN_TO)
            .filter(|path| path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']))
    }

    /// The hidden field `authenticity_token` of a form that posts to `action`.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn form_token(&mut self, action: &str) -> ApiResult<String> {
        Ok(csrf::form_token(&self.secret()?, action, "post")?)
    }

    /// The same for a form whose `_method` field says otherwise.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn form_token_for(&mut self, action: &str, method: &str) -> ApiResult<String> {
        Ok(csrf::form_token(&self.secret()?, action, method)?)
    }

    /// For the page's `<meta name="csrf-token">`.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn meta_token(&mut self) -> ApiResult<String> {
        Ok(csrf::global_token(&self.secret()?)?)
    }

    fn secret(&mut self) -> anyhow::Result<String> {
        if let Some(secret) = self.data.get(CSRF).and_then(Value::as_str) {
            return Ok(secret.to_owned());
        }
        let secret = csrf::new_secret()?;
        self.set(CSRF, secret.clone());
        Ok(secret)
    }

    /// The id of the signed-in session, as the browser sent it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.signed_in.as_deref()
    }

    /// Starts a signed-in session: everything the browser carried before is dropped but where it wanted to go.
    pub fn begin(&mut self, session_id: &str) {
        let return_to = self.data.remove(RETURN_TO);
        self.data.clear();
        if let Some(path) = return_to {
            self.data.insert(RETURN_TO.to_owned(), path);
        }
        self.signed_in = Some(session_id.to_owned());
    }

    /// Ends it; the cookies go.
    pub fn end(&mut self) {
        self.data.clear();
        self.signed_in = None;
    }

    /// Writes the cookies into the answer.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn apply(self, app: &App, mut response: Response) -> ApiResult<Response> {
        let now = app.clock.now();
        let sealed = app.cookies.seal(NAME, &Value::Object(self.data))?;
        add(&mut response, &cookies::set(NAME, &sealed, self.secure, None));
        if let Some(id) = &self.signed_in {
            let expires = now + YEAR;
            let signed = app.cookies.sign("_session_id", &Value::String(id.clone()), Some(expires));
            add(&mut response, &cookies::set("_session_id", &signed, self.secure, Some(expires)));
        } else if self.had_cookie {
            add(&mut response, &cookies::set("_session_id", "", self.secure, Some(chrono::DateTime::UNIX_EPOCH)));
        }
        Ok(response)
    }

    /// Refuses a form that did not come from a page of ours: call it first in every handler that changes something.
    ///
    /// # Errors
    /// 422, as Mastodon's page says.
    pub fn check_form(&self, app: &App, headers: &HeaderMap, params: &RawParams, method: &str) -> ApiResult<()> {
        let token = params.text("authenticity_token");
        let token = token.or_else(|| headers.get("x-csrf-token").and_then(|value| value.to_str().ok()).map(str::to_owned));
        let secret = self.data.get(CSRF).and_then(Value::as_str);
        let valid = token.zip(secret).is_some_and(|(token, secret)| csrf::is_valid(secret, &token, &self.path, method));
        if valid && csrf::origin_is_ours(app, headers) {
            Ok(())
        } else {
            Err(Error::unprocessable("Can't verify CSRF token authenticity."))
        }
    }
}

fn add(response: &mut Response, line: &str) {
    if let Ok(value) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn data(app: &App, headers: &HeaderMap) -> Option<Map<String, Value>> {
    match app.cookies.open(NAME, &cookies::get(headers, NAME)?, app.clock.now())? {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

/// The CSRF secret of the browser that sent these headers.
pub(crate) fn secret(app: &App, headers: &HeaderMap) -> Option<String> {
    data(app, headers)?.get(CSRF)?.as_str().map(str::to_owned)
}

impl FromRequestParts<App> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        Ok(Self {
            data: data(app, &parts.headers).unwrap_or_default(),
            secure: app.config.federation.https,
            path: parts.uri.path().to_owned(),
            signed_in: session_id(app, &parts.headers),
            had_cookie: cookies::get(&parts.headers, "_session_id").is_some(),
        })
    }
}
