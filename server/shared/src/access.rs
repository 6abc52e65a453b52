//! Who may call the API at all, before any endpoint says what it wants: servers closed to visitors, suspended people.

use http::{Method, StatusCode};

use crate::app::App;
use crate::auth::Auth;
use crate::error::{ApiResult, Error};
use crate::headers::Asked;

pub(crate) fn check(app: &App, asked: &Asked, auth: &Auth) -> ApiResult<()> {
    let federation = &app.config.federation;
    let closed = federation.disallow_unauthenticated_api || federation.limited_federation;
    if closed && asked.path.starts_with("/api/") && auth.user().is_none() && !is_open(asked, federation.limited_federation) {
        return Err(Error::new(StatusCode::UNAUTHORIZED, "This method requires an authenticated user"));
    }
    match auth.user() {
        Some(user) if user.suspended => Err(Error::new(StatusCode::FORBIDDEN, "Your login is currently disabled")),
        _ => Ok(()),
    }
}

/// What stays open to visitors of a closed server.
fn is_open(asked: &Asked, limited: bool) -> bool {
    let path = asked.path.as_str();
    match path {
        "/api/v1/accounts" | "/api/v1/apps" => asked.method == Method::POST,
        "/api/v1/instance" | "/api/v2/instance" | "/api/oembed" => true,
        _ if path.starts_with("/api/v1/invites/") => true,
        "/api/v1/peers/search" => !limited,
        _ => path.starts_with("/api/v1/instance/") && !limited,
    }
}
