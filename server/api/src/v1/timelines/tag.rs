//! Public statuses with hashtags, answers among them.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::{PageParams, PgConnection, TagId};
use http::Uri;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, OneOrMany, Params, cache};

use super::{DEFAULT_LIMIT, Halves, MAX_LIMIT};

/// Names that count in each of `any`, `all` and `none`; of `any` the tag itself is one.
const NAMES: usize = 4;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Show {
    id: String,
    any: OneOrMany<String>,
    all: OneOrMany<String>,
    none: OneOrMany<String>,
    local: bool,
    remote: bool,
    only_media: bool,
}

/// Ids for the three conditions.
#[derive(Debug)]
struct Tags {
    any: Vec<TagId>,
    all: Vec<TagId>,
    none: Vec<TagId>,
}

pub(super) async fn show(
    State(app): State<App>,
    auth: Auth,
    uri: Uri,
    params: Params<Show>,
    page: Params<PageParams>,
) -> ApiResult<Response> {
    let user = auth.optional(&["read", "read:statuses"])?;
    let settings = app.settings().await?;
    let access = (settings.local_topic_feed_access, settings.remote_topic_feed_access);
    let halves = Halves::open(&auth, params.local, params.remote, access.0, access.1)?;
    let mut conn = app.db.acquire().await?;
    let tags = if halves.none() { None } else { find(&mut conn, &params).await? };
    let Some(tags) = tags else {
        return Ok((cache::for_visitors(&app, &auth), Json([(); 0])).into_response());
    };
    let mut query = super::public_statuses();
    match tags.any.as_slice() {
        [tag] => {
            query.push(" AND EXISTS (SELECT 1 FROM statuses_tags st WHERE st.status_id = s.id AND st.tag_id = ").push_bind(*tag)
        }
        _ => query
            .push(" AND EXISTS (SELECT 1 FROM statuses_tags st WHERE st.status_id = s.id AND st.tag_id = ANY(")
            .push_bind(tags.any.clone())
            .push(")"),
    };
    query.push(")");
    for tag in &tags.all {
        query.push(" AND EXISTS (SELECT 1 FROM statuses_tags st WHERE st.status_id = s.id AND st.tag_id = ");
        query.push_bind(*tag).push(")");
    }
    if !tags.none.is_empty() {
        query.push(" AND NOT EXISTS (SELECT 1 FROM statuses_tags st WHERE st.status_id = s.id AND st.tag_id = ANY(");
        query.push_bind(tags.none.clone()).push("))");
    }
    super::push_halves(&mut query, halves);
    if params.only_media {
        super::push_only_media(&mut query);
    }
    if let Some(user) = user {
        super::push_viewer(&mut query, user.account_id);
    }
    let ids = super::ids(&mut conn, query, &page.page(DEFAULT_LIMIT, MAX_LIMIT)).await?;
    let statuses = super::statuses(&mut conn, &app, auth.account_id(), &ids).await?;
    let links = super::links(&app, &uri, params.raw(), &["local", "limit", "only_media"], &statuses);
    Ok((cache::for_visitors(&app, &auth), links, Json(statuses)).into_response())
}

/// `None` if nobody ever used the tag itself. Other names that are unknown ask for nothing.
async fn find(conn: &mut PgConnection, params: &Show) -> ApiResult<Option<Tags>> {
    let normal = |names: &OneOrMany<String>| -> Vec<String> {
        names.0.iter().map(|name| text::hashtag::normalize(name).to_lowercase()).filter(|name| !name.contains('\0')).collect()
    };
    let main = text::hashtag::normalize(&params.id).to_lowercase();
    let (mut any, mut all, mut none) = (normal(&params.any), normal(&params.all), normal(&params.none));
    any.retain(|name| *name != main);
    any.insert(0, main.clone());
    for names in [&mut any, &mut all, &mut none] {
        names.truncate(NAMES);
    }
    let wanted: Vec<String> = any.iter().chain(&all).chain(&none).cloned().collect();
    let rows = sqlx::query!(r#"SELECT id, lower(name) AS "name!" FROM tags WHERE lower(name) = ANY($1)"#, &wanted)
        .fetch_all(conn)
        .await?;
    let ids =
        |names: &[String]| -> Vec<TagId> { rows.iter().filter(|row| names.contains(&row.name)).map(|row| row.id).collect() };
    let known = rows.iter().any(|row| row.name == main);
    Ok(known.then(|| Tags { any: ids(&any), all: ids(&all), none: ids(&none) }))
}
