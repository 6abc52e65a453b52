//! Applications register themselves, and ask who they are.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use config::Config;
use db::oauth_applications::{self, ApplicationRow, NewApplication};
use serde::{Deserialize, Serialize};
use services::error::Validation;
use shared::{ApiResult, App, Auth, Error, OneOrMany, Params, oauth};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/apps", post(create)).route("/api/v1/apps/verify_credentials", get(verify_credentials))
}

/// Longest of each in characters.
const MAX_NAME: usize = 60;
const MAX_URI: usize = 2000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    client_name: String,
    redirect_uris: OneOrMany<String>,
    scopes: Option<String>,
    website: Option<String>,
}

#[derive(Debug, Serialize)]
struct Application {
    id: String,
    name: String,
    website: Option<String>,
    scopes: Vec<String>,
    redirect_uris: Vec<String>,
    vapid_key: Option<String>,
    redirect_uri: String,
}

/// What the registering client alone may see.
#[derive(Debug, Serialize)]
struct CredentialApplication {
    #[serde(flatten)]
    application: Application,
    client_id: String,
    client_secret: String,
    client_secret_expires_at: u8,
}

impl Application {
    fn new(row: &ApplicationRow, config: &Config) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name.clone(),
            website: row.website.clone().filter(|website| !website.trim().is_empty()),
            scopes: oauth::split(&row.scopes).into_iter().map(str::to_owned).collect(),
            redirect_uris: row.redirect_uri.split_whitespace().map(str::to_owned).collect(),
            vapid_key: config.secrets.vapid.as_ref().map(|keys| keys.public.clone()),
            redirect_uri: row.redirect_uri.clone(),
        }
    }
}

async fn create(State(app): State<App>, params: Params<Create>) -> ApiResult<Json<CredentialApplication>> {
    let redirect_uri = params.redirect_uris.0.join("\n");
    let scopes = params.scopes.as_deref().unwrap_or(oauth::DEFAULT_SCOPE);
    let website = params.website.as_deref().map(str::trim).filter(|website| !website.is_empty());
    check(&params.client_name, &redirect_uri, scopes, website)?;
    let new = NewApplication {
        name: params.client_name.trim(),
        redirect_uri: &redirect_uri,
        scopes: &oauth::split(scopes).join(" "),
        website,
        uid: &oauth::random_token()?,
        secret: &oauth::random_token()?,
    };
    let row = oauth_applications::insert(&mut *app.db.acquire().await?, &new, app.clock.now_naive()).await?;
    Ok(Json(CredentialApplication {
        application: Application::new(&row, &app.config),
        client_id: row.uid,
        client_secret: row.secret,
        client_secret_expires_at: 0,
    }))
}

fn check(name: &str, redirect_uri: &str, scopes: &str, website: Option<&str>) -> ApiResult<()> {
    let mut found = Validation::default();
    if name.trim().is_empty() {
        found.add("name", "Application name", "ERR_BLANK", "can't be blank");
    }
    if redirect_uri.trim().is_empty() {
        found.add("redirect_uri", "Redirect URI", "ERR_BLANK", "can't be blank");
    }
    for complaint in oauth::redirect_complaints(redirect_uri) {
        found.add("redirect_uri", "Redirect URI", "ERR_INVALID", complaint);
    }
    if !oauth::all_known(scopes) {
        found.add("scopes", "Scopes", "ERR_INVALID", "doesn't match those configured on the server.");
    }
    if name.chars().count() > MAX_NAME {
        found.add("name", "Application name", "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_NAME} characters)"));
    }
    if let Some(website) = website {
        if !website.starts_with("http://") && !website.starts_with("https://") || url::Url::parse(website).is_err() {
            found.add("website", "Application website", "ERR_INVALID", "is not a valid URL");
        }
        if website.chars().count() > MAX_URI {
            found.add(
                "website",
                "Application website",
                "ERR_TOO_LONG",
                &format!("is too long (maximum is {MAX_URI} characters)"),
            );
        }
    }
    if redirect_uri.chars().count() > MAX_URI {
        found.add("redirect_uri", "Redirect URI", "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_URI} characters)"));
    }
    Ok(found.into_result()?)
}

async fn verify_credentials(State(app): State<App>, auth: Auth) -> ApiResult<Json<Application>> {
    let token = auth.require_token(&[])?;
    let id = token.application_id.ok_or_else(Error::not_found)?;
    let row = oauth_applications::find(&mut *app.db.acquire().await?, id).await?.ok_or_else(Error::not_found)?;
    Ok(Json(Application::new(&row, &app.config)))
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::check;

    async fn refusal(name: &str, uri: &str, scopes: &str) -> String {
        let response = check(name, uri, scopes, None).unwrap_err().into_response();
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    // Texts recorded in golden/rest/golden/apps.json.
    #[tokio::test]
    async fn a_registration_is_refused_in_mastodons_words() {
        let oob = "urn:ietf:wg:oauth:2.0:oob";
        assert_eq!(refusal("", oob, "read").await, r#"{"error":"Validation failed: Application name can't be blank"}"#);
        assert_eq!(
            refusal("x", "javascript:alert(1)", "read").await,
            r#"{"error":"Validation failed: Redirect URI is forbidden by the server., Redirect URI must specify a scheme."}"#
        );
        assert_eq!(
            refusal("x", oob, "read fly").await,
            r#"{"error":"Validation failed: Scopes doesn't match those configured on the server."}"#
        );
    }
}
