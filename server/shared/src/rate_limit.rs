//! Mastodon's throttles: what one request counts against, the three headers, and the answer when it was one too many.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use kv::rate_limit::{Count, Throttle};
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Auth;
use crate::params::RawParams;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// What the throttles look at.
pub(crate) struct Subject<'a> {
    pub(crate) method: &'a Method,
    /// Normalised: no double slash, none at the end.
    pub(crate) path: &'a str,
    pub(crate) params: &'a RawParams,
    pub(crate) address: IpAddr,
    pub(crate) token: Option<i64>,
    pub(crate) user: Option<i64>,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(method: &'a Method, path: &'a str, params: &'a RawParams, address: IpAddr, auth: &Auth) -> Self {
        // As in Mastodon, only a token makes a user here; a browser session counts by its address.
        let token = auth.token().map(|token| token.id);
        let user = token.and_then(|_| auth.user()).map(|user| user.id);
        Self { method, path, params, address, token, user }
    }

    fn is_post(&self, path: &str) -> bool {
        self.method == Method::POST && self.path == path
    }

    fn is_change(&self, path: &str) -> bool {
        (self.method == Method::PUT || self.method == Method::PATCH) && self.path == path
    }

    fn address(&self) -> String {
        match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => masked(address).to_string(),
            },
        }
    }

    fn email(&self) -> Option<String> {
        let user = self.params.map.get("user")?.as_object()?;
        let email = user.get("email").and_then(Value::as_str)?.trim().to_lowercase();
        (!email.is_empty()).then_some(email)
    }

    /// Whether the answer says what is left: the API, and what Mastodon builds on the same base: pages of outboxes and of
    /// replies (recorded: `rest/activitypub_actor`, `activitypub_status`).
    fn is_told(&self) -> bool {
        let federated = self.path.starts_with("/users/") || self.path.starts_with("/ap/users/");
        self.path.starts_with("/api") || federated && (self.path.ends_with("/outbox") || self.path.ends_with("/replies"))
    }

    fn is_paging(&self) -> bool {
        ["page", "min_id", "max_id", "since_id"]
            .iter()
            .any(|name| self.params.map.get(*name).is_some_and(|value| !value.is_null()))
    }
}

fn masked(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))
}

/// The rules of `facts/abuse-and-limits.md` 1.1, by rack-attack's names.
pub(crate) fn throttles(subject: &Subject<'_>) -> Vec<Throttle> {
    let mut list = Vec::with_capacity(4);
    let mut add = |name: &'static str, limit: u32, seconds: u64, who: Option<String>| {
        if let Some(discriminator) = who {
            list.push(Throttle { name, discriminator, limit, period: Duration::from_secs(seconds) });
        }
    };
    let user = subject.user.map(|id| id.to_string());
    let token = subject.token.map(|id| id.to_string());
    let address = || Some(subject.address());
    let path = subject.path;
    if path.starts_with("/api") {
        add("throttle_authenticated_api", 1500, 5 * MINUTE, user.clone());
        add("throttle_per_token_api", 300, 5 * MINUTE, token);
        if user.is_none() {
            add("throttle_unauthenticated_api", 300, 5 * MINUTE, address());
        }
        api(subject, user.as_ref(), &mut add);
    }
    if path.starts_with("/media_proxy") {
        add("throttle_media_proxy", 30, 10 * MINUTE, address());
    }
    if subject.is_paging() {
        match &user {
            Some(user) => add("throttle_authenticated_paging", 300, 15 * MINUTE, Some(user.clone())),
            None => add("throttle_unauthenticated_paging", 300, 15 * MINUTE, address()),
        }
    }
    if path.starts_with("/auth") {
        sign_in(subject, &mut add);
    }
    list
}

fn api(subject: &Subject<'_>, user: Option<&String>, add: &mut impl FnMut(&'static str, u32, u64, Option<String>)) {
    let path = subject.path;
    let post = subject.method == Method::POST;
    if post && (path == "/api/v1/media" || path == "/api/v2/media") {
        add("throttle_api_media", 30, 30 * MINUTE, user.cloned());
    }
    if subject.is_post("/api/v1/accounts") {
        add("throttle_api_sign_up", 5, 30 * MINUTE, Some(subject.address()));
    }
    if subject.is_post("/api/v1/apps") {
        add("throttle_oauth_application_registrations/ip", 5, 10 * MINUTE, Some(subject.address()));
    }
    let id = path.strip_prefix("/api/v1/statuses/");
    let deletes = subject.method == Method::DELETE && id.is_some_and(|id| !id.contains('/'));
    let unboosts = post && id.is_some_and(|rest| rest.ends_with("/unreblog"));
    if deletes || unboosts {
        add("throttle_api_delete", 30, 30 * MINUTE, user.cloned());
    }
    if subject.is_post("/api/v1/emails/confirmations") {
        add("throttle_email_confirmations/ip", 25, 5 * MINUTE, Some(subject.address()));
        add("throttle_email_confirmations/email", 5, 30 * MINUTE, user.cloned());
    }
}

