//! Who sends the request, and what an endpoint asks of them. An endpoint takes [`Auth`] and states its demand in its first line:
//! `let user = auth.require_user(&["write", "write:statuses"])?;`

mod load;
mod user;

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use db::{AccessTokenId, AccountId, ApplicationId};
use http::StatusCode;
use http::request::Parts;

pub use load::{access_token_text, session_id};
pub(crate) use load::{load, touch};
pub use user::{Permission, User};

use crate::app::App;
use crate::error::{ApiResult, Error};

/// Scopes that `optional`, `require_user` … take: alternatives, any one suffices. There is no inheritance: `read` counts
/// because endpoints list it beside `read:statuses`.
pub type Scopes<'a> = &'a [&'a str];

/// Extractor: the identity behind a request. Loading it costs one statement when credentials were sent, none otherwise.
#[derive(Debug, Clone, Default)]
pub struct Auth(pub(crate) Arc<Identity>);

#[derive(Debug, Default)]
pub(crate) struct Identity {
    pub(crate) token: Option<Token>,
    /// A token was sent that is unknown, expired or revoked.
    pub(crate) refused: Option<Refused>,
    pub(crate) user: Option<User>,
}

/// The access token of the request.
#[derive(Debug, Clone)]
pub struct Token {
    pub id: AccessTokenId,
    pub scopes: Vec<String>,
    pub application_id: Option<ApplicationId>,
    pub application_name: Option<String>,
    pub application_website: Option<String>,
    pub(crate) last_used_at: Option<chrono::NaiveDateTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Nobody issued it: endpoints that ask for no token go on as for a visitor.
    Unknown,
    Expired,
    Revoked,
}

impl Refused {
    fn text(self) -> &'static str {
        match self {
            Self::Unknown => "The access token is invalid",
            Self::Expired => "The access token expired",
            Self::Revoked => "The access token was revoked",
        }
    }
}

impl Token {
    /// Whether one of the scopes was granted.
    #[must_use]
    pub fn allows(&self, scopes: Scopes<'_>) -> bool {
        scopes.iter().any(|wanted| self.scopes.iter().any(|scope| scope == wanted))
    }
}

impl Auth {
    /// The person, whatever the state of their login; `None` for visitors and for an application's own token.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.0.user.as_ref()
    }

    /// Account of the person: the viewer of what is shown.
    #[must_use]
    pub fn account_id(&self) -> Option<AccountId> {
        self.0.user.as_ref().map(|user| user.account_id)
    }

    /// The token, if it is good. `None` for a browser session.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.0.token.as_ref()
    }

    /// A good token with one of these scopes; with no scopes named, any good token.
    ///
    /// # Errors
    /// 401 without such a token, 403 if its scopes are others.
    pub fn require_token(&self, scopes: Scopes<'_>) -> ApiResult<&Token> {
        let Some(token) = &self.0.token else {
            return Err(refuse(self.0.refused.unwrap_or(Refused::Unknown)));
        };
        if !scopes.is_empty() && !token.allows(scopes) {
            return Err(Error::new(StatusCode::FORBIDDEN, "This action is outside the authorized scopes").with_challenge(
                "insufficient_scope",
                format!("Access to this resource requires scope \"{}\".", scopes.join(" ")),
            ));
        }
        Ok(token)
    }

    /// For endpoints that visitors may use: if a token was sent, it must be good and have one of these scopes.
    ///
    /// # Errors
    /// As [`Auth::require_token`], for a token that was sent.
    pub fn optional(&self, scopes: Scopes<'_>) -> ApiResult<Option<&User>> {
        match (&self.0.token, self.0.refused) {
            (None, None | Some(Refused::Unknown)) => {}
            _ => {
                self.require_token(scopes)?;
            }
        }
        Ok(self.user())
    }

    /// A token with one of these scopes, and a person behind it whose login works.
    ///
    /// # Errors
    /// 401 and 403 for the token, 422 without a person, 403 if the login does not work.
    pub fn require_user(&self, scopes: Scopes<'_>) -> ApiResult<&User> {
        self.require_token(scopes)?;
        self.require_signed_in()
    }

    /// A person whose login works, by token or by browser session.
    ///
    /// # Errors
    /// 422 without a person, 403 if the login does not work.
    pub fn require_signed_in(&self) -> ApiResult<&User> {
        let user = self.user().ok_or_else(|| Error::unprocessable("This method requires an authenticated user"))?;
        if !user.confirmed {
            return Err(Error::new(StatusCode::FORBIDDEN, "Your login is missing a confirmed e-mail address"));
        }
        if !user.approved {
            return Err(Error::new(StatusCode::FORBIDDEN, "Your login is currently pending approval"));
        }
        if !user.functional() {
            return Err(Error::new(StatusCode::FORBIDDEN, "Your login is currently disabled"));
        }
        Ok(user)
    }

    /// For moderation: a token, if there is one, needs one of these scopes; the person's role must have the permission.
    ///
    /// # Errors
    /// As [`Auth::optional`]; 403 for visitors and for roles without the permission.
    pub fn require_permission(&self, scopes: Scopes<'_>, permission: Permission) -> ApiResult<&User> {
        self.optional(scopes)?;
        self.permitted(permission)
    }

    /// The second half of [`Auth::require_permission`], for endpoints that say before it that there is no such row.
    ///
    /// # Errors
    /// 403 for visitors and for roles without the permission.
    pub fn permitted(&self, permission: Permission) -> ApiResult<&User> {
        let user = self.user().filter(|user| user.functional()).ok_or_else(Error::forbidden)?;
        if user.can(permission) { Ok(user) } else { Err(Error::forbidden()) }
    }

    /// A token that belongs to an application alone.
    ///
    /// # Errors
    /// As [`Auth::require_token`]; 403 if a person stands behind it.
    pub fn require_application(&self, scopes: Scopes<'_>) -> ApiResult<&Token> {
        let token = self.require_token(scopes)?;
        match self.user() {
            None => Ok(token),
            Some(_) => Err(Error::new(StatusCode::FORBIDDEN, "This method requires an client credentials authentication")),
        }
    }
}

