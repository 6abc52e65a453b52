//! The consent page: an application asks, the person allows or refuses.

use askama::Template;
use axum::extract::State;
use db::oauth_access_tokens;
use db::oauth_applications::{self, NewGrant};
use http::{HeaderMap, StatusCode, Uri};
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Params, Session, User, oauth};

use super::request::{AuthorizationParams, AuthorizationRequest, Mode, Refusal, judge};
use super::rights;
use crate::frame::{Frame, PageResult, redirect, render};

/// Seconds that a code may be turned into a token.
const CODE_LIFETIME: i32 = 600;
const ACTION: &str = "/oauth/authorize";

#[derive(Template)]
#[template(path = "oauth/authorize.html")]
struct Consent {
    frame: Frame,
    application: String,
    username: String,
    domain: String,
    website: Option<String>,
    destination: String,
    rights: Vec<String>,
    fields: Vec<(&'static str, String)>,
    allow_token: String,
    deny_token: String,
}

#[derive(Template)]
#[template(path = "oauth/native.html")]
struct Native {
    frame: Frame,
    code: String,
}

#[derive(Template)]
#[template(path = "oauth/form_post.html")]
struct FormPost {
    frame: Frame,
    target: String,
    fields: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    frame: Frame,
    text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NativeParams {
    code: String,
}

/// An application of ours, or one that already has a token with these rights, is not asked about again unless it wants that.
pub(super) async fn show(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    mut session: Session,
    params: Params<AuthorizationParams>,
) -> PageResult {
    let Some(user) = auth.user() else {
        session.set_return_to(uri.path_and_query().map_or(ACTION, |path| path.as_str()));
        return redirect(&app, session, "/auth/sign_in");
    };
    if !user.functional_or_moved() {
        return message(&app, session, Some(user), StatusCode::FORBIDDEN, "Not possible", "Your login does not work at present.")
            .await;
    }
    let mut conn = app.db.acquire().await?;
    let request = match judge(&mut conn, &params).await? {
        Ok(request) => request,
        Err(refusal) => return refuse(&app, session, user, refusal).await,
    };
    let known = request.application.superapp
        || oauth_access_tokens::matching(&mut conn, request.application.id, Some(user.id), &request.scopes).await?.is_some();
    drop(conn);
    if known && !params.force_login.is_true() {
        return grant(&app, session, user, &request).await;
    }
    let page = Consent {
        allow_token: session.form_token(ACTION)?,
        deny_token: session.form_token_for(ACTION, "delete")?,
        frame: Frame::new(&app, &mut session, Some(user), "Allow an app").await?,
        application: request.application.name.clone(),
        username: user.username.clone(),
        domain: app.config.federation.local_domain.clone(),
        website: request.application.website.clone().filter(|website| !website.is_empty()),
        destination: request.destination(),
        rights: rights::in_words(&request.scopes),
        fields: request.fields(),
    };
    render(&app, session, StatusCode::OK, &page)
}

pub(super) async fn create(
    State(app): State<App>,
    auth: Auth,
    headers: HeaderMap,
    session: Session,
    params: Params<AuthorizationParams>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    match answered(&app, &auth, &params).await? {
        Answered::SignedOut => redirect(&app, session, "/auth/sign_in"),
        Answered::Refused(user, refusal) => refuse(&app, session, user, refusal).await,
        Answered::Judged(user, request) => grant(&app, session, user, &request).await,
    }
}

pub(super) async fn delete(
    State(app): State<App>,
    auth: Auth,
    headers: HeaderMap,
    session: Session,
    params: Params<AuthorizationParams>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "delete")?;
    match answered(&app, &auth, &params).await? {
        Answered::SignedOut => redirect(&app, session, "/auth/sign_in"),
        Answered::Refused(user, refusal) => refuse(&app, session, user, refusal).await,
        Answered::Judged(user, request) if request.is_out_of_band() => {
            message(&app, session, Some(user), StatusCode::OK, "Refused", "The app may not act for you.").await
        }
        Answered::Judged(user, request) => {
            let description = "The resource owner or authorization server denied the request.".to_owned();
            let answer = request.answer(vec![("error", "access_denied".to_owned()), ("error_description", description)]);
            send(&app, session, user, &request, answer).await
        }
    }
}

pub(super) async fn native(State(app): State<App>, auth: Auth, mut session: Session, params: Params<NativeParams>) -> PageResult {
    let Some(user) = auth.user() else {
        return redirect(&app, session, "/auth/sign_in");
    };
    let frame = Frame::new(&app, &mut session, Some(user), "Your code").await?;
    render(&app, session, StatusCode::OK, &Native { frame, code: params.into_inner().code })
}

enum Answered<'a> {
    SignedOut,
    Refused(&'a User, Refusal),
    Judged(&'a User, Box<AuthorizationRequest>),
}

/// The form's fields are judged anew: they came back from the browser.
async fn answered<'a>(app: &App, auth: &'a Auth, params: &AuthorizationParams) -> ApiResult<Answered<'a>> {
    let Some(user) = auth.user().filter(|user| user.functional_or_moved()) else {
        return Ok(Answered::SignedOut);
    };
    Ok(match judge(&mut *app.db.acquire().await?, params).await? {
        Ok(request) => Answered::Judged(user, Box::new(request)),
        Err(refusal) => Answered::Refused(user, refusal),
    })
}

async fn grant(app: &App, session: Session, user: &User, request: &AuthorizationRequest) -> PageResult {
    let code = oauth::random_token()?;
    let new = NewGrant {
        application: request.application.id,
        owner: user.id,
        code: &code,
        redirect_uri: &request.redirect_uri,
        scopes: &request.scopes,
        code_challenge: request.code_challenge.as_deref(),
        expires_in: CODE_LIFETIME,
    };
    oauth_applications::insert_grant(&mut *app.db.acquire().await?, &new, app.clock.now_naive()).await?;
    if request.is_out_of_band() {
        return redirect(app, session, &format!("/oauth/authorize/native?code={code}"));
    }
    let answer = request.answer(vec![("code", code)]);
    send(app, session, user, request, answer).await
}

/// Back to the application by the way it asked for.
async fn send(
    app: &App,
    mut session: Session,
    user: &User,
    request: &AuthorizationRequest,
    answer: Vec<(&'static str, String)>,
) -> PageResult {
    if request.mode != Mode::FormPost {
        return redirect(app, session, &request.location(&answer));
    }
    let frame = Frame::new(app, &mut session, Some(user), "Back to the app").await?;
    render(app, session, StatusCode::OK, &FormPost { frame, target: request.redirect_uri.clone(), fields: answer })
}

async fn refuse(app: &App, session: Session, user: &User, refusal: Refusal) -> PageResult {
    message(app, session, Some(user), refusal.status(), "Not possible", refusal.text()).await
}

async fn message(
    app: &App,
    mut session: Session,
    user: Option<&User>,
    status: StatusCode,
    title: &str,
    text: &str,
) -> PageResult {
    let frame = Frame::new(app, &mut session, user, title).await?;
    render(app, session, status, &Message { frame, text: text.to_owned() })
}
