//! What a browser needs to know to install the web client as an app.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use shared::{ApiResult, App, assets, cache};

const COLOUR: &str = "#191b22";
const ANDROID_APP: &str = "org.joinmastodon.android";
const APPLE_APP: &str = "id1571998974";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/manifest", get(show)).route("/manifest.json", get(show))
}

async fn show(State(app): State<App>) -> ApiResult<Response> {
    let title = app.settings().await?.site_title.clone();
    let icons: Vec<Value> = assets::default_images(&app.urls)
        .icons
        .into_iter()
        .map(|(size, src)| json!({"src": src, "sizes": format!("{size}x{size}"), "type": "image/png", "purpose": "any maskable"}))
        .collect();
    let manifest = json!({
        "id": "/home",
        "name": title,
        "short_name": title,
        "icons": icons,
        "theme_color": COLOUR,
        "background_color": COLOUR,
        "display": "standalone",
        "start_url": "/",
        "scope": "/",
        "share_target": {
            "url_template": "share?title={title}&text={text}&url={url}",
            "action": "share",
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
        "shortcuts": [
            {"name": "Compose new post", "url": "/publish"},
            {"name": "Notifications", "url": "/notifications"},
            {"name": "Explore", "url": "/explore"},
        ],
        "prefer_related_applications": true,
        "related_applications": [
            {"platform": "play", "url": format!("https://play.google.com/store/apps/details?id={ANDROID_APP}"), "id": ANDROID_APP},
            {"platform": "itunes", "url": format!("https://apps.apple.com/us/app/mastodon-for-iphone/{APPLE_APP}"), "id": APPLE_APP},
            {"platform": "f-droid", "url": format!("https://f-droid.org/en/packages/{ANDROID_APP}/"), "id": ANDROID_APP},
        ],
    });
    Ok((cache::public(180, None), Json(manifest)).into_response())
}
