//! `POST /api/v1/accounts`: an app signs somebody up.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chrono::NaiveDate;
use db::{oauth_access_tokens, oauth_applications};
use serde::{Deserialize, Serialize};
use services::create_account::{Credentials, NewAccount, SignUp, create_account};
use services::sign_up::{Invite, count_attempt, find_invite, is_approved, mail_servers, may_sign_up, use_invite};
use shared::{ApiResult, App, Auth, ClientAddr, Error, Flag, Locale, Params, oauth};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/accounts", post(create))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Create {
    username: String,
    email: String,
    password: String,
    agreement: Option<Flag>,
    locale: Option<String>,
    reason: Option<String>,
    time_zone: Option<String>,
    invite_code: Option<String>,
    date_of_birth: Option<String>,
}

#[derive(Debug, Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
    scope: String,
    created_at: i64,
}

async fn create(State(app): State<App>, auth: Auth, address: ClientAddr, params: Params<Create>) -> ApiResult<Json<Token>> {
    let token = auth.require_application(&["write", "write:accounts"])?;
    let application_id = token.application_id.ok_or_else(Error::forbidden)?;
    let params = params.into_inner();
    let settings = app.settings().await?;
    let mut conn = app.db.acquire().await?;
    let application = oauth_applications::find(&mut conn, application_id).await?.ok_or_else(Error::forbidden)?;
    let invite = match params.invite_code.as_deref().filter(|code| !code.is_empty()) {
        Some(code) => find_invite(&mut conn, code).await?,
        None => None,
    };
    if !may_sign_up(&mut conn, &app.config, &settings, invite.as_ref(), address.0).await? {
        return Err(Error::forbidden());
    }
    let mut new = new_account(&app, params, application_id, invite.as_ref(), address);
    drop(conn);
    new.mail_servers = mail_servers(&app.http, &app.config, &new.email).await;
    let mut conn = app.db.acquire().await?;
    new.approved = is_approved(&mut conn, &settings, invite.as_ref(), &new).await?;
    count_attempt(&mut conn, &app.kv, &new, address.0, app.clock.now()).await?;
    drop(conn);
    let credentials = Credentials::prepare(&new.password).await?;
    let mut tx = app.db.begin().await?;
    let created = create_account(&mut tx, &app.config, &settings, &new, credentials).await?;
    if let Some(invite) = &invite {
        use_invite(&mut tx, invite).await?;
    }
    let now = app.clock.now_naive();
    let row = oauth_access_tokens::insert(
        &mut tx,
        application_id,
        Some(created.user_id),
        &application.scopes,
        &oauth::random_token()?,
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(Token {
        access_token: row.token,
        token_type: "Bearer",
        scope: row.scopes.unwrap_or_default(),
        created_at: row.created_at.and_utc().timestamp(),
    }))
}

fn new_account(app: &App, params: Create, application_id: i64, invite: Option<&Invite>, address: ClientAddr) -> NewAccount {
    NewAccount {
        username: params.username.trim().to_owned(),
        email: params.email,
        password: params.password,
        locale: params.locale.as_deref().and_then(Locale::known).map(str::to_owned),
        time_zone: params.time_zone.filter(|zone| !zone.is_empty() && !zone.contains('\0')),
        bypass_checks: invite.is_some(),
        sign_up: Some(SignUp {
            agreement: params.agreement.is_some_and(Flag::is_true),
            reason: params.reason.map(|text| text.replace('\0', "")).filter(|text| !text.trim().is_empty()),
            date_of_birth: params.date_of_birth.and_then(|text| text.parse::<NaiveDate>().ok()),
            ip: Some(address.0),
            application_id: Some(application_id),
            invite_id: invite.map(|invite| invite.id),
            today: app.clock.now().date_naive(),
        }),
        ..NewAccount::default()
    }
}
