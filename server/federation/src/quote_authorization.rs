//! The stamps that let others quote a local status (FEP-044f).

use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;
use services::visibility::is_visible;
use shared::{ApiResult, App};

use crate::account::{Absent, PathParts, Visit, visit};
use crate::response::{self, COLLECTION};
use crate::signature;

struct QuoteRow {
    id: i64,
    quoting_id: i64,
    quoting_uri: Option<String>,
    quoted_id: i64,
}

/// Only while the quote is accepted: whoever takes the permission back takes the stamp away.
pub(crate) async fn show(State(app): State<App>, Path(path): Path<PathParts>, request: signature::Parts) -> ApiResult<Response> {
    let Visit { signer, mut conn, account } = match visit(&app, &path, &request, COLLECTION).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    let id: i64 = path.get("quote_id").and_then(|id| id.parse().ok()).unwrap_or_default();
    let row = sqlx::query_as!(
        QuoteRow,
        r#"
        SELECT q.id, s.id AS quoting_id, s.uri AS quoting_uri, q.quoted_status_id AS "quoted_id!"
        FROM quotes q
        JOIN statuses s ON s.id = q.status_id
        JOIN statuses o ON o.id = q.quoted_status_id
        WHERE q.id = $1 AND q.quoted_account_id = $2 AND q.state = 1 AND s.deleted_at IS NULL AND o.deleted_at IS NULL
        "#,
        id,
        account.id
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(Absent::NotFound.response(COLLECTION)) };
    if !is_visible(&mut conn, signer, row.quoted_id).await? || !is_visible(&mut conn, signer, row.quoting_id).await? {
        return Ok(Absent::NotFound.response(COLLECTION));
    }
    let uris = &app.renderer.uris;
    let owner = account.uri(uris);
    let body = json!({
        "id": format!("{owner}/quote_authorizations/{}", row.id),
        "type": "QuoteAuthorization",
        "attributedTo": owner,
        "interactingObject": row.quoting_uri,
        "interactionTarget": uris.status(&owner, row.quoted_id),
    });
    let terms = Terms { quote_authorization: true, ..Terms::NONE };
    Ok(response::activity(&Rendered { body, terms }.into_document(), COLLECTION.seconds(30)))
}
