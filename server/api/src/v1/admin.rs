//! Moderation.

pub(crate) mod accounts;
mod canonical_email_blocks;
mod dimensions;
mod domain_allows;
mod domain_blocks;
mod email_domain_blocks;
mod ip_blocks;
mod measures;
mod reports;
mod retention;
mod tags;
mod trends;

use axum::Router;
use db::{Page, PageParams};
use entities::Id;
use http::Uri;
use shared::{App, Links, Params};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .merge(accounts::routes())
        .merge(canonical_email_blocks::routes())
        .merge(dimensions::routes())
        .merge(domain_allows::routes())
        .merge(domain_blocks::routes())
        .merge(email_domain_blocks::routes())
        .merge(ip_blocks::routes())
        .merge(measures::routes())
        .merge(reports::routes())
        .merge(retention::routes())
        .merge(tags::routes())
        .merge(trends::routes())
}

const DEFAULT_LIMIT: i64 = 100;

/// Of a list whose cursor is the id of its rows, which keeps nothing but `limit`.
fn links<T>(app: &App, uri: &Uri, params: &Params<PageParams>, page: Page, rows: &[T], id: impl Fn(&T) -> Id) -> Links {
    let mut links = Links::new(app, uri, params.raw());
    if let Some(last) = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(page.limit)) {
        links = links.next(id(last));
    }
    if let Some(first) = rows.first() {
        links = links.prev(id(first));
    }
    links
}
