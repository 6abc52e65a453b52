//! Ends the session here and in the database, with the token that belonged to it.

use axum::extract::State;
use db::session_activations;
use http::HeaderMap;
use shared::{App, RawParams, Session};

use super::session_start::kill_streams;
use crate::frame::{PageResult, redirect};

pub(super) async fn delete(State(app): State<App>, headers: HeaderMap, mut session: Session, params: RawParams) -> PageResult {
    session.check_form(&app, &headers, &params, "delete")?;
    if let Some(id) = session.id() {
        let mut tx = app.db.begin().await?;
        let ended = session_activations::end(&mut tx, id).await?;
        tx.commit().await?;
        kill_streams(&app, &ended).await;
    }
    session.end();
    redirect(&app, session, "/auth/sign_in")
}
