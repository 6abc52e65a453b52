//! Where people wait who have signed up: for their address to be confirmed, or to be let in.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kv::rate_limit::{Throttle, hit};
use services::confirm_user::ask_for_confirmation;
use services::modify_user::change_email;
use shared::{App, Auth, Error, Params, Session, User};

use super::letter_form::Address;
use crate::frame::{Frame, PageResult, redirect, render};

const PATH: &str = "/auth/setup";
const LETTERS: u32 = 5;
const PERIOD: Duration = Duration::from_mins(10);

#[derive(Template)]
#[template(path = "auth/setup.html")]
struct Page {
    frame: Frame,
    token: String,
    email: String,
    confirmed: bool,
}

pub(super) async fn show(State(app): State<App>, auth: Auth, session: Session) -> PageResult {
    match waiting(&auth) {
        Ok(user) => form(&app, session, user, None).await,
        Err(elsewhere) => redirect(&app, session, elsewhere),
    }
}

/// Somebody who is signed in and not in yet; otherwise where to go.
fn waiting(auth: &Auth) -> Result<&User, &'static str> {
    match auth.user() {
        None => Err("/auth/sign_in"),
        Some(user) if user.confirmed && user.approved => Err("/"),
        Some(user) => Ok(user),
    }
}

async fn form(app: &App, mut session: Session, user: &User, alert: Option<&str>) -> PageResult {
    let token = session.form_token_for(PATH, "put")?;
    let title = if user.confirmed { "Your sign-up is looked at" } else { "Please confirm your address" };
    let mut frame = Frame::new(app, &mut session, Some(user), title).await?;
    if let Some(alert) = alert {
        frame = frame.with_alert(alert);
    }
    render(app, session, StatusCode::OK, &Page { frame, token, email: user.email.clone(), confirmed: user.confirmed })
}

/// Sends the letter again, to another address if one is given. No password is asked for: nothing belongs to the account yet.
pub(super) async fn update(
    State(app): State<App>,
    auth: Auth,
    headers: HeaderMap,
    mut session: Session,
    params: Params<Address>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "put")?;
    let user = match waiting(&auth) {
        Ok(user) => user,
        Err(elsewhere) => return redirect(&app, session, elsewhere),
    };
    if user.confirmed {
        return redirect(&app, session, PATH);
    }
    if is_too_often(&app, user).await {
        return Err(Error::too_many_requests().into());
    }
    let mut tx = app.db.begin().await?;
    let sent = match params.email() {
        Some(email) if email != user.email => change_email(&mut tx, &app.config, user.id, &email, false).await,
        _ => ask_for_confirmation(&mut tx, user.id).await,
    };
    match sent {
        Ok(()) => tx.commit().await?,
        Err(services::Error::Invalid(found)) => {
            drop(tx);
            return form(&app, session, user, Some(&found.messages.join(". "))).await;
        }
        Err(error) => return Err(Error::from(error).into()),
    }
    session.notice("A letter is on its way. It may take some minutes.");
    redirect(&app, session, PATH)
}

/// The address and the letter's address are counted with every request; this counts the person.
async fn is_too_often(app: &App, user: &User) -> bool {
    if !app.config.web.rate_limits {
        return false;
    }
    let throttle =
        Throttle { name: "throttle_auth_setup/account", discriminator: user.id.to_string(), limit: LETTERS, period: PERIOD };
    match hit(&app.kv, &[throttle], app.clock.now()).await {
        Ok(counts) => counts.iter().any(kv::rate_limit::Count::is_exceeded),
        Err(error) => {
            tracing::warn!(%error, "letters are not counted");
            false
        }
    }
}
