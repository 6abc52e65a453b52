//! What an application asks a person for, and whether it may ask that.

use db::PgConnection;
use db::oauth_applications::{self, ApplicationRow};
use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use shared::{ApiResult, Flag, oauth};

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuthorizationParams {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    response_mode: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    pub(super) force_login: Flag,
}

/// A request that may be granted.
#[derive(Debug)]
pub(super) struct AuthorizationRequest {
    pub(super) application: ApplicationRow,
    pub(super) scopes: String,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: Option<String>,
    pub(super) mode: Mode,
    params: AuthorizationParams,
}

/// How the answer gets back to the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// Shown to the person: an application that cannot be trusted with a redirect gets none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    UnknownClient,
    RedirectUri,
    ResponseType,
    Scope,
    CodeChallenge,
    Incomplete,
}

impl Refusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::UnknownClient => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::UnknownClient => "The app is not known to this server. It may have to register itself again.",
            Self::RedirectUri => "The app wants to be answered at an address that it has not registered.",
            Self::ResponseType => "The app asks for a kind of answer that this server does not give.",
            Self::Scope => "The app asks for rights that it has not registered or that do not exist.",
            Self::CodeChallenge => "The app protects its code in a way that this server does not accept.",
            Self::Incomplete => "The app's request lacks something.",
        }
    }
}

/// Judges a request, in Doorkeeper's order.
pub(super) async fn judge(
    conn: &mut PgConnection,
    params: &AuthorizationParams,
) -> ApiResult<Result<AuthorizationRequest, Refusal>> {
    if params.client_id.is_empty() {
        return Ok(Err(Refusal::Incomplete));
    }
    let Some(application) = oauth_applications::find_by_uid(conn, &params.client_id).await? else {
        return Ok(Err(Refusal::UnknownClient));
    };
    Ok(fit(params.clone(), application))
}

fn fit(params: AuthorizationParams, application: ApplicationRow) -> Result<AuthorizationRequest, Refusal> {
    if !oauth::is_registered(&params.redirect_uri, &application.redirect_uri) {
        return Err(Refusal::RedirectUri);
    }
    if params.response_type != "code" {
        return Err(if params.response_type.is_empty() { Refusal::Incomplete } else { Refusal::ResponseType });
    }
    let mode = match params.response_mode.as_deref() {
        None | Some("" | "query") => Mode::Query,
        Some("fragment") => Mode::Fragment,
        Some("form_post") => Mode::FormPost,
        Some(_) => return Err(Refusal::ResponseType),
    };
    let scopes = oauth::grantable(params.scope.as_deref(), &application.scopes).ok_or(Refusal::Scope)?;
    let code_challenge = params.code_challenge.clone().filter(|challenge| !challenge.is_empty());
    let method = params.code_challenge_method.as_deref().filter(|method| !method.is_empty());
    match (&code_challenge, method) {
        (None, None) | (Some(_), Some("S256")) => {}
        _ => return Err(Refusal::CodeChallenge),
    }
    Ok(AuthorizationRequest { redirect_uri: params.redirect_uri.clone(), application, scopes, code_challenge, mode, params })
}

impl AuthorizationRequest {
    pub(super) fn is_out_of_band(&self) -> bool {
        self.redirect_uri == oauth::OUT_OF_BAND
    }

    /// Host, or scheme of an app on the person's own device.
    pub(super) fn destination(&self) -> String {
        if self.is_out_of_band() {
            return "this page, which will show a code".to_owned();
        }
        let url = url::Url::parse(&self.redirect_uri).ok();
        let host = url.as_ref().and_then(|url| url.host_str()).filter(|host| !host.is_empty());
        match (host, url.as_ref().map(url::Url::scheme)) {
            (Some(host), Some("http" | "https")) => host.to_owned(),
            (_, Some(scheme)) => format!("an app on this device ({scheme}:)"),
            _ => self.redirect_uri.clone(),
        }
    }

    /// The request as hidden fields of the consent form.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let params = &self.params;
        let mut fields = vec![
            ("client_id", params.client_id.clone()),
            ("redirect_uri", params.redirect_uri.clone()),
            ("response_type", params.response_type.clone()),
            ("scope", self.scopes.clone()),
        ];
        let optional = [
            ("response_mode", &params.response_mode),
            ("state", &params.state),
            ("code_challenge", &params.code_challenge),
            ("code_challenge_method", &params.code_challenge_method),
        ];
        fields.extend(optional.into_iter().filter_map(|(name, value)| value.clone().map(|value| (name, value))));
        fields
    }

    /// The answer's own parameters, with the application's `state`.
    pub(super) fn answer(&self, mut fields: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
        if let Some(state) = self.params.state.clone().filter(|state| !state.is_empty()) {
            fields.push(("state", state));
        }
        fields
    }

    /// The registered address with the answer attached.
    pub(super) fn location(&self, answer: &[(&'static str, String)]) -> String {
        let pairs: Vec<String> =
            answer.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY))).collect();
        let separator = match self.mode {
            Mode::Fragment => '#',
            _ if self.redirect_uri.contains('?') => '&',
            _ => '?',
        };
        format!("{}{separator}{}", self.redirect_uri, pairs.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use db::oauth_applications::ApplicationRow;

    use super::{AuthorizationParams, Refusal, fit};

    fn application() -> ApplicationRow {
        ApplicationRow {
            id: 1,
            name: "Flow".to_owned(),
            uid: "u".to_owned(),
            secret: "s".to_owned(),
            redirect_uri: "https://client.example/cb\nurn:ietf:wg:oauth:2.0:oob".to_owned(),
            scopes: "read write profile".to_owned(),
            website: None,
            superapp: false,
            confidential: true,
            created_at: None,
        }
    }

    fn params() -> AuthorizationParams {
        AuthorizationParams {
            client_id: "u".to_owned(),
            redirect_uri: "https://client.example/cb".to_owned(),
            response_type: "code".to_owned(),
            scope: Some("read write".to_owned()),
            state: Some("st4te".to_owned()),
            ..AuthorizationParams::default()
        }
    }

    fn refusal(params: AuthorizationParams) -> Refusal {
        fit(params, application()).unwrap_err()
    }

    #[test]
    fn the_answer_goes_to_the_registered_address_with_the_state() {
        let request = fit(params(), application()).unwrap();
        let answer = request.answer(vec![("code", "abc".to_owned())]);
        assert_eq!(request.location(&answer), "https://client.example/cb?code=abc&state=st4te");
    }

    // Recorded in golden/rest/golden/oauth_login.json: a page, never a redirect.
    #[test]
    fn wrong_requests_are_refused_without_a_redirect() {
        let plain = AuthorizationParams {
            code_challenge: Some("x".to_owned()),
            code_challenge_method: Some("plain".to_owned()),
            ..params()
        };
        assert_eq!(refusal(plain), Refusal::CodeChallenge);
        assert_eq!(
            refusal(AuthorizationParams { redirect_uri: "https://evil.example/".to_owned(), ..params() }),
            Refusal::RedirectUri
        );
        assert_eq!(refusal(AuthorizationParams { scope: Some("read admin:write".to_owned()), ..params() }), Refusal::Scope);
        assert_eq!(refusal(AuthorizationParams { response_type: "token".to_owned(), ..params() }), Refusal::ResponseType);
    }
}