fn refuse(reason: Refused) -> Error {
    Error::new(StatusCode::UNAUTHORIZED, reason.text()).with_challenge("invalid_token", reason.text())
}

impl FromRequestParts<App> for Auth {
    type Rejection = Error;

    /// `layers` has loaded the identity already for the API; pages load it here, when they ask.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        if let Some(auth) = parts.extensions.get::<Self>() {
            return Ok(auth.clone());
        }
        let auth = load(app, parts).await?;
        parts.extensions.insert(auth.clone());
        Ok(auth)
    }
}

/// The address of the client, behind trusted proxies or not.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddr(pub std::net::IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddr {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use db::oauth_access_tokens::IdentityRow;
    use http::StatusCode;

    use super::{Auth, Identity, Permission, Refused, Token, User};

    fn row() -> IdentityRow {
        IdentityRow {
            token_id: None,
            scopes: None,
            token_created_at: None,
            expires_in: None,
            revoked_at: None,
            last_used_at: None,
            application_id: None,
            application_name: None,
            application_website: None,
            user_id: Some(1),
            account_id: Some(2),
            username: Some("alice".to_owned()),
            email: Some("alice@example.com".to_owned()),
            locale: None,
            time_zone: None,
            settings: None,
            chosen_languages: None,
            approved: Some(true),
            disabled: Some(false),
            confirmed_at: Some(chrono::DateTime::UNIX_EPOCH.naive_utc()),
            current_sign_in_at: None,
            user_created_at: None,
            suspended_at: None,
            silenced_at: None,
            memorial: Some(false),
            locked: Some(false),
            moved_to_account_id: None,
            role_id: None,
            role_position: None,
            permissions: 0,
            collection_limit: None,
            lacks_second_factor: false,
        }
    }

    fn auth(scopes: Option<&str>, user: Option<IdentityRow>, refused: Option<Refused>) -> Auth {
        let token = scopes.map(|scopes| Token {
            id: 1,
            scopes: scopes.split(' ').map(str::to_owned).collect(),
            application_id: Some(1),
            application_name: None,
            application_website: None,
            last_used_at: None,
        });
        Auth(Arc::new(Identity { token, refused, user: user.as_ref().and_then(User::from_row) }))
    }

    fn status<T>(result: Result<T, crate::Error>) -> Option<StatusCode> {
        result.err().map(|error| error.status())
    }

    // The order of golden/rest/golden/apps.json: token, scope, person, state of the login.
    #[test]
    fn a_demand_is_refused_with_the_status_that_clients_know() {
        let wanted: &[&str] = &["read", "read:statuses"];
        assert_eq!(status(auth(None, None, None).require_user(wanted)), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(status(auth(Some("write"), None, None).require_user(wanted)), Some(StatusCode::FORBIDDEN));
        assert_eq!(status(auth(Some("read"), None, None).require_user(wanted)), Some(StatusCode::UNPROCESSABLE_ENTITY));
        assert_eq!(status(auth(Some("read:statuses"), Some(row()), None).require_user(wanted)), None);
        let moved = IdentityRow { moved_to_account_id: Some(3), ..row() };
        assert_eq!(status(auth(Some("read"), Some(moved), None).require_user(wanted)), Some(StatusCode::FORBIDDEN));
        let unconfirmed = IdentityRow { confirmed_at: None, ..row() };
        assert_eq!(status(auth(Some("read"), Some(unconfirmed), None).require_user(wanted)), Some(StatusCode::FORBIDDEN));
    }

    #[test]
    fn a_visitor_with_an_unknown_token_stays_a_visitor_where_none_is_needed() {
        assert_eq!(status(auth(None, None, Some(Refused::Unknown)).optional(&["read"])), None);
        assert_eq!(status(auth(None, None, Some(Refused::Revoked)).optional(&["read"])), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(status(auth(Some("write"), Some(row()), None).optional(&["read"])), Some(StatusCode::FORBIDDEN));
    }

    #[test]
    fn moderation_needs_a_role_and_of_a_token_the_scope() {
        let moderator = IdentityRow { permissions: 1 << 4, ..row() };
        let reports = Permission::ManageReports;
        assert_eq!(status(auth(None, None, None).require_permission(&["admin:read"], reports)), Some(StatusCode::FORBIDDEN));
        assert_eq!(
            status(auth(Some("admin:read"), Some(row()), None).require_permission(&["admin:read"], reports)),
            Some(StatusCode::FORBIDDEN)
        );
        assert_eq!(
            status(auth(Some("read"), Some(moderator.clone()), None).require_permission(&["admin:read"], reports)),
            Some(StatusCode::FORBIDDEN)
        );
        assert_eq!(
            status(auth(Some("admin:read"), Some(moderator.clone()), None).require_permission(&["admin:read"], reports)),
            None
        );
        assert_eq!(
            status(auth(Some("admin:read"), Some(moderator), None).require_permission(&["admin:read"], Permission::ManageUsers)),
            Some(StatusCode::FORBIDDEN)
        );
    }
}
