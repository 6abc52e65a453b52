//! `POST /api/v1/accounts`: an app signs somebody up.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chrono::NaiveDate;
use db::settings::{RegistrationsMode, Settings};
use db::{PgConnection, oauth_access_tokens, oauth_applications};
use ipnetwork::IpNetwork;
use kv::trend::History;
use serde::{Deserialize, Serialize};
use services::create_account::{Credentials, NewAccount, SignUp, create_account, forces_approval, provider_rules};
use shared::{ApiResult, App, Auth, ClientAddr, Error, Flag, Locale, Params, oauth};

/// `ip_blocks.severity`: nobody signs up from there, or comes in at all.
const SIGN_UP_BLOCK: i32 = 5500;
const NO_ACCESS: i32 = 9999;

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

struct Invite {
    id: i64,
    bypasses_approval: bool,
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
    if !may_sign_up(&mut conn, &app, &settings, invite.as_ref(), address).await? {
        return Err(Error::forbidden());
    }
    let mut new = new_account(&app, params, application_id, invite.as_ref(), address);
    new.approved = (settings.registrations_mode == RegistrationsMode::Open
        || invite.as_ref().is_some_and(|invite| invite.bypasses_approval))
        && !forces_approval(&mut conn, &new).await?;
    let met = provider_rules(&mut conn, &new.email).await?;
    drop(conn);
    if let Err(error) = kv::trend::record(&app.kv, History::EmailDomainBlock, &met, &address.0.to_string(), app.clock.now()).await
    {
        tracing::warn!(%error, "an attempt to sign up is not counted");
    }
    let credentials = Credentials::prepare(&new.password).await?;
    let mut tx = app.db.begin().await?;
    let created = create_account(&mut tx, &app.config, &settings, &new, credentials).await?;
    if let Some(invite) = &invite {
        sqlx::query!("UPDATE invites SET uses = uses + 1 WHERE id = $1", invite.id).execute(&mut *tx).await?;
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

async fn find_invite(conn: &mut PgConnection, code: &str) -> ApiResult<Option<Invite>> {
    if code.contains('\0') {
        return Ok(None);
    }
    let invite = sqlx::query_as!(
        Invite,
        r#"
        SELECT i.id AS "id!",
          ((COALESCE(r.permissions, 0) | COALESCE(e.permissions, 0)) & ((1 << 21) | 1)) <> 0 AS "bypasses_approval!"
        FROM invites i
        JOIN users u ON u.id = i.user_id
        JOIN accounts a ON a.id = u.account_id
        LEFT JOIN user_roles r ON r.id = u.role_id
        LEFT JOIN user_roles e ON e.id = -99
        WHERE i.code = $1 AND (i.max_uses IS NULL OR i.uses < i.max_uses)
          AND (i.expires_at IS NULL OR i.expires_at >= now() AT TIME ZONE 'utc')
          AND u.confirmed_at IS NOT NULL AND u.approved AND NOT u.disabled AND a.suspended_at IS NULL
          AND a.moved_to_account_id IS NULL AND NOT a.memorial
        "#,
        code
    )
    .fetch_optional(conn)
    .await?;
    Ok(invite)
}

async fn may_sign_up(
    conn: &mut PgConnection,
    app: &App,
    settings: &Settings,
    invite: Option<&Invite>,
    address: ClientAddr,
) -> ApiResult<bool> {
    if app.config.federation.single_user_mode {
        return Ok(false);
    }
    if invite.is_none() && settings.registrations_mode == RegistrationsMode::None {
        return Ok(false);
    }
    let blocked = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM ip_blocks WHERE severity IN ($1, $2) AND ip >>= $3
             AND (expires_at IS NULL OR expires_at > now() AT TIME ZONE 'utc')) AS "blocked!""#,
        SIGN_UP_BLOCK,
        NO_ACCESS,
        IpNetwork::from(address.0)
    )
    .fetch_one(conn)
    .await?;
    Ok(!blocked)
}
