//! What many people talk about now.

pub(super) mod links;
pub(super) mod statuses;
pub(super) mod tags;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use db::PageParams;
use http::Uri;
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{App, Auth, Links, Locale, Permission};

pub(super) fn routes() -> Router<App> {
    let by_language = Router::new()
        .route("/api/v1/trends/links", get(links::list))
        .route("/api/v1/trends/statuses", get(statuses::list))
        .layer(map_response(depends_on_language));
    Router::new().route("/api/v1/trends", get(tags::list)).route("/api/v1/trends/tags", get(tags::list)).merge(by_language)
}

/// For lists whose order follows the reader's language, and all that stands beside them.
pub(super) async fn depends_on_language(mut response: Response) -> Response {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Authorization, Accept-Language"));
    response
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Offset {
    offset: i64,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    pub(super) offset: i64,
    pub(super) limit: i64,
}

impl Slice {
    fn new(offset: &Offset, page: &PageParams, default: i64, max: i64) -> Self {
        Self { offset: offset.offset.max(0), limit: page.page(default, max).limit }
    }

    /// Both ways, always into the public list. The previous page is told of only from the third on: recorded so.
    fn links(self, app: &App, path: &'static str, params: &Map<String, Value>, shown: usize) -> Links {
        let mut links = Links::new(app, &Uri::from_static(path), params);
        if i64::try_from(shown) == Ok(self.limit) {
            links = links.with("next", "offset", self.offset.saturating_add(self.limit));
        }
        if self.offset > self.limit {
            links = links.with("prev", "offset", self.offset - self.limit);
        }
        links
    }
}

/// How much of a list somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What may be shown to everybody.
    Allowed,
    /// Also what is forbidden or waits for a decision, in whatever language.
    All,
    /// Trends are off.
    Nothing,
}

impl Scope {
    pub(super) fn public(trends: bool) -> Self {
        if trends { Self::Allowed } else { Self::Nothing }
    }

    /// Those who decide see all, also while trends are off; others what everybody sees.
    pub(super) fn moderated(auth: &Auth, trends: bool) -> Self {
        if decides(auth) { Self::All } else { Self::public(trends) }
    }
}

fn decides(auth: &Auth) -> bool {
    auth.user().is_some_and(|user| user.functional() && user.can(Permission::ManageTaxonomies))
}

/// Languages that come first: those that the person chose to read, else the one that the answer speaks.
fn preferred(auth: &Auth, locale: &Locale) -> Vec<String> {
    match auth.user().and_then(|user| user.chosen_languages.clone()) {
        Some(chosen) if !chosen.is_empty() => chosen,
        _ => vec![locale.language().to_owned()],
    }
}
