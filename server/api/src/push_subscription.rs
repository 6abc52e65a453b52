//! What apps and browsers send when they ask for push messages, and whether such messages could be sent.

use http_client::Kind;
use push::Recipient;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::error::Validation;
use shared::{ApiResult, App, Error, Flag, Params};
use url::Url;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Create {
    subscription: Subscription,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Subscription {
    pub(crate) endpoint: String,
    pub(crate) keys: Keys,
    pub(crate) standard: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Keys {
    pub(crate) p256dh: String,
    pub(crate) auth: String,
}

/// The subscription in the parameters.
///
/// # Errors
/// 400 without one; 422 if its address may not be asked or nothing can be encrypted for its keys.
pub(crate) fn valid<'a>(app: &App, params: &'a Params<Create>) -> ApiResult<&'a Subscription> {
    match params.raw().get("subscription") {
        Some(Value::Object(sent)) if !sent.is_empty() => {}
        _ => return Err(Error::missing_param("subscription")),
    }
    let subscription = &params.subscription;
    let mut found = Validation::default();
    if subscription.endpoint.trim().is_empty() {
        found.add("endpoint", "Endpoint", "ERR_BLANK", "can't be blank");
    }
    if !may_be_asked(app, &subscription.endpoint) {
        found.add("endpoint", "Endpoint", "ERR_INVALID", "is invalid");
    }
    for (attribute, human, value) in
        [("key_p256dh", "Key p256dh", &subscription.keys.p256dh), ("key_auth", "Key auth", &subscription.keys.auth)]
    {
        if value.trim().is_empty() {
            found.add(attribute, human, "ERR_BLANK", "can't be blank");
        }
    }
    if Recipient::parse(&subscription.keys.p256dh, &subscription.keys.auth).is_none() {
        found.add("base", "", "ERR_INVALID", "is not a valid Ed25519 or Curve25519 key");
    }
    if found.is_empty() { Ok(subscription) } else { Err(found.into()) }
}

/// An address that would be refused when a message is sent is refused now.
fn may_be_asked(app: &App, endpoint: &str) -> bool {
    // What browsers forgive in an address is stored as it came, and not every reader forgives it.
    let plain = !endpoint.contains(|c: char| c.is_whitespace() || c.is_control());
    plain && Url::parse(endpoint).is_ok_and(|url| url.host().is_some() && app.http.judge(&url, Kind::Federation).is_ok())
}

/// The parameter `data`: `None` if it is blank.
///
/// # Errors
/// 400 if it is no map.
pub(crate) fn data<T>(params: &Params<T>) -> ApiResult<Option<&Map<String, Value>>> {
    match params.raw().get("data") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(data)) => Ok(Some(data).filter(|data| !data.is_empty())),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(_) => Err(Error::missing_param("data")),
    }
}
