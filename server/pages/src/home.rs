//! The first page: what this server is, and the way in.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::settings::RegistrationsMode;
use http::StatusCode;
use shared::{ApiResult, App, Auth, Session};

use crate::frame::{Frame, PageResult, redirect, render};
use crate::meta::Meta;
use crate::profile::public_page;
use crate::{about, assets};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    description: String,
    domain: String,
}

/// For visitors: no cookie, so that caches may keep it.
#[derive(Template)]
#[template(path = "landing.html")]
struct Landing {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    meta: Meta,
    description: String,
    open: bool,
}

pub(super) async fn show(State(app): State<App>, auth: Auth, mut session: Session) -> PageResult {
    match auth.user() {
        None if !session.has_flash() => return Ok(landing(&app).await?.into_response()),
        Some(user) if !user.confirmed || !user.approved => return redirect(&app, session, "/auth/setup"),
        _ => {}
    }
    let frame = Frame::new(&app, &mut session, auth.user(), "Home").await?;
    let description = app.settings().await?.site_short_description.clone();
    let page = Home { frame, description, domain: app.config.federation.local_domain.clone() };
    render(&app, session, StatusCode::OK, &page)
}

async fn landing(app: &App) -> ApiResult<Response> {
    let settings = app.settings().await?;
    let (site, description) = (settings.site_title.clone(), settings.site_short_description.clone());
    let page = Landing {
        title: app.config.federation.local_domain.clone(),
        meta: Meta::new("website", &site, &site, app.urls.base(), &description),
        site,
        style: assets::style(),
        noindex: false,
        description,
        open: settings.registrations_mode != RegistrationsMode::None && !app.config.federation.single_user_mode,
    };
    public_page(&page, "", about::CACHE)
}
