//! `/@alice`, `/@alice/1`, `/tags/rust` and their like: one address for people, for servers and for feed readers. The ending
//! of the address decides who answers, else the form asked for.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use federation::wants_activity;
use http::{HeaderMap, Uri, header};
use pages::profile::Section;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Flag, Params};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/@{acct}", get(account))
        .route("/@{acct}/{id}", get(below))
        .route("/@{acct}/tagged/{tag}", get(tagged))
        .route("/collections/{id}", get(collection))
        .route("/tags/{id}", get(tag))
        .route("/users/{username}", get(user))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Feed {
    limit: Option<String>,
    local: Option<Flag>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Page,
    Document,
    Feed,
}

impl Form {
    /// The form, and the last part of the path without its ending.
    fn of<'a>(part: &'a str, headers: &HeaderMap) -> (Self, &'a str) {
        if let Some(name) = part.strip_suffix(".json") {
            return (Self::Document, name);
        }
        if let Some(name) = part.strip_suffix(".rss") {
            return (Self::Feed, name);
        }
        let form = if wants_activity(headers) {
            Self::Document
        } else if wants_feed(headers) {
            Self::Feed
        } else {
            Self::Page
        };
        (form, part)
    }
}

/// Whether the first type in `Accept` is that of feeds; a browser, which takes anything, gets the page.
fn wants_feed(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accept.split([',', ';']).next().unwrap_or_default().trim();
    first.eq_ignore_ascii_case("application/rss+xml") && !accept.contains("*/*")
}

async fn account(
    State(app): State<App>,
    auth: Auth,
    Path(acct): Path<String>,
    headers: HeaderMap,
    params: Params<Feed>,
) -> ApiResult<Response> {
    let (form, name) = Form::of(&acct, &headers);
    of_account(&app, &auth, name, &Section::Posts, form, headers, &params).await
}

async fn of_account(
    app: &App,
    auth: &Auth,
    acct: &str,
    section: &Section,
    form: Form,
    headers: HeaderMap,
    params: &Feed,
) -> ApiResult<Response> {
    match form {
        Form::Document if !acct.contains('@') => federation::show_actor(app, acct, headers).await,
        Form::Feed => pages::profile::feed(app, acct, section, auth, params.limit.as_deref()).await,
        _ => pages::profile::show(app, acct, section, auth).await,
    }
}

/// A post, or a part of the profile.
async fn below(
    State(app): State<App>,
    auth: Auth,
    Path((acct, part)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    params: Params<Feed>,
) -> ApiResult<Response> {
    let (form, name) = Form::of(&part, &headers);
    if form == Form::Document && matches!(name, "followers" | "following") && !acct.contains('@') {
        return federation::show_relations(&app, &acct, name, &uri, headers).await;
    }
    if let Some(section) = Section::named(name) {
        return of_account(&app, &auth, &acct, &section, form, headers, &params).await;
    }
    if form == Form::Document && !acct.contains('@') {
        return federation::show_status(&app, &acct, name, headers).await;
    }
    pages::status::show(&app, &acct, &part, &auth).await
}

async fn tagged(
    State(app): State<App>,
    auth: Auth,
    Path((acct, tag)): Path<(String, String)>,
    headers: HeaderMap,
    params: Params<Feed>,
) -> ApiResult<Response> {
    let (form, tag) = Form::of(&tag, &headers);
    of_account(&app, &auth, &acct, &Section::Tagged(tag.to_owned()), form, headers, &params).await
}

async fn tag(
    State(app): State<App>,
    auth: Auth,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    params: Params<Feed>,
) -> ApiResult<Response> {
    let (form, name) = Form::of(&id, &headers);
    match form {
        Form::Document => federation::show_tag(&app, name, &uri, headers).await,
        Form::Feed => {
            let local = params.local.is_some_and(Flag::is_true);
            pages::tag::feed(&app, name, &auth, local, params.limit.as_deref()).await
        }
        Form::Page => pages::tag::show(&app, name, &auth).await,
    }
}

/// The old address of an account, which for feeds needs no redirect.
async fn user(
    State(app): State<App>,
    auth: Auth,
    Path(username): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    params: Params<Feed>,
) -> ApiResult<Response> {
    match Form::of(&username, &headers) {
        (Form::Feed, name) => pages::profile::feed(&app, name, &Section::Posts, &auth, params.limit.as_deref()).await,
        _ => federation::show_user(&app, &username, &uri, headers).await,
    }
}

async fn collection(State(app): State<App>, Path(id): Path<String>, headers: HeaderMap) -> ApiResult<Response> {
    let plain = id.strip_suffix(".json");
    let number = plain.unwrap_or(&id).parse().unwrap_or_default();
    if plain.is_some() || wants_activity(&headers) {
        return federation::show_collection(&app, number, headers).await;
    }
    pages::collection::show(&app, number).await
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::Form;

    #[test]
    fn the_ending_decides_before_what_is_asked_for() {
        let accept = |value: &'static str| HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]);
        let json = accept("application/activity+json");
        assert_eq!(Form::of("alice.rss", &json), (Form::Feed, "alice"));
        assert_eq!(Form::of("alice", &json), (Form::Document, "alice"));
        assert_eq!(Form::of("alice", &accept("application/rss+xml")), (Form::Feed, "alice"));
        assert_eq!(Form::of("alice.json", &accept("text/html")), (Form::Document, "alice"));
        assert_eq!(Form::of("alice", &accept("application/rss+xml, */*")), (Form::Page, "alice"));
        assert_eq!(Form::of("alice", &HeaderMap::new()), (Form::Page, "alice"));
    }
}