fn sign_in(subject: &Subject<'_>, add: &mut impl FnMut(&'static str, u32, u64, Option<String>)) {
    let address = || Some(subject.address());
    if subject.is_post("/auth") {
        add("throttle_sign_up_attempts/ip", 25, 5 * MINUTE, address());
    }
    if subject.is_post("/auth/password") {
        add("throttle_password_resets/ip", 25, 5 * MINUTE, address());
        add("throttle_password_resets/email", 5, 30 * MINUTE, subject.email());
    }
    if subject.is_post("/auth/confirmation") || subject.is_change("/auth/setup") {
        add("throttle_email_confirmations/ip", 25, 5 * MINUTE, address());
        add("throttle_email_confirmations/email", 5, 30 * MINUTE, subject.email());
    }
    if subject.is_change("/auth/setup") {
        add("throttle_auth_setup/email", 5, 10 * MINUTE, subject.email());
    }
    if subject.is_post("/auth/sign_in") {
        add("throttle_login_attempts/ip", 25, 5 * MINUTE, address());
        add("throttle_login_attempts/email", 25, HOUR, subject.email());
    }
}

/// Counts the request. Redis being away lets it pass without headers.
pub(crate) async fn check(app: &App, subject: &Subject<'_>) -> Verdict {
    if !app.config.web.rate_limits {
        return Verdict::Pass(None);
    }
    let counts = match kv::rate_limit::hit(&app.kv, &throttles(subject), app.clock.now()).await {
        Ok(counts) => counts,
        Err(error) => {
            tracing::warn!(%error, "requests are not counted");
            return Verdict::Pass(None);
        }
    };
    if let Some(over) = counts.iter().find(|count| count.is_exceeded()) {
        return Verdict::Refuse(Box::new(refusal(over)));
    }
    let tightest = counts.into_iter().min_by_key(Count::remaining);
    Verdict::Pass(tightest.filter(|_| subject.is_told()))
}

pub(crate) enum Verdict {
    Pass(Option<Count>),
    Refuse(Box<Response>),
}

fn refusal(count: &Count) -> Response {
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(json!({ "error": "Too many requests" }))).into_response();
    let headers = response.headers_mut();
    // rack-attack answers in front of Rails: another content type, no defaults.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    write(headers, count);
    response
}

pub(crate) fn write(headers: &mut HeaderMap, count: &Count) {
    headers.insert("x-ratelimit-limit", count.limit.into());
    headers.insert("x-ratelimit-remaining", count.remaining().into());
    let end = count.resets_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    if let Ok(end) = HeaderValue::from_str(&end) {
        headers.insert("x-ratelimit-reset", end);
    }
}

/// For endpoints whose action is limited too (posts, follows, reports): put into the answer what is left of the action; it
/// takes the place of the request's own count when it is tighter.
#[derive(Debug, Clone, Copy)]
pub struct ActionLimit(pub Count);

impl axum::response::IntoResponseParts for ActionLimit {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut response: axum::response::ResponseParts,
    ) -> Result<axum::response::ResponseParts, Self::Error> {
        response.extensions_mut().insert(self);
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Method;
    use serde_json::json;

    use super::{Subject, throttles};
    use crate::params::RawParams;

    fn names(method: Method, path: &str, params: serde_json::Value, user: Option<i64>) -> Vec<(&'static str, u32)> {
        let params = RawParams { map: Arc::new(params.as_object().unwrap().clone()), files: Arc::default() };
        let address = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        let subject = Subject { method: &method, path, params: &params, address, token: user, user };
        throttles(&subject).into_iter().map(|throttle| (throttle.name, throttle.limit)).collect()
    }

    #[test]
    fn a_token_counts_for_its_user_and_for_itself() {
        assert_eq!(
            names(Method::GET, "/api/v1/timelines/home", json!({"max_id": "1"}), Some(7)),
            [("throttle_authenticated_api", 1500), ("throttle_per_token_api", 300), ("throttle_authenticated_paging", 300)]
        );
    }

    #[test]
    fn signing_in_counts_by_address_and_by_email() {
        assert_eq!(
            names(Method::POST, "/auth/sign_in", json!({"user": {"email": " A@b.example "}}), None),
            [("throttle_login_attempts/ip", 25), ("throttle_login_attempts/email", 25)]
        );
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let params = RawParams::default();
        let subject = |address: &str| Subject {
            method: &Method::POST,
            path: "/api/v1/apps",
            params: &params,
            address: address.parse().unwrap(),
            token: None,
            user: None,
        };
        assert_eq!(throttles(&subject("2001:db8::1")), throttles(&subject("2001:db8::ffff:1")));
        assert_ne!(throttles(&subject("2001:db8::1")), throttles(&subject("2001:db8:0:1::1")));
        assert_eq!(throttles(&subject("::ffff:198.51.100.1")), throttles(&subject("198.51.100.1")));
    }
}
