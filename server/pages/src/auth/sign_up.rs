//! Signing up: the rules, the form, and the account that comes of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use db::settings::{RegistrationsMode, Settings};
use entities::Rule;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;
use services::create_account::{Credentials, NewAccount, SignUp, create_account};
use services::sign_up::{Invite, count_attempt, find_invite, invite_exists, is_approved, mail_servers, may_sign_up, use_invite};
use shared::{ApiResult, App, Auth, ClientAddr, Error, Flag, Locale, Params, Session, wants_json};

use super::{credentials, session_start};
use crate::frame::{Frame, PageResult, redirect, render};

const PATH: &str = "/auth/sign_up";
/// Session keys, as Mastodon names them.
const ACCEPTED: &str = "accept_token";
const FORM_TIME: &str = "registration_form_time";
/// Nobody reads and fills in the form faster.
const MIN_SECONDS: i64 = 3;
const MAX_DISPLAY_NAME: usize = 40;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Show {
    accept: Option<String>,
    invite_code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Create {
    user: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    account_attributes: AccountFields,
    invite_request_attributes: Reason,
    email: String,
    password: String,
    password_confirmation: String,
    invite_code: String,
    agreement: Option<Flag>,
    date_of_birth: String,
    /// Two fields that people do not see and programs fill in.
    website: String,
    confirm_password: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AccountFields {
    username: String,
    display_name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reason {
    text: String,
}

#[derive(Template)]
#[template(path = "auth/rules.html")]
struct RulesPage {
    frame: Frame,
    rules: Vec<Rule>,
    token: String,
    accept: String,
    invite_code: String,
}

#[derive(Template)]
#[template(path = "auth/sign_up.html")]
struct FormPage {
    frame: Frame,
    domain: String,
    token: String,
    complaints: Vec<String>,
    entered: Fields,
    asks_age: bool,
    min_age: i64,
    asks_reason: bool,
    has_terms: bool,
}

pub(super) async fn show(
    State(app): State<App>,
    auth: Auth,
    address: ClientAddr,
    session: Session,
    params: Params<Show>,
) -> PageResult {
    let code = params.invite_code.clone().unwrap_or_default();
    begin(&app, &auth, address, session, params.accept.as_deref(), &code).await
}

/// `/invite/code`: the same with an invitation; for programs, whether it is good.
pub(super) async fn show_invite(
    State(app): State<App>,
    auth: Auth,
    address: ClientAddr,
    Path(code): Path<String>,
    headers: HeaderMap,
    session: Session,
    params: Params<Show>,
) -> PageResult {
    if wants_json(&headers) {
        let mut response = describe_invite(&app, address, &code).await.unwrap_or_else(IntoResponse::into_response);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Authorization"));
        return Ok(response);
    }
    begin(&app, &auth, address, session, params.accept.as_deref(), &code).await
}

async fn describe_invite(app: &App, address: ClientAddr, code: &str) -> ApiResult<Response> {
    let settings = app.settings().await?;
    let mut conn = app.db.acquire().await?;
    if !invite_exists(&mut conn, code).await? {
        return Err(Error::not_found());
    }
    let Some(invite) = find_invite(&mut conn, code).await? else {
        return Err(Error::new(StatusCode::UNAUTHORIZED, "This invite is not valid"));
    };
    if !may_sign_up(&mut conn, &app.config, &settings, Some(&invite), address.0).await? {
        return Err(Error::forbidden());
    }
    let api = format!("{}/api/v2/instance", app.urls.base());
    Ok(axum::Json(json!({ "invite_code": code, "instance_api_url": api })).into_response())
}

/// The rules come first; who has accepted them gets the form.
async fn begin(
    app: &App,
    auth: &Auth,
    address: ClientAddr,
    mut session: Session,
    accept: Option<&str>,
    code: &str,
) -> PageResult {
    if auth.user().is_some() {
        return redirect(app, session, "/");
    }
    let settings = app.settings().await?;
    let mut conn = app.db.acquire().await?;
    let invite = find_invite(&mut conn, code).await?;
    if !may_sign_up(&mut conn, &app.config, &settings, invite.as_ref(), address.0).await? {
        return closed(app, session);
    }
    let rules = Rule::load_all(&mut conn).await?;
    drop(conn);
    let given = session.get(ACCEPTED).and_then(serde_json::Value::as_str);
    let accepted = accept.is_some_and(|accept| !accept.is_empty() && given == Some(accept));
    if rules.is_empty() || accepted {
        let entered = Fields { invite_code: code.to_owned(), ..Fields::default() };
        return form(app, session, &settings, entered, invite.as_ref(), Vec::new()).await;
    }
    let accept = services::create_account::random_password()?;
    session.set(ACCEPTED, accept.clone());
    let token = session.form_token("/auth/acceptance")?;
    let frame = Frame::new(app, &mut session, None, "Rules").await?;
    render(app, session, StatusCode::OK, &RulesPage { frame, rules, token, accept, invite_code: code.to_owned() })
}

fn closed(app: &App, mut session: Session) -> PageResult {
    session.alert("Nobody can sign up here at the moment.");
    redirect(app, session, "/")
}

/// The answer to the rules leads to the form.
pub(super) async fn accept(State(app): State<App>, headers: HeaderMap, session: Session, params: Params<Show>) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("accept", params.accept.as_deref().unwrap_or_default());
    if let Some(code) = params.invite_code.as_deref().filter(|code| !code.is_empty()) {
        query.append_pair("invite_code", code);
    }
    redirect(&app, session, &format!("{PATH}?{}", query.finish()))
}

async fn form(
    app: &App,
    mut session: Session,
    settings: &Settings,
    entered: Fields,
    invite: Option<&Invite>,
    complaints: Vec<String>,
) -> PageResult {
    session.set(FORM_TIME, app.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true));
    let token = session.form_token("/auth")?;
    let status = if complaints.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let has_terms = shared::TermsOfService::current(&mut *app.db.acquire().await?, app).await?.is_some();
    let page = FormPage {
        frame: Frame::new(app, &mut session, None, "Sign up").await?,
        domain: app.config.federation.local_domain.clone(),
        token,
        complaints,
        asks_age: settings.min_age.is_some(),
        min_age: settings.min_age.unwrap_or_default(),
        asks_reason: settings.registrations_mode == RegistrationsMode::Approved && invite.is_none(),
        has_terms,
        entered,
    };
    render(app, session, status, &page)
}

pub(super) async fn create(
    State(app): State<App>,
    auth: Auth,
    address: ClientAddr,
    locale: Locale,
    headers: HeaderMap,
    mut session: Session,
    params: Params<Create>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    if auth.user().is_some() {
        return redirect(&app, session, "/");
    }
    let fields = params.into_inner().user;
    let settings = app.settings().await?;
    let mut conn = app.db.acquire().await?;
    let invite = find_invite(&mut conn, &fields.invite_code).await?;
    if !may_sign_up(&mut conn, &app.config, &settings, invite.as_ref(), address.0).await? {
        return closed(&app, session);
    }
    let mut new = new_account(&app, &fields, invite.as_ref(), address, &locale);
    drop(conn);
    new.mail_servers = mail_servers(&app.http, &app.config, &new.email).await;
    let mut conn = app.db.acquire().await?;
    new.approved = is_approved(&mut conn, &settings, invite.as_ref(), &new).await?;
    count_attempt(&mut conn, &app.kv, &new, address.0, app.clock.now()).await?;
    drop(conn);
    if let Some(complaint) = refusal(&app, &session, &fields) {
        return form(&app, session, &settings, fields.without_secrets(), invite.as_ref(), vec![complaint.to_owned()]).await;
    }
    let user = match sign_up(&app, &settings, &new, invite.as_ref(), &fields).await {
        Ok(user) => user,
        Err(services::Error::Invalid(found)) => {
            return form(&app, session, &settings, fields.without_secrets(), invite.as_ref(), found.messages).await;
        }
        Err(services::Error::Forbidden) => return closed(&app, session),
        Err(error) => return Err(Error::from(error).into()),
    };
    session.remove(ACCEPTED);
    session.remove(FORM_TIME);
    let row = credentials::find(&mut *app.db.acquire().await?, user).await?.ok_or_else(Error::not_found)?;
    session_start::start(&app, &mut session, &headers, address, &row, "password").await?;
    redirect(&app, session, "/auth/setup")
}

/// Everything in one commit: account, user, the use of the invitation, and the letter that will be sent.
async fn sign_up(
    app: &App,
    settings: &Settings,
    new: &NewAccount,
    invite: Option<&Invite>,
    fields: &Fields,
) -> services::Result<db::UserId> {
    let credentials = Credentials::prepare(&new.password).await?;
    let mut tx = app.db.begin().await?;
    let created = create_account(&mut tx, &app.config, settings, new, credentials).await?;
    let name = fields.account_attributes.display_name.trim();
    if !name.is_empty() {
        sqlx::query!("UPDATE accounts SET display_name = $2 WHERE id = $1", created.account_id, name).execute(&mut *tx).await?;
    }
    if let Some(invite) = invite {
        use_invite(&mut tx, invite).await?;
    }
    tx.commit().await?;
    Ok(created.user_id)
}

/// What is wrong besides what every sign-up is checked for.
fn refusal(app: &App, session: &Session, fields: &Fields) -> Option<&'static str> {
    if !fields.website.is_empty() || !fields.confirm_password.is_empty() {
        return Some("A field that must stay empty was filled in.");
    }
    let shown = session.get(FORM_TIME).and_then(serde_json::Value::as_str).and_then(|text| text.parse::<DateTime<Utc>>().ok());
    if shown.is_some_and(|shown| app.clock.now() - shown < Duration::seconds(MIN_SECONDS)) {
        return Some("That was very fast. Please look at it once more and send it again.");
    }
    if fields.password != fields.password_confirmation {
        return Some("The two passwords are not the same.");
    }
    if text::length::graphemes(&fields.account_attributes.display_name) > MAX_DISPLAY_NAME {
        return Some("The name to show can have 40 characters.");
    }
    None
}

fn new_account(app: &App, fields: &Fields, invite: Option<&Invite>, address: ClientAddr, locale: &Locale) -> NewAccount {
    let reason = Some(fields.invite_request_attributes.text.clone()).filter(|text| !text.trim().is_empty());
    NewAccount {
        username: fields.account_attributes.username.trim().to_owned(),
        email: fields.email.clone(),
        password: fields.password.clone(),
        locale: Locale::known(&locale.0).map(str::to_owned),
        bypass_checks: invite.is_some(),
        sign_up: Some(SignUp {
            agreement: fields.agreement.is_some_and(Flag::is_true),
            reason,
            date_of_birth: fields.date_of_birth.trim().parse::<NaiveDate>().ok(),
            ip: Some(address.0),
            invite_id: invite.map(|invite| invite.id),
            today: app.clock.now().date_naive(),
            ..SignUp::default()
        }),
        ..NewAccount::default()
    }
}

impl Fields {
    /// For showing the form again.
    fn without_secrets(self) -> Self {
        Self { password: String::new(), password_confirmation: String::new(), ..self }
    }
}
