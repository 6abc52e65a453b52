//! A new password for who forgot it: asking for the letter, and the page that its link leads to.

use askama::Template;
use axum::extract::State;
use chrono::Duration;
use db::{PgConnection, UserId};
use http::{HeaderMap, StatusCode};
use jobs::mail::MailPasswordReset;
use serde::Deserialize;
use services::create_account::{hash_password, mail_token};
use services::reset_password::reset_password;
use services::revoke_access::end_streams;
use shared::{App, Auth, Params, Session};

use super::letter_form::{self, Address};
use super::reset_token;
use crate::frame::{Frame, PageResult, redirect, render};

const PATH: &str = "/auth/password";
/// Devise's `reset_password_within`.
const HOURS: i64 = 6;
/// In characters, as Devise counts the least, and in bytes, as bcrypt counts the most.
const SHORTEST: usize = 8;
const LONGEST: usize = 72;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Edit {
    reset_password_token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Update {
    user: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    reset_password_token: String,
    password: String,
    password_confirmation: String,
}

#[derive(Template)]
#[template(path = "auth/password_edit.html")]
struct Page {
    frame: Frame,
    token: String,
    reset_token: String,
}

pub(super) async fn new(State(app): State<App>, auth: Auth, session: Session) -> PageResult {
    if auth.user().is_some() {
        return redirect(&app, session, "/");
    }
    let text = "We send a letter with a link to choose a new password.";
    letter_form::show(&app, session, "Forgot your password?", text, PATH, None).await
}

pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    mut session: Session,
    params: Params<Address>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    // Derived before anybody is looked for, so that an address without a user takes as long.
    let token = mail_token()?;
    let digest = reset_token::digest(&app.config.secrets.key_base, &token).await?;
    if let Some(email) = params.email() {
        let mut tx = app.db.begin().await?;
        if let Some(user_id) = note_token(&mut tx, &email, &digest).await? {
            jobs::enqueue(&mut tx, &MailPasswordReset { user_id, token }).await.map_err(anyhow::Error::from)?;
        }
        tx.commit().await?;
    }
    session.notice("If this address belongs to an account here, a letter is on its way. It may take some minutes.");
    redirect(&app, session, "/auth/sign_in")
}

pub(super) async fn edit(State(app): State<App>, session: Session, params: Params<Edit>) -> PageResult {
    let digest = reset_token::digest(&app.config.secrets.key_base, &params.reset_password_token).await?;
    let earliest = app.clock.now_naive() - Duration::hours(HOURS);
    if find(&mut *app.db.acquire().await?, &digest, earliest).await?.is_none() {
        return refused(&app, session);
    }
    form(&app, session, params.reset_password_token.clone(), None).await
}

pub(super) async fn update(
    State(app): State<App>,
    headers: HeaderMap,
    mut session: Session,
    params: Params<Update>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "put")?;
    let fields = &params.user;
    let digest = reset_token::digest(&app.config.secrets.key_base, &fields.reset_password_token).await?;
    let earliest = app.clock.now_naive() - Duration::hours(HOURS);
    if find(&mut *app.db.acquire().await?, &digest, earliest).await?.is_none() {
        return refused(&app, session);
    }
    if let Some(complaint) = complaint(&fields.password, &fields.password_confirmation) {
        return form(&app, session, fields.reset_password_token.clone(), Some(complaint)).await;
    }
    let password = fields.password.clone();
    let hash = tokio::task::spawn_blocking(move || hash_password(&password)).await.map_err(anyhow::Error::from)??;
    let mut tx = app.db.begin().await?;
    // Asked again under the lock: the link works once, also for two requests together.
    let Some(user) = find(&mut tx, &digest, earliest).await? else {
        return refused(&app, session);
    };
    let ended = reset_password(&mut tx, user, &hash).await?;
    tx.commit().await?;
    end_streams(&app.kv, &ended).await;
    session.end();
    session.notice("Your password is changed. You can sign in with it now.");
    redirect(&app, session, "/auth/sign_in")
}

/// What is wrong with a new password, if anything.
pub(super) fn complaint(password: &str, confirmation: &str) -> Option<&'static str> {
    if password.contains('\0') {
        Some("The password holds a character that cannot be used.")
    } else if password.chars().count() < SHORTEST {
        Some("The password must have at least eight characters.")
    } else if password.len() > LONGEST {
        Some("The password is too long: 72 characters at most.")
    } else if password != confirmation {
        Some("The two passwords are not the same.")
    } else {
        None
    }
}

fn refused(app: &App, mut session: Session) -> PageResult {
    session.alert("This link is not valid or no longer. Please ask for another letter.");
    redirect(app, session, "/auth/password/new")
}

async fn form(app: &App, mut session: Session, reset_token: String, alert: Option<&str>) -> PageResult {
    let token = session.form_token_for(PATH, "put")?;
    let mut frame = Frame::new(app, &mut session, None, "Choose a new password").await?;
    if let Some(alert) = alert {
        frame = frame.with_alert(alert);
    }
    render(app, session, StatusCode::OK, &Page { frame, token, reset_token })
}

/// Whoever signs in elsewhere has no password that could be forgotten.
async fn note_token(conn: &mut PgConnection, email: &str, digest: &str) -> Result<Option<UserId>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE users u SET reset_password_token = $2, reset_password_sent_at = now() AT TIME ZONE 'utc',
           updated_at = now() AT TIME ZONE 'utc'
          FROM accounts a
         WHERE a.id = u.account_id AND NOT a.memorial AND u.email = $1 AND u.encrypted_password <> '' RETURNING u.id",
        email,
        digest
    )
    .fetch_optional(conn)
    .await
}

async fn find(conn: &mut PgConnection, digest: &str, earliest: chrono::NaiveDateTime) -> Result<Option<UserId>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM users WHERE reset_password_token = $1 AND reset_password_sent_at >= $2 FOR UPDATE",
        digest,
        earliest
    )
    .fetch_optional(conn)
    .await
}
