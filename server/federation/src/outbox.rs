//! What an account said, newest first, twenty a page.

use activitypub::render::collection::{Order, Parts, collection, page};
use activitypub::render::{Rendered, Terms};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::{Page, PageParams, StatusId};
use serde::Deserialize;
use serde_json::Value;
use services::visibility::keep_visible;
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::account::{PathParts, Visit, visit};
use crate::response::{self, COLLECTION, Caching};
use crate::signature;

const LIMIT: i64 = 20;
const PAGE: Caching = Caching { seconds: Some(60), vary: "Signature" };

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params {
    page: Option<String>,
    #[serde(flatten)]
    cursor: PageParams,
}

pub(crate) async fn show(
    State(app): State<App>,
    Path(path): Path<PathParts>,
    Query(params): Query<Params>,
    request: signature::Parts,
) -> ApiResult<Response> {
    let Visit { signer, mut conn, account } = match visit(&app, &path, &request, COLLECTION).await? {
        Ok(visit) => visit,
        Err(refused) => return Ok(refused),
    };
    let id = format!("{}/outbox", account.uri(&app.renderer.uris));
    if params.page.as_deref().is_none_or(|page| page.is_empty() || page == "false") {
        let body = collection(
            Order::Ordered,
            Parts {
                total: Some(account.statuses_count),
                first: Some(Value::from(format!("{id}?page=true"))),
                last: Some(format!("{id}?min_id=0&page=true")),
                id: Some(id),
                ..Parts::default()
            },
        );
        return Ok(response::activity(&Rendered { body, terms: Terms::NONE }.into_document(), COLLECTION));
    }
    let cursor = PageParams { limit: None, ..params.cursor };
    let window = cursor.page(LIMIT, LIMIT);
    let mut ids = status_ids(&mut conn, account.id, window, signer.is_some()).await?;
    window.arrange(&mut ids);
    let full = ids.len() == usize::try_from(LIMIT).unwrap_or_default();
    let (first, last) = (ids.first().copied(), ids.last().copied());
    let visible = keep_visible(&mut conn, signer, &ids).await?;
    let mut terms = Terms::NONE;
    let items = app
        .renderer
        .activities(&mut conn, &visible)
        .await?
        .iter()
        .map(|activity| {
            let rendered = activity.render();
            terms = terms.union(rendered.terms);
            rendered.body
        })
        .collect();
    let own: Vec<String> = [("max_id", cursor.max_id), ("min_id", cursor.min_id)]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}&", value?)))
        .collect();
    let body = page(
        Order::Ordered,
        Parts {
            next: last.filter(|_| full).map(|last| format!("{id}?max_id={last}&page=true")),
            prev: first.map(|first| format!("{id}?min_id={first}&page=true")),
            part_of: Some(id.clone()),
            items: Some(items),
            id: Some(format!("{id}?{}page=true", own.concat())),
            ..Parts::default()
        },
    );
    let caching = if signer.is_some() || signature::authorized_fetch(&app) { PAGE.private() } else { PAGE };
    Ok(response::activity(&Rendered { body, terms }.into_document(), caching))
}

/// Ids of one page. Whoever is known to us by a signature may also have private statuses; `keep_visible` decides.
async fn status_ids(
    conn: &mut PgConnection,
    account_id: db::AccountId,
    window: Page,
    signed: bool,
) -> Result<Vec<StatusId>, sqlx::Error> {
    let visibilities: &[i32] = if signed { &[0, 1, 2, 3, 4] } else { &[0, 1] };
    if window.ascending {
        return sqlx::query_scalar!(
            r#"
            SELECT s.id FROM statuses s
            LEFT JOIN statuses o ON o.id = s.reblog_of_id
            WHERE s.account_id = $1 AND s.deleted_at IS NULL AND s.visibility = ANY($2) AND s.id < $3 AND s.id > $4
              AND (s.reblog_of_id IS NULL OR o.deleted_at IS NULL)
            ORDER BY s.id LIMIT $5
            "#,
            account_id,
            visibilities,
            window.below,
            window.above,
            window.limit
        )
        .fetch_all(conn)
        .await;
    }
    sqlx::query_scalar!(
        r#"
        SELECT s.id FROM statuses s
        LEFT JOIN statuses o ON o.id = s.reblog_of_id
        WHERE s.account_id = $1 AND s.deleted_at IS NULL AND s.visibility = ANY($2) AND s.id < $3 AND s.id > $4
          AND (s.reblog_of_id IS NULL OR o.deleted_at IS NULL)
        ORDER BY s.id DESC LIMIT $5
        "#,
        account_id,
        visibilities,
        window.below,
        window.above,
        window.limit
    )
    .fetch_all(conn)
    .await
}
