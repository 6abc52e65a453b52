//! Apps and their tokens.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::Id;

#[derive(Debug, Clone, Serialize)]
pub struct Application {
    pub id: Id,
    pub name: String,
    pub website: Option<String>,
    pub scopes: Vec<String>,
    pub redirect_uris: Vec<String>,
    pub vapid_key: Option<String>,
    /// The same as `redirect_uris`, one a line.
    pub redirect_uri: String,
}

/// Answer to a registration.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialApplication {
    #[serde(flatten)]
    pub application: Application,
    pub client_id: String,
    pub client_secret: String,
    /// 0: never.
    pub client_secret_expires_at: u8,
}

impl Application {
    /// `scopes` and `redirect_uri` as the columns hold them.
    #[must_use]
    pub fn new(id: i64, name: &str, website: Option<&str>, scopes: &str, redirect_uri: &str, vapid_key: Option<&str>) -> Self {
        Self {
            id: Id(id),
            name: name.to_owned(),
            website: website.filter(|website| !website.trim().is_empty()).map(str::to_owned),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            redirect_uris: redirect_uri.split_whitespace().map(str::to_owned).collect(),
            vapid_key: vapid_key.map(str::to_owned),
            redirect_uri: redirect_uri.to_owned(),
        }
    }

    #[must_use]
    pub fn with_credentials(self, client_id: String, client_secret: String) -> CredentialApplication {
        CredentialApplication { application: self, client_id, client_secret, client_secret_expires_at: 0 }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Token {
    pub access_token: String,
    pub token_type: &'static str,
    pub scope: String,
    /// Seconds since 1970.
    pub created_at: i64,
}

impl Token {
    #[must_use]
    pub fn new(access_token: String, scope: String, created_at: NaiveDateTime) -> Self {
        Self { access_token, token_type: "Bearer", scope, created_at: created_at.and_utc().timestamp() }
    }
}
