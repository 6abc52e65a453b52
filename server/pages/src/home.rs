//! The first page: what this server is, and the way in.

use askama::Template;
use axum::extract::State;
use http::StatusCode;
use shared::{App, Auth, Session};

use crate::frame::{Frame, PageResult, render};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    description: String,
    domain: String,
}

pub(super) async fn show(State(app): State<App>, auth: Auth, mut session: Session) -> PageResult {
    let frame = Frame::new(&app, &mut session, auth.user(), "Home").await?;
    let description = app.settings().await?.site_short_description.clone();
    let page = Home { frame, description, domain: app.config.federation.local_domain.clone() };
    render(&app, session, StatusCode::OK, &page)
}
