//! Who signed a request. Inboxes demand it; documents only in authorized fetch mode.

use std::convert::Infallible;

use activitypub::resolve_account::{ResolveError, key_error};
use activitypub::signature::{ParsedSignature, SignatureError, SignedRequest};
use axum::extract::FromRequestParts;
use axum::response::Response;
use db::AccountId;
use http::{HeaderMap, Method, StatusCode, header};
use shared::{ApiResult, App};

use crate::response::{COLLECTION, refusal};

/// What of a request a signature covers, besides its body.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    method: Method,
    host: String,
    target: String,
    headers: HeaderMap,
}

impl Parts {
    /// A GET of this path, for callers that have no request at hand.
    pub(crate) fn get(target: &str, headers: HeaderMap) -> Self {
        Self { method: Method::GET, host: host(&headers).unwrap_or_default(), target: target.to_owned(), headers }
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl<S: Sync> FromRequestParts<S> for Parts {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Infallible> {
        let authority = parts.uri.authority().map(|authority| authority.as_str().to_owned());
        Ok(Self {
            method: parts.method.clone(),
            host: host(&parts.headers).or(authority).unwrap_or_default(),
            target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
            headers: parts.headers.clone(),
        })
    }
}

fn host(headers: &HeaderMap) -> Option<String> {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned)
}

/// Whether documents are shown to signed requests only.
pub(crate) fn authorized_fetch(app: &App) -> bool {
    app.authorized_fetch()
}

/// The signer; a refusal when there is none though one is demanded. Without authorized fetch a signature is optional: it may
/// open what followers see, and a bad one counts as none.
pub(crate) async fn required_if_authorized_fetch(app: &App, request: &Parts) -> ApiResult<Result<Option<AccountId>, Response>> {
    // Read first, so that the administrator's choice is known.
    app.settings().await?;
    if authorized_fetch(app) {
        return Ok(verify(app, request, b"").await?.map(Some));
    }
    if !request.headers.contains_key("signature") {
        return Ok(Ok(None));
    }
    Ok(Ok(verify(app, request, b"").await?.ok()))
}

/// The signer of a request that must have one.
pub(crate) async fn required(app: &App, request: &Parts) -> ApiResult<Result<AccountId, Response>> {
    verify(app, request, b"").await
}

/// Checks everything: form, time, digest, and that the key is that of a remote account. A key that does not fit is fetched
/// anew once, since its owner may have changed it.
pub(crate) async fn verify(app: &App, request: &Parts, body: &[u8]) -> ApiResult<Result<AccountId, Response>> {
    let federation = &app.config.federation;
    let signed = SignedRequest {
        method: &request.method,
        scheme: if federation.https { "https" } else { "http" },
        host: &request.host,
        target: &request.target,
        headers: &request.headers,
        body,
    };
    let parsed = match ParsedSignature::from_request(&signed, app.clock.now()) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Err(refused(&error))),
    };
    match find_signer(app, &parsed).await {
        Ok(Ok(signer)) => Ok(Ok(signer)),
        Ok(Err(error)) => Ok(Err(refused(&error))),
        Err(ResolveError::Refused(_)) => Ok(Err(refusal(StatusCode::FORBIDDEN, "Domain not allowed", COLLECTION))),
        Err(ResolveError::Db(error)) => Err(error.into()),
        Err(ResolveError::Jobs(error)) => Err(anyhow::Error::from(error).into()),
        Err(error) => Ok(Err(refused(&key_error(&error, parsed.key_id())))),
    }
}

async fn find_signer(app: &App, parsed: &ParsedSignature) -> Result<Result<AccountId, SignatureError>, ResolveError> {
    let Some(owner) = app.resolver.key_owner(parsed.key_id()).await? else {
        return Ok(Err(SignatureError::KeyNotFound(parsed.key_id().to_owned())));
    };
    app.resolver.refuse_domain(&owner.domain).await?;
    if parsed.verifies(&owner.key) {
        return Ok(Ok(owner.account_id));
    }
    let failed = SignatureError::Failed { account: owner.acct(), uri: owner.uri.clone() };
    Ok(match app.resolver.refresh_key(parsed.key_id(), owner.account_id).await {
        Ok(Some(renewed)) if parsed.verifies(&renewed.key) => Ok(renewed.account_id),
        // The old key did not fit, and no other is to be had: whatever the reason, the request is not the account's.
        Ok(_) | Err(ResolveError::Fetch(_) | ResolveError::NotFound | ResolveError::Gone | ResolveError::Invalid(_)) => {
            Err(failed)
        }
        Err(error) => return Err(error),
    })
}

fn refused(error: &SignatureError) -> Response {
    refusal(error.http_status(), &error.to_string(), COLLECTION)
}
