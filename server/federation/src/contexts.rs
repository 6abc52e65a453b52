//! Whole conversations, by the status that began them: `/contexts/<account>-<status>`.

use activitypub::render::collection::{Order, Parts, collection, page};
use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::StatusId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::Absent;
use crate::response::{self, COLLECTION};
use crate::signature;

const PAGE: usize = 60;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
    min_id: Option<String>,
}

struct ConversationRow {
    id: i64,
    account_id: i64,
    username: String,
    domain: Option<String>,
    account_uri: String,
    id_scheme: Option<i32>,
}

pub(crate) async fn show(State(app): State<App>, Path(id): Path<String>, request: signature::Parts) -> ApiResult<Response> {
    answer(&app, &id, &request, None).await
}

pub(crate) async fn items(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
    request: signature::Parts,
) -> ApiResult<Response> {
    answer(&app, &id, &request, Some(params)).await
}

async fn answer(app: &App, id: &str, request: &signature::Parts, items: Option<Params>) -> ApiResult<Response> {
    if let Err(refused) = signature::required_if_authorized_fetch(app, request).await? {
        return Ok(refused);
    }
    let mut conn = app.db.acquire().await?;
    let Some(conversation) = find(&mut conn, id).await? else { return Ok(Absent::NotFound.response(COLLECTION)) };
    let uri = format!("{}/contexts/{id}", app.renderer.uris.base());
    let min_id = items.as_ref().and_then(|params| params.min_id.as_deref()?.parse().ok());
    let rows = members(&mut conn, conversation.id, min_id).await?;
    let next = rows.last().filter(|_| rows.len() == PAGE).map(|(id, _)| format!("{uri}/items?min_id={id}&page=true"));
    let members = rows.into_iter().map(|(_, uri)| Value::from(uri)).collect();
    let page_id = items.as_ref().map(|_| match min_id {
        Some(min_id) => format!("{uri}/items?min_id={min_id}&page=true"),
        None => format!("{uri}/items"),
    });
    let first =
        page(Order::Unordered, Parts { id: page_id, next, part_of: Some(uri.clone()), items: Some(members), ..Parts::default() });
    let body = match items {
        Some(params) if params.page.as_deref() == Some("true") => first,
        Some(_) => {
            collection(Order::Unordered, Parts { id: Some(format!("{uri}/items")), first: Some(first), ..Parts::default() })
        }
        None => {
            let mut body = Map::new();
            body.insert("id".to_owned(), json!(uri));
            body.insert("type".to_owned(), json!("Collection"));
            body.insert("attributedTo".to_owned(), json!(conversation.author(app)));
            body.insert("first".to_owned(), first);
            Value::Object(body)
        }
    };
    Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), COLLECTION))
}

impl ConversationRow {
    fn author(&self, app: &App) -> String {
        match self.domain {
            Some(_) => self.account_uri.clone(),
            None => app.renderer.uris.account(self.account_id, &self.username, self.id_scheme),
        }
    }
}

async fn find(conn: &mut PgConnection, id: &str) -> Result<Option<ConversationRow>, sqlx::Error> {
    let Some((account_id, status_id)) =
        id.split_once('-').and_then(|(a, s)| Some((a.parse::<i64>().ok()?, s.parse::<i64>().ok()?)))
    else {
        return Ok(None);
    };
    sqlx::query_as!(
        ConversationRow,
        r#"
        SELECT c.id, a.id AS account_id, a.username, a.domain, a.uri AS account_uri, a.id_scheme
        FROM conversations c JOIN accounts a ON a.id = c.parent_account_id
        WHERE c.parent_status_id = $1 AND c.parent_account_id = $2
        "#,
        status_id,
        account_id
    )
    .fetch_optional(conn)
    .await
}

/// What everybody may see of it, oldest first.
async fn members(conn: &mut PgConnection, id: i64, min_id: Option<StatusId>) -> Result<Vec<(StatusId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT s.id, s.uri AS "uri!"
        FROM statuses s JOIN accounts a ON a.id = s.account_id
        WHERE s.conversation_id = $1 AND s.visibility IN (0, 1) AND s.deleted_at IS NULL AND s.reblog_of_id IS NULL
          AND a.suspended_at IS NULL AND s.uri IS NOT NULL AND s.id > $2
        ORDER BY s.id LIMIT 60
        "#,
        id,
        min_id.unwrap_or(0)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.uri)).collect())
}
