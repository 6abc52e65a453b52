//! The form that asks for a letter: one address, and an answer that says nothing about who has an account.

use askama::Template;
use http::StatusCode;
use serde::Deserialize;
use shared::{App, Session};

use crate::frame::{Frame, PageResult, render};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Address {
    pub(super) user: Fields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub(super) email: String,
}

impl Address {
    /// As `users.email` holds it; `None` for what no address can be.
    pub(super) fn email(&self) -> Option<String> {
        let email = self.user.email.trim().to_lowercase();
        Some(email).filter(|email| !email.is_empty() && !email.contains('\0'))
    }
}

#[derive(Template)]
#[template(path = "auth/letter_form.html")]
struct Page {
    frame: Frame,
    text: &'static str,
    action: &'static str,
    token: String,
}

pub(super) async fn show(
    app: &App,
    mut session: Session,
    title: &str,
    text: &'static str,
    action: &'static str,
    alert: Option<&str>,
) -> PageResult {
    let token = session.form_token(action)?;
    let mut frame = Frame::new(app, &mut session, None, title).await?;
    if let Some(alert) = alert {
        frame = frame.with_alert(alert);
    }
    render(app, session, StatusCode::OK, &Page { frame, text, action, token })
}
