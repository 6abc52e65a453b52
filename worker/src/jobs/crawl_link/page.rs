//! The page behind a link, and what it offers through oEmbed.

use http_client::{Answer, Get, HeaderName, HeaderValue, Kind, Url};
use serde_json::Value;

use crate::context::Context;

/// The head of a page is enough.
const HEAD: usize = 1024 * 1024;
const OEMBED: usize = 256 * 1024;

pub(super) struct Page {
    /// After redirects.
    pub(super) url: Url,
    pub(super) html: String,
}

/// `None` for anything but a page.
pub(super) async fn fetch(context: &Context, url: &Url) -> Option<Page> {
    let language = format!("{}, *;q=0.5", context.config.federation.default_locale);
    let mut request = Get::new(url, Kind::Page).accept("text/html").limit(HEAD).truncate();
    if let Ok(language) = HeaderValue::try_from(language) {
        request = request.header(HeaderName::from_static("accept-language"), language);
    }
    let answer = get(context, request).await.filter(|answer| answer.status == 200 && answer.media_type() == "text/html")?;
    let charset = charset(answer.content_type());
    Some(Page { html: text::charset::decode(&answer.body, charset), url: answer.url })
}

/// A description in JSON; XML is not read.
pub(super) async fn oembed(context: &Context, url: &str) -> Option<Value> {
    let url = Url::parse(url).ok()?;
    let request = Get::new(&url, Kind::Page).accept("application/json").limit(OEMBED);
    let answer = get(context, request).await.filter(|answer| answer.status == 200)?;
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    let version = value.get("version")?;
    let known = version.as_str() == Some("1.0") || version.as_f64() == Some(1.0);
    known.then_some(value)
}

async fn get(context: &Context, request: Get<'_>) -> Option<Answer> {
    match context.http.get(request).await {
        Ok(answer) => Some(answer),
        Err(error) => {
            tracing::debug!(%error, "a linked page cannot be had");
            None
        }
    }
}

/// What the server says of the text's encoding.
fn charset(content_type: &str) -> Option<&str> {
    let parameter = content_type.split(';').skip(1).find_map(|part| part.trim().strip_prefix("charset="))?;
    Some(parameter.trim_matches('"'))
}
