//! The second step: a code of an authenticator app or a recovery code, for the person whose password was just right.

use askama::Template;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use shared::{ApiResult, App, ClientAddr, Session};

use super::credentials::{LoginRow, find, use_backup_code, use_one_time_code};
use super::session_start;
use crate::frame::{Frame, PageResult, render};

const USER: &str = "attempt_user_id";
/// The attempt ends when anything about the user changes: password, second factor, address.
const UPDATED_AT: &str = "attempt_user_updated_at";
const MAX_TRIES: u32 = 10;

#[derive(Template)]
#[template(path = "auth/two_factor.html")]
struct Page {
    frame: Frame,
    token: String,
}

pub(super) enum Outcome {
    Passed(LoginRow),
    Wrong,
    TooMany,
    /// Nobody's password was given in this session, or the user has changed since.
    Expired,
}

pub(super) fn remember(session: &mut Session, user: &LoginRow) {
    session.set(USER, user.id);
    session.set(UPDATED_AT, stamp(user));
}

pub(super) fn forget(session: &mut Session) {
    session.remove(USER);
    session.remove(UPDATED_AT);
}

/// Ruby's `Time#to_s`, which is what Mastodon keeps.
fn stamp(user: &LoginRow) -> String {
    user.updated_at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

pub(super) async fn form(app: &App, mut session: Session, alert: Option<&str>) -> PageResult {
    let token = session.form_token("/auth/sign_in")?;
    let mut frame = Frame::new(app, &mut session, None, "Second factor").await?;
    if let Some(alert) = alert {
        frame = frame.with_alert(alert);
    }
    render(app, session, StatusCode::OK, &Page { frame, token })
}

pub(super) async fn try_code(
    app: &App,
    session: &Session,
    headers: &HeaderMap,
    address: ClientAddr,
    code: &str,
) -> ApiResult<Outcome> {
    let Some(id) = session.get(USER).and_then(Value::as_i64) else {
        return Ok(Outcome::Expired);
    };
    let mut conn = app.db.acquire().await?;
    let Some(user) = find(&mut conn, id).await? else {
        return Ok(Outcome::Expired);
    };
    if session.get(UPDATED_AT).and_then(Value::as_str) != Some(stamp(&user).as_str()) || user.memorial {
        return Ok(Outcome::Expired);
    }
    let now = app.clock.now();
    match kv::rate_limit::second_factor_attempt(&app.kv, user.id, now).await {
        Ok(tries) if tries > MAX_TRIES => return Ok(Outcome::TooMany),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "tries of a second factor are not counted"),
    }
    let passed = use_one_time_code(&mut conn, &app.config.secrets, &user, code, now).await?
        || use_backup_code(&mut conn, &user, code).await?;
    drop(conn);
    if !passed {
        session_start::record_failure(app, headers, address, &user).await?;
        return Ok(Outcome::Wrong);
    }
    if let Err(error) = kv::rate_limit::clear_second_factor_attempts(&app.kv, user.id, now).await {
        tracing::warn!(%error, "tries of a second factor stay counted");
    }
    Ok(Outcome::Passed(user))
}
