//! What everybody posts publicly: no boosts, no answers to others.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::PageParams;
use http::Uri;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Params, cache};

use super::{DEFAULT_LIMIT, Halves, MAX_LIMIT};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Show {
    local: bool,
    remote: bool,
    only_media: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<Show>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let user = auth.optional(&["read", "read:statuses"])?;
    let settings = app.settings().await?;
    let access = (settings.local_live_feed_access, settings.remote_live_feed_access);
    let halves = Halves::open(&auth, params.local, params.remote, access.0, access.1)?;
    if halves.none() {
        return Ok((cache::for_visitors(&app, &auth), Json([(); 0])).into_response());
    }
    let mut query = super::public_statuses();
    query.push(" AND (NOT s.reply OR s.in_reply_to_account_id = s.account_id)");
    super::push_halves(&mut query, halves);
    if params.only_media {
        super::push_only_media(&mut query);
    }
    if let Some(user) = user {
        super::push_viewer(&mut query, user.account_id);
        if let Some(languages) = user.chosen_languages.as_ref().filter(|languages| !languages.is_empty()) {
            query.push(" AND (s.language IS NULL OR s.language = ANY(").push_bind(languages.clone()).push("))");
        }
    }
    let viewer = auth.account_id();
    let mut conn = app.db.acquire().await?;
    let ids = super::ids(&mut conn, query, &page.page(DEFAULT_LIMIT, MAX_LIMIT)).await?;
    let statuses = super::statuses(&mut conn, &app, viewer, &ids).await?;
    let links = super::links(&app, &uri, params.raw(), &["local", "remote", "limit", "only_media"], &statuses);
    Ok((cache::for_visitors(&app, &auth), links, Json(statuses)).into_response())
}
