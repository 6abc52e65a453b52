//! RFC 8414: where the OAuth endpoints are and what they understand.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use shared::{App, oauth};

#[derive(Debug, Serialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    userinfo_endpoint: String,
    scopes_supported: &'static [&'static str],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 3],
    grant_types_supported: [&'static str; 2],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    service_documentation: &'static str,
    app_registration_endpoint: String,
}

pub(super) async fn show(State(app): State<App>) -> Response {
    let at = |path: &str| format!("{}{path}", app.urls.base());
    let metadata = Metadata {
        issuer: at("/"),
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/token"),
        revocation_endpoint: at("/oauth/revoke"),
        userinfo_endpoint: at("/oauth/userinfo"),
        scopes_supported: oauth::SCOPES,
        response_types_supported: ["code"],
        response_modes_supported: ["query", "fragment", "form_post"],
        grant_types_supported: ["authorization_code", "client_credentials"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported: ["S256"],
        service_documentation: "https://docs.joinmastodon.org/",
        app_registration_endpoint: at("/api/v1/apps"),
    };
    ([(header::CACHE_CONTROL, "max-age=0, private, must-revalidate")], Json(metadata)).into_response()
}
