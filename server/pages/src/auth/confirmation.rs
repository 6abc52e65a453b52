//! What the letter leads to that confirms an address, and the way to ask for another such letter.

use axum::extract::State;
use chrono::{Duration, NaiveDateTime};
use db::{PgConnection, UserId};
use http::HeaderMap;
use serde::Deserialize;
use services::confirm_user::{LINK_DAYS, ask_for_confirmation, confirm_user};
use shared::{App, Auth, Error, Params, Session};

use super::letter_form::{self, Address};
use crate::frame::{PageResult, redirect};

const PATH: &str = "/auth/confirmation";
const INVALID: &str = "This link is not valid. It may be cut off, or a newer letter took its place.";
const EXPIRED: &str = "This link was valid for two days. Please ask for another letter.";
const TAKEN: &str = "Somebody else uses this address by now.";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Show {
    confirmation_token: String,
    redirect_to_app: Option<String>,
}

struct PendingRow {
    id: UserId,
    approved: bool,
    pending: bool,
    confirmation_sent_at: Option<NaiveDateTime>,
    app_address: Option<String>,
}

/// Needs no form: whoever has the letter has the address. A second visit, as mail filters make them, does no harm.
pub(super) async fn show(State(app): State<App>, auth: Auth, mut session: Session, params: Params<Show>) -> PageResult {
    let mut tx = app.db.begin().await?;
    let Some(user) = find(&mut tx, &params.confirmation_token).await? else {
        return again(&app, session, Some(INVALID)).await;
    };
    let home = if auth.user().is_some() { "/" } else { "/auth/sign_in" };
    if !user.pending {
        session.notice("This address is confirmed already.");
        return redirect(&app, session, home);
    }
    let valid = Duration::days(LINK_DAYS.into());
    if user.confirmation_sent_at.is_none_or(|sent| app.clock.now_naive() - sent > valid) {
        return again(&app, session, Some(EXPIRED)).await;
    }
    match confirm_user(&mut tx, user.id).await {
        Ok(_) => tx.commit().await?,
        Err(services::Error::Db(error)) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => {
            return again(&app, session, Some(TAKEN)).await;
        }
        Err(error) => return Err(Error::from(error).into()),
    }
    let asked = params.redirect_to_app.as_deref().is_some_and(|value| !matches!(value, "" | "0" | "f" | "false"));
    // `urn:` is no place that a browser can go to.
    if let Some(address) = user.app_address.filter(|address| asked && address.contains("://")) {
        return redirect(&app, session, &address);
    }
    session.notice(if user.approved {
        "Your address is confirmed."
    } else {
        "Your address is confirmed. Your account now waits for the approval of this server's staff."
    });
    redirect(&app, session, home)
}

async fn again(app: &App, session: Session, alert: Option<&str>) -> PageResult {
    let text = "We send a letter with a link that confirms your address.";
    letter_form::show(app, session, "Confirm your address", text, PATH, alert).await
}

pub(super) async fn new(State(app): State<App>, session: Session) -> PageResult {
    again(&app, session, None).await
}

pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    mut session: Session,
    params: Params<Address>,
) -> PageResult {
    session.check_form(&app, &headers, params.raw_params(), "post")?;
    if let Some(email) = params.email() {
        let mut tx = app.db.begin().await?;
        if let Some(user) = waiting(&mut tx, &email).await? {
            ask_for_confirmation(&mut tx, user).await?;
        }
        tx.commit().await?;
    }
    session.notice("If this address waits to be confirmed here, a letter is on its way. It may take some minutes.");
    redirect(&app, session, "/auth/sign_in")
}

async fn find(conn: &mut PgConnection, token: &str) -> Result<Option<PendingRow>, sqlx::Error> {
    if token.is_empty() || token.contains('\0') {
        return Ok(None);
    }
    sqlx::query_as!(
        PendingRow,
        r#"SELECT u.id, u.approved, u.confirmation_sent_at,
                  (u.confirmed_at IS NULL OR u.unconfirmed_email IS NOT NULL) AS "pending!",
                  split_part(app.redirect_uri, E'\n', 1) AS app_address
             FROM users u
             LEFT JOIN oauth_applications app ON app.id = u.created_by_application_id
            WHERE u.confirmation_token = $1"#,
        token
    )
    .fetch_optional(conn)
    .await
}

async fn waiting(conn: &mut PgConnection, email: &str) -> Result<Option<UserId>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id
          WHERE NOT a.memorial AND ((u.email = $1 AND u.confirmed_at IS NULL) OR u.unconfirmed_email = $1)
          ORDER BY u.unconfirmed_email IS NULL, u.id LIMIT 1",
        email
    )
    .fetch_optional(conn)
    .await
}
