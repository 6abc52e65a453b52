//! What an account shows of itself: pinned statuses and featured hashtags. By a number instead of a name, a collection of
//! accounts: see `featured_collections`.

use activitypub::render::collection::{Order, Parts, collection};
use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, State};
use axum::response::Response;
use db::StatusId;
use http::StatusCode;
use serde_json::{Value, json};
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::{Absent, LocalAccount, PathParts, Visit, visit};
use crate::response::{self, COLLECTION, NEGOTIATED};
use crate::{featured_collections, signature};

pub(crate) async fn show(State(app): State<App>, Path(path): Path<PathParts>, request: signature::Parts) -> ApiResult<Response> {
    let Visit { signer, mut conn, account } = match visit(&app, &path, &request, COLLECTION).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    if let Some(id) = path.get("name").and_then(|name| name.parse().ok()).filter(|_| path.contains_key("id")) {
        if response::wants_page(request.headers()) {
            let page = app.renderer.uris.collection_page(id);
            return Ok(response::redirect(StatusCode::FOUND, &page, "no-cache", NEGOTIATED.vary));
        }
        return featured_collections::of_owner(&app, &mut conn, signer, account.id, id).await;
    }
    let rendered = match path.get("name").map(String::as_str) {
        Some("featured") => featured(&app, &mut conn, &account).await?,
        Some("tags") => tags(&app, &mut conn, &account).await?,
        _ => return Ok(Absent::NotFound.response(COLLECTION)),
    };
    Ok(response::activity(&rendered.into_document(), COLLECTION))
}

struct PinnedRow {
    id: StatusId,
    public: bool,
    uri: Option<String>,
}

/// Pinned statuses, the newest pin first. What not everybody may see stands there by its URI only.
async fn featured(app: &App, conn: &mut PgConnection, account: &LocalAccount) -> Result<Rendered, sqlx::Error> {
    let rows = sqlx::query_as!(
        PinnedRow,
        r#"
        SELECT s.id, s.visibility IN (0, 1) AS "public!", s.uri
        FROM status_pins p JOIN statuses s ON s.id = p.status_id
        WHERE p.account_id = $1 AND s.deleted_at IS NULL
        ORDER BY p.created_at DESC
        "#,
        account.id
    )
    .fetch_all(&mut *conn)
    .await?;
    let public: Vec<StatusId> = rows.iter().filter(|row| row.public).map(|row| row.id).collect();
    let notes = app.renderer.notes(conn, &public).await?;
    let mut terms = Terms::NONE;
    let items: Vec<Value> = rows
        .iter()
        .filter_map(|row| match notes.iter().find(|note| note.id == row.id) {
            Some(note) => {
                terms = terms.union(note.terms);
                Some(note.body.clone())
            }
            None => row.uri.clone().map(Value::from),
        })
        .collect();
    let body = collection(
        Order::Ordered,
        Parts {
            id: Some(format!("{}/collections/featured", account.uri(&app.renderer.uris))),
            total: i64::try_from(items.len()).ok(),
            items: Some(items),
            ..Parts::default()
        },
    );
    Ok(Rendered { body, terms })
}

async fn tags(app: &App, conn: &mut PgConnection, account: &LocalAccount) -> Result<Rendered, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT t.name, COALESCE(NULLIF(f.name, ''), t.display_name, t.name) AS "display_name!"
        FROM featured_tags f JOIN tags t ON t.id = f.tag_id
        WHERE f.account_id = $1
        ORDER BY f.statuses_count DESC, f.id
        "#,
        account.id
    )
    .fetch_all(conn)
    .await?;
    let page = app.renderer.uris.account_page(&account.username);
    let items: Vec<Value> = rows
        .iter()
        .map(|row| json!({"type": "Hashtag", "href": format!("{page}/tagged/{}", row.name), "name": format!("#{}", row.display_name)}))
        .collect();
    let body = collection(
        Order::Unordered,
        Parts {
            id: Some(format!("{}/collections/tags", account.uri(&app.renderer.uris))),
            total: i64::try_from(items.len()).ok(),
            items: Some(items),
            ..Parts::default()
        },
    );
    Ok(Rendered { body, terms: Terms { hashtag: !rows.is_empty(), ..Terms::NONE } })
}
