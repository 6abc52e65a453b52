//! A person's own access: address, password, and the browsers that are signed in.

use askama::Template;
use axum::extract::State;
use db::{AccessTokenId, PgConnection, UserId, session_activations};
use http::{HeaderMap, StatusCode};
use jobs::mail::MailPasswordChange;
use serde::Deserialize;
use services::create_account::hash_password;
use services::modify_user::change_email;
use shared::{ApiResult, App, Auth, ById, Error, Params, Session, User};

use super::credentials::{find, password_fits};
use super::password::complaint;
use super::session_start::kill_streams;
use crate::frame::{Frame, PageResult, redirect, render};

const PAGE: &str = "/auth/edit";
const ACTION: &str = "/auth";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Update {
    user: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    email: String,
    password: String,
    password_confirmation: String,
    current_password: String,
}

#[derive(Template)]
#[template(path = "auth/edit.html")]
struct Page {
    frame: Frame,
    token: String,
    email: String,
    unconfirmed_email: Option<String>,
    browsers: Vec<SignedIn>,
}

struct SignedIn {
    user_agent: String,
    ip: String,
    used: String,
    action: String,
    /// `None` for the browser that looks.
    token: Option<String>,
}

struct BrowserRow {
    id: i64,
    session_id: String,
    user_agent: String,
    ip: Option<String>,
    updated_at: chrono::NaiveDateTime,
}

pub(super) async fn show(State(app): State<App>, auth: Auth, mut session: Session) -> PageResult {
    let Some(user) = auth.user() else {
        session.set_return_to(PAGE);
        return redirect(&app, session, "/auth/sign_in");
    };
    form(&app, session, user, None).await
}

async fn form(app: &App, mut session: Session, user: &User, alert: Option<&str>) -> PageResult {
    let mut conn = app.db.acquire().await?;
    let row = sqlx::query!("SELECT email, unconfirmed_email FROM users WHERE id = $1", user.id).fetch_one(&mut *conn).await?;
    let rows = browsers(&mut conn, user.id).await?;
    drop(conn);
    let browsers = rows.into_iter().map(|row| shown(&mut session, row)).collect::<ApiResult<_>>()?;
    let token = session.form_token_for(ACTION, "put")?;
    let mut frame = Frame::new(app, &mut session, Some(user), "Address and password").await?;
    if let Some(alert) = alert {
        frame = frame.with_alert(alert);
    }
    let page = Page { frame, token, email: row.email, unconfirmed_email: row.unconfirmed_email, browsers };
    render(app, session, StatusCode::OK, &page)
}

fn shown(session: &mut Session, row: BrowserRow) -> ApiResult<SignedIn> {
    let action = format!("/settings/sessions/{}", row.id);
    let this = session.id() == Some(row.session_id.as_str());
    Ok(SignedIn {
        user_agent: row.user_agent,
        ip: row.ip.unwrap_or_default(),
        used: row.updated_at.format("%Y-%m-%d").to_string(),
        token: if this { None } else { Some(session.form_token_for(&action, "delete")?) },
        action,
    })
}

/// Changes nothing without the password that holds now.
pub(super) async fn update(
    State(app): State<App>,
    auth: Auth,
    headers: HeaderMap,
    mut session: Session,
    params: Params<Update>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "put")?;
    let Some(user) = auth.user() else {
        return redirect(&app, session, "/auth/sign_in");
    };
    let fields = &params.user;
    let known = find(&mut *app.db.acquire().await?, user.id).await?;
    if !password_fits(known.as_ref(), &fields.current_password).await? {
        return form(&app, session, user, Some("Your present password is not right. Nothing was changed.")).await;
    }
    let hash = match fields.password.as_str() {
        "" => None,
        password => {
            if let Some(complaint) = complaint(password, &fields.password_confirmation) {
                return form(&app, session, user, Some(complaint)).await;
            }
            let password = password.to_owned();
            Some(tokio::task::spawn_blocking(move || hash_password(&password)).await.map_err(anyhow::Error::from)??)
        }
    };
    let email = fields.email.trim().to_lowercase();
    let moves = !email.is_empty() && email != user.email;
    let mut tx = app.db.begin().await?;
    if moves {
        match change_email(&mut tx, &app.config, user.id, &email, false).await {
            Ok(()) => {}
            Err(services::Error::Invalid(found)) => {
                drop(tx);
                return form(&app, session, user, Some(&found.messages.join(". "))).await;
            }
            Err(error) => return Err(Error::from(error).into()),
        }
    }
    let ended = match &hash {
        Some(hash) => set_password(&mut tx, user.id, hash, session.id()).await?,
        None => Vec::new(),
    };
    tx.commit().await?;
    kill_streams(&app, &ended).await;
    session.notice(if moves { "Saved. The new address counts once you follow the link in our letter to it." } else { "Saved." });
    redirect(&app, session, PAGE)
}

/// Signs another browser of the person out.
pub(super) async fn end_session(
    State(app): State<App>,
    auth: Auth,
    headers: HeaderMap,
    mut session: Session,
    params: Params<ById>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "delete")?;
    let Some(user) = auth.user() else {
        return redirect(&app, session, "/auth/sign_in");
    };
    let mut tx = app.db.begin().await?;
    let theirs =
        sqlx::query_scalar!("SELECT session_id FROM session_activations WHERE id = $1 AND user_id = $2", params.id, user.id)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(id) = theirs {
        let ended = session_activations::end(&mut tx, &id).await?;
        tx.commit().await?;
        kill_streams(&app, &ended).await;
        session.notice("That browser is signed out.");
    }
    redirect(&app, session, PAGE)
}

/// The other browsers are signed out, and a link for a new password that is under way dies. Apps stay.
async fn set_password(
    conn: &mut PgConnection,
    user: UserId,
    hash: &str,
    this: Option<&str>,
) -> anyhow::Result<Vec<AccessTokenId>> {
    sqlx::query!(
        "UPDATE users SET encrypted_password = $2, reset_password_token = NULL, reset_password_sent_at = NULL,
           updated_at = now() AT TIME ZONE 'utc'
          WHERE id = $1",
        user,
        hash
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &MailPasswordChange { user_id: user }).await?;
    Ok(session_activations::end_others(conn, user, this).await?)
}

async fn browsers(conn: &mut PgConnection, user: UserId) -> Result<Vec<BrowserRow>, sqlx::Error> {
    sqlx::query_as!(
        BrowserRow,
        r#"SELECT id, session_id, user_agent, host(ip) AS ip, updated_at
             FROM session_activations WHERE user_id = $1 ORDER BY updated_at DESC, id DESC"#,
        user
    )
    .fetch_all(conn)
    .await
}
