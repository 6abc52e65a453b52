//! What the links in letters lead to that end them: a page that asks, and the deed, which mail programs do by themselves.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use services::unsubscribe::{Kind, Recipient, end_subscription, exists, read_token, stop_letters};
use shared::{ApiResult, App, Params};

use crate::assets;
use crate::profile::{missing, public_page};

const CACHE: &str = "private, no-store";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    token: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct Page {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    what: &'static str,
    token: String,
    kind: String,
    done: bool,
}

/// Letters that shall end.
enum Letters {
    Of(i64, Kind),
    Subscription(i64),
}

impl Letters {
    fn name(&self) -> &'static str {
        match self {
            Self::Of(_, Kind::Follow) => "letters about new followers",
            Self::Of(_, Kind::FollowRequest) => "letters about people who want to follow you",
            Self::Of(_, Kind::Reblog) => "letters about boosts of your posts",
            Self::Of(_, Kind::Favourite) => "letters about likes of your posts",
            Self::Of(_, Kind::Mention) => "letters about mentions",
            Self::Of(_, Kind::Quote) => "letters about quotes of your posts",
            Self::Subscription(_) => "letters with new posts",
        }
    }
}

/// Changes nothing: programs that look at letters open every link.
pub(super) async fn show(State(app): State<App>, params: Params<Link>) -> ApiResult<Response> {
    match find(&app, &params).await? {
        Some(letters) => page(&app, &letters, &params, false).await,
        None => Ok(missing(StatusCode::NOT_FOUND)),
    }
}

/// Whoever has the link may: the token is what protects it, for no cookie comes from a mail program.
pub(super) async fn create(State(app): State<App>, params: Params<Link>) -> ApiResult<Response> {
    let Some(letters) = find(&app, &params).await? else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let mut tx = app.db.begin().await?;
    match letters {
        Letters::Of(user, kind) => stop_letters(&mut tx, user, kind).await?,
        Letters::Subscription(id) => end_subscription(&mut tx, id).await?,
    }
    tx.commit().await?;
    page(&app, &letters, &params, true).await
}

async fn find(app: &App, link: &Link) -> ApiResult<Option<Letters>> {
    let Some(recipient) = read_token(&app.config.secrets, &link.token, app.clock.now()) else { return Ok(None) };
    let letters = match recipient {
        Recipient::User(id) => Kind::named(&link.kind).map(|kind| Letters::Of(id, kind)),
        Recipient::EmailSubscription(id) => Some(Letters::Subscription(id)),
    };
    let is_here = exists(&mut *app.db.acquire().await?, recipient).await?;
    Ok(letters.filter(|_| is_here))
}

async fn page(app: &App, letters: &Letters, link: &Link, done: bool) -> ApiResult<Response> {
    let page = Page {
        title: "Letters from this server".to_owned(),
        site: app.settings().await?.site_title.clone(),
        style: assets::style(),
        noindex: true,
        what: letters.name(),
        token: link.token.clone(),
        kind: link.kind.clone(),
        done,
    };
    public_page(&page, "", CACHE)
}
