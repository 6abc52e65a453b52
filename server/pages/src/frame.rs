//! What every page has around its content, and how a handler ends: with a page, a redirect, or a page that says what is wrong.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};
use shared::{ApiResult, App, Error, Session, User, error_page};

use crate::assets;

/// The part of a template's data that `layout.html` wants, under the name `frame`.
#[derive(Debug)]
pub struct Frame {
    pub lang: &'static str,
    pub title: String,
    pub site: String,
    pub style: String,
    pub meta_token: String,
    pub notice: Option<String>,
    pub alert: Option<String>,
    pub person: Option<Person>,
}

/// Who is signed in, for the head of the page.
#[derive(Debug)]
pub struct Person {
    pub username: String,
    pub sign_out_token: String,
}

impl Frame {
    /// Takes the messages that the last page left for this one.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn new(app: &App, session: &mut Session, user: Option<&User>, title: &str) -> ApiResult<Self> {
        let (notice, alert) = session.take_flash();
        let person = match user {
            Some(user) => Some(Person {
                username: user.username.clone(),
                sign_out_token: session.form_token_for("/auth/sign_out", "delete")?,
            }),
            None => None,
        };
        Ok(Self {
            lang: "en",
            title: title.to_owned(),
            site: app.settings().await?.site_title.clone(),
            style: assets::style(),
            meta_token: session.meta_token()?,
            notice,
            alert,
            person,
        })
    }

    #[must_use]
    pub fn with_alert(mut self, text: &str) -> Self {
        self.alert = Some(text.to_owned());
        self
    }
}

pub type PageResult<T = Response> = Result<T, PageError>;

/// A refusal that is shown as a page.
#[derive(Debug)]
pub struct PageError(Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = self.0.status();
        // Made for its log line; the body is for scripts.
        drop(self.0.into_response());
        error_page(status, sentence(status))
    }
}

fn sentence(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "The page you are looking for isn't here.",
        StatusCode::FORBIDDEN => "You don't have permission to view this page.",
        StatusCode::UNPROCESSABLE_ENTITY => {
            "The security check of this form failed. Do you block cookies? Go back, reload the page and try again."
        }
        StatusCode::TOO_MANY_REQUESTS => "Too many requests. Please wait a little.",
        StatusCode::SERVICE_UNAVAILABLE => "The server cannot answer at the moment. Please try again soon.",
        StatusCode::BAD_REQUEST => "The request was not understood.",
        _ => "Something went wrong on our side.",
    }
}

/// The page, with the session's cookies.
///
/// # Errors
/// The template could not be written, or the system has no random bytes.
pub fn render(app: &App, session: Session, status: StatusCode, page: &impl Template) -> PageResult {
    let html = page.render().map_err(|error| Error::internal(error.into()))?;
    Ok(session.apply(app, (status, Html(html)).into_response())?)
}

/// Sends the browser elsewhere, with the session's cookies. A path becomes an address of this server.
///
/// # Errors
/// The system has no random bytes.
pub fn redirect(app: &App, session: Session, to: &str) -> PageResult {
    let location = if to.starts_with('/') { format!("{}{to}", app.urls.base()) } else { to.to_owned() };
    let headers = [(header::LOCATION, location), (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned())];
    Ok(session.apply(app, (StatusCode::FOUND, headers).into_response())?)
}
