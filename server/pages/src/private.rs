//! Servers that show nothing to visitors.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use shared::{App, Auth};

/// In limited federation, pages are for those who are signed in.
pub(crate) fn is_closed(app: &App, auth: &Auth) -> bool {
    app.config.federation.limited_federation && auth.user().is_none()
}

pub(crate) fn sign_in(app: &App) -> Response {
    let headers = [
        (header::LOCATION, format!("{}/auth/sign_in", app.urls.base())),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
    ];
    (StatusCode::FOUND, headers).into_response()
}
