//! Who answered a status: first its author, then the others, sixty a page.

use std::collections::HashMap;

use activitypub::render::collection::{Order, Parts, collection, page};
use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::StatusId;
use serde::Deserialize;
use serde_json::Value;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::PathParts;
use crate::response::{self, COLLECTION};
use crate::{signature, status};

const PAGE: usize = 60;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
    only_other_accounts: Option<String>,
    min_id: Option<String>,
}

struct ReplyRow {
    id: StatusId,
    local: bool,
    uri: Option<String>,
}

pub(crate) async fn show(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    Query(params): Query<Params>,
    request: signature::Parts,
) -> ApiResult<Response> {
    let signer = match signature::required_if_authorized_fetch(&app, &request).await? {
        Ok(signer) => signer,
        Err(refused) => return Ok(refused),
    };
    let mut conn = app.db.acquire().await?;
    let found = match status::find(&mut conn, &path, signer).await? {
        Ok(found) => found,
        Err(absent) => return Ok(absent.response(COLLECTION)),
    };
    let uris = &app.renderer.uris;
    let id = format!("{}/replies", uris.status(&found.account.uri(uris), found.id));
    // Recorded: pages name the collection by the old kind of URI, whatever kind the account has.
    let part_of = format!("{}/users/{}/statuses/{}/replies", uris.base(), found.account.username, found.id);
    let others = truthy(params.only_other_accounts.as_deref());
    let min_id = params.min_id.as_deref().and_then(|id| id.parse().ok());
    let rows = reply_rows(&mut conn, found.id, found.account.id, others, min_id).await?;
    let (items, terms) = items(&app, &mut conn, &rows).await?;
    let last = rows.last().map(|row| row.id);
    let query = |min_id: Option<StatusId>, others: bool| {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(min_id.map(|id| format!("min_id={id}")));
        parts.extend(others.then(|| "only_other_accounts=true".to_owned()));
        parts.push("page=true".to_owned());
        format!("{id}?{}", parts.join("&"))
    };
    let next = match (rows.len() < PAGE, others) {
        (true, true) => None,
        (true, false) => Some(query(None, true)),
        (false, _) => Some(query(last, others)),
    };
    let first = page(
        Order::Unordered,
        Parts { id: Some(query(min_id, others)), next, part_of: Some(part_of), items: Some(items), ..Parts::default() },
    );
    let body = if truthy(params.page.as_deref()) {
        first
    } else {
        collection(Order::Unordered, Parts { id: Some(id.clone()), first: Some(first), ..Parts::default() })
    };
    let caching = if found.public { COLLECTION.seconds(0) } else { COLLECTION.private() };
    Ok(response::activity(&Rendered { body, terms }.into_document(), caching))
}

fn truthy(value: Option<&str>) -> bool {
    value.is_some_and(|value| !matches!(value, "" | "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF"))
}

/// Local replies stand in full, those of other servers by their URI: only their server vouches for them.
async fn items(app: &App, conn: &mut PgConnection, rows: &[ReplyRow]) -> Result<(Vec<Value>, Terms), sqlx::Error> {
    let local: Vec<StatusId> = rows.iter().filter(|row| row.local).map(|row| row.id).collect();
    let mut notes: HashMap<StatusId, _> =
        app.renderer.notes(conn, &local).await?.into_iter().map(|note| (note.id, note)).collect();
    let mut terms = Terms::NONE;
    let items = rows
        .iter()
        .filter_map(|row| match notes.remove(&row.id) {
            Some(note) => {
                terms = terms.union(note.terms);
                Some(note.body)
            }
            None => row.uri.clone().map(Value::from),
        })
        .collect();
    Ok((items, terms))
}

async fn reply_rows(
    conn: &mut PgConnection,
    status_id: StatusId,
    account_id: i64,
    others: bool,
    min_id: Option<StatusId>,
) -> Result<Vec<ReplyRow>, sqlx::Error> {
    sqlx::query_as!(
        ReplyRow,
        r#"
        SELECT s.id, (COALESCE(s.local, false) OR s.uri IS NULL) AS "local!", s.uri
        FROM statuses s
        JOIN accounts a ON a.id = s.account_id
        WHERE s.in_reply_to_id = $1 AND s.visibility IN (0, 1) AND s.deleted_at IS NULL AND a.suspended_at IS NULL
          AND (s.account_id = $2) <> $3
          AND s.id > $4
        ORDER BY s.id
        LIMIT 60
        "#,
        status_id,
        account_id,
        others,
        min_id.unwrap_or(0)
    )
    .fetch_all(conn)
    .await
}
