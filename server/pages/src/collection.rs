//! The public page of a collection of accounts.

use askama::Template;
use axum::response::{IntoResponse, Response};
use entities::{Account, Collection, Shared};
use http::{StatusCode, header};
use services::collection::require_visible;
use shared::{ApiResult, App};

use crate::assets;
use crate::profile::{missing, public_page};

#[derive(Template)]
#[template(path = "collection.html")]
struct Page {
    title: String,
    site: String,
    style: String,
    noindex: bool,
    collection: Collection,
    owner: Shared<Account>,
    accounts: Vec<Shared<Account>>,
}

/// `/collections/1` for people, to be kept for so many seconds. A remote collection's page is where it lives.
///
/// # Errors
/// The database fails.
pub async fn show(app: &App, id: i64) -> ApiResult<Response> {
    let mut conn = app.db.acquire().await?;
    let Ok(owner) = require_visible(&mut conn, None, id).await else { return Ok(missing(StatusCode::NOT_FOUND)) };
    let found = Collection::load_many(&mut conn, &app.urls, None, &[id]).await?.into_iter().next();
    let Some(collection) = found else { return Ok(missing(StatusCode::NOT_FOUND)) };
    if !collection.local {
        let elsewhere = collection.url.unwrap_or(collection.uri);
        return Ok((StatusCode::FOUND, [(header::LOCATION, elsewhere)]).into_response());
    }
    let mut ids = vec![owner];
    ids.extend(collection.items.iter().filter_map(|item| item.account_id.map(|id| id.0)));
    let mut accounts = Account::load_many(&mut conn, &app.urls, None, &ids).await?;
    drop(conn);
    if accounts.is_empty() {
        return Ok(missing(StatusCode::NOT_FOUND));
    }
    let owner = accounts.remove(0);
    let cache = if collection.updated_at.0 > app.clock.now_naive() - SETTLED_AFTER {
        "max-age=30, public"
    } else {
        "max-age=300, public"
    };
    let page = Page {
        title: collection.name.clone(),
        site: app.settings().await?.site_title.clone(),
        style: assets::style(),
        noindex: !collection.discoverable || owner.noindex.flatten().unwrap_or(false),
        collection,
        owner,
        accounts,
    };
    let mut response = public_page(&page, "", cache)?;
    // Recorded: unlike profiles and statuses it names no other form.
    response.headers_mut().remove(header::LINK);
    Ok(response)
}

/// After a change nobody keeps the page for long.
const SETTLED_AFTER: chrono::TimeDelta = chrono::TimeDelta::minutes(15);
