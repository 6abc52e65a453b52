//! The sign-in form: address and password, then the second factor if the person has one.

use askama::Template;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shared::{App, Auth, ClientAddr, Params, Session};

use super::credentials::{find_by_email, password_fits};
use super::{session_start, two_factor};
use crate::frame::{Frame, PageResult, redirect, render};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Create {
    user: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    email: String,
    password: String,
    otp_attempt: String,
}

#[derive(Template)]
#[template(path = "auth/sign_in.html")]
struct Page {
    frame: Frame,
    domain: String,
    token: String,
    email: String,
}

pub(super) async fn show(State(app): State<App>, auth: Auth, session: Session) -> PageResult {
    if auth.user().is_some() {
        return redirect(&app, session, "/");
    }
    form(&app, session, "", None).await
}

async fn form(app: &App, mut session: Session, email: &str, alert: Option<&str>) -> PageResult {
    two_factor::forget(&mut session);
    let token = session.form_token("/auth/sign_in")?;
    let mut frame = Frame::new(app, &mut session, None, "Sign in").await?;
    if let Some(alert) = alert {
        frame = frame.with_alert(alert);
    }
    let page = Page { frame, domain: app.config.federation.local_domain.clone(), token, email: email.to_owned() };
    render(app, session, StatusCode::OK, &page)
}

pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    address: ClientAddr,
    mut session: Session,
    params: Params<Create>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    let fields = &params.user;
    if !fields.otp_attempt.trim().is_empty() {
        return match two_factor::try_code(&app, &session, &headers, address, &fields.otp_attempt).await? {
            two_factor::Outcome::Passed(user) => {
                session_start::start(&app, &mut session, &headers, address, &user, "otp").await?;
                done(&app, session)
            }
            two_factor::Outcome::Wrong => two_factor::form(&app, session, Some("This code is not right.")).await,
            two_factor::Outcome::TooMany => form(&app, session, "", Some("Too many tries. Please wait an hour.")).await,
            two_factor::Outcome::Expired => form(&app, session, "", Some("Please enter your password again.")).await,
        };
    }
    let user = find_by_email(&mut *app.db.acquire().await?, &fields.email).await?;
    let fits = password_fits(user.as_ref(), &fields.password).await?;
    match user.filter(|user| fits && !user.memorial) {
        None => form(&app, session, fields.email.trim(), Some("Address or password is not right.")).await,
        Some(user) if user.otp_required_for_login => {
            two_factor::remember(&mut session, &user);
            two_factor::form(&app, session, None).await
        }
        Some(user) => {
            session_start::start(&app, &mut session, &headers, address, &user, "password").await?;
            done(&app, session)
        }
    }
}

fn done(app: &App, mut session: Session) -> PageResult {
    let to = session.take_return_to().unwrap_or_else(|| "/".to_owned());
    redirect(app, session, &to)
}
