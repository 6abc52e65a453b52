//! Files that are part of the program, under names that change with their content.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;
use shared::{App, Error, assets};

const FOREVER: &str = "public, max-age=31536000, immutable";
const STYLE: &str = include_str!("../static/style.css");

static STYLE_NAME: LazyLock<String> = LazyLock::new(|| {
    let mut hash = hex::encode(digest(&SHA256, STYLE.as_bytes()));
    hash.truncate(16);
    format!("style-{hash}.css")
});

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/packs/ferrodon/{name}", get(show))
        .route("/avatars/original/missing.png", get(async || missing("avatar")))
        .route("/headers/original/missing.png", get(async || missing("header")))
}

/// Address of the style sheet.
pub(super) fn style() -> String {
    format!("/packs/ferrodon/{}", *STYLE_NAME)
}

async fn show(Path(name): Path<String>) -> Response {
    if name == *STYLE_NAME {
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, FOREVER)];
        return (headers, STYLE).into_response();
    }
    match assets::file(&name) {
        Some(bytes) => ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, FOREVER)], bytes).into_response(),
        None => Error::not_found_plain().into_response(),
    }
}

/// What people without a picture of their own show; clients know these addresses by heart.
fn missing(kind: &str) -> Response {
    match assets::missing(kind) {
        Some(bytes) => {
            ([(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=604800")], bytes).into_response()
        }
        None => Error::not_found_plain().into_response(),
    }
}
