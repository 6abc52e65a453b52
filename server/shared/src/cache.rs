//! What may be kept by caches in between. Without one of these an answer is `private, no-store`.

use axum::response::{IntoResponseParts, ResponseParts};
use http::{HeaderValue, header};

use crate::app::App;
use crate::auth::Auth;

/// Goes into an answer beside its body: `(cache::for_visitors(&app, &auth), Json(page))`.
#[derive(Debug, Clone)]
pub struct Cache {
    control: Option<String>,
    vary: Option<&'static str>,
}

/// Fifteen seconds for visitors, nothing for signed-in people: timelines, statuses, accounts, trends.
#[must_use]
pub fn for_visitors(app: &App, auth: &Auth) -> Cache {
    let open = auth.user().is_none() && auth.token().is_none() && !app.config.federation.limited_federation;
    Cache { control: open.then(|| "max-age=15, public, stale-while-revalidate=30, stale-if-error=86400".to_owned()), vary: None }
}

/// Five minutes for everybody: custom emoji, instance and its children. The answer must not depend on who asks.
#[must_use]
pub fn for_everyone(app: &App) -> Cache {
    let open = !app.config.federation.limited_federation;
    Cache {
        control: open.then(|| "max-age=300, public, stale-while-revalidate=30, stale-if-error=86400".to_owned()),
        vary: Some("Accept"),
    }
}

/// Public for this many seconds, with a `Vary` of one's own (ActivityPub, well-known documents).
#[must_use]
pub fn public(seconds: u32, vary: Option<&'static str>) -> Cache {
    Cache { control: Some(format!("max-age={seconds}, public")), vary }
}

impl Cache {
    /// Replaces `Vary`.
    #[must_use]
    pub fn vary(mut self, names: &'static str) -> Self {
        self.vary = Some(names);
        self
    }
}

impl IntoResponseParts for Cache {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(value) = self.control.and_then(|control| HeaderValue::from_str(&control).ok()) {
            response.headers_mut().insert(header::CACHE_CONTROL, value);
        }
        if let Some(vary) = self.vary {
            response.headers_mut().insert(header::VARY, HeaderValue::from_static(vary));
        }
        Ok(response)
    }
}
