//! From a handle to an actor: WebFinger (RFC 7033) and host-meta (RFC 6415).

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use db::uri::INSTANCE_ACTOR;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{ApiResult, App};
use sqlx::PgConnection;

use crate::response::{Caching, with_type};

const THREE_DAYS: Caching = Caching { seconds: Some(259_200), vary: "Accept" };

#[derive(Debug, Deserialize)]
pub(crate) struct Params {
    resource: Option<String>,
}

struct AccountRow {
    id: i64,
    username: String,
    id_scheme: Option<i32>,
    avatar_file_name: Option<String>,
    avatar_content_type: Option<String>,
    gone: bool,
}

pub(crate) async fn show(State(app): State<App>, params: Result<Query<Params>, QueryRejection>) -> ApiResult<Response> {
    let Some(resource) = params.ok().and_then(|Query(params)| params.resource).filter(|text| !text.is_empty()) else {
        return Ok(empty(StatusCode::BAD_REQUEST));
    };
    let wanted = match named(&app, &resource) {
        Ok(wanted) => wanted,
        Err(status) => return Ok(empty(status)),
    };
    let mut conn = app.db.acquire().await?;
    let Some(account) = account_row(&mut conn, &wanted).await? else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    if account.gone {
        return Ok(empty(StatusCode::GONE));
    }
    Ok(with_type(&descriptor(&app, &account), "application/jrd+json; charset=utf-8", THREE_DAYS))
}

/// Whom a resource names: by user name, or by number.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Username(String),
    Id(i64),
}

/// Handles of our domains in any of their forms, and the URLs of accounts.
fn named(app: &App, resource: &str) -> Result<Named, StatusCode> {
    let federation = &app.config.federation;
    if resource.starts_with("https://") || resource.starts_with("http://") {
        let url = url::Url::parse(resource).map_err(|_| StatusCode::BAD_REQUEST)?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(StatusCode::BAD_REQUEST),
        };
        if !federation.is_local(&host) {
            return Err(StatusCode::NOT_FOUND);
        }
        let parts: Vec<&str> = url.path().trim_matches('/').split('/').collect();
        return match parts.as_slice() {
            ["actor"] => Ok(Named::Id(INSTANCE_ACTOR)),
            ["users", name] => Ok(Named::Username((*name).to_owned())),
            ["ap", "users", id] => id.parse().map(Named::Id).map_err(|_| StatusCode::NOT_FOUND),
            [name] if name.starts_with('@') => Ok(Named::Username(name.trim_start_matches('@').to_owned())),
            _ => Err(StatusCode::NOT_FOUND),
        };
    }
    let handle = resource.strip_prefix("acct:").unwrap_or(resource).trim_start_matches('@');
    let Some((username, domain)) = handle.rsplit_once('@') else {
        return Err(StatusCode::BAD_REQUEST);
    };
    if !federation.is_local(domain) {
        return Err(StatusCode::NOT_FOUND);
    }
    if username.eq_ignore_ascii_case(&federation.local_domain) || username.eq_ignore_ascii_case(&federation.web_domain) {
        return Ok(Named::Id(INSTANCE_ACTOR));
    }
    Ok(Named::Username(username.to_owned()))
}

async fn account_row(conn: &mut PgConnection, named: &Named) -> Result<Option<AccountRow>, sqlx::Error> {
    let (username, id) = match named {
        Named::Username(name) if name.contains('\0') => return Ok(None),
        Named::Username(name) => (Some(name.as_str()), None),
        Named::Id(id) => (None, Some(*id)),
    };
    sqlx::query_as!(
        AccountRow,
        r#"
        SELECT a.id, a.username, a.id_scheme, a.avatar_file_name, a.avatar_content_type,
          (a.suspended_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM account_deletion_requests d WHERE d.account_id = a.id)) AS "gone!"
        FROM accounts a
        WHERE a.domain IS NULL AND (lower(a.username) = lower($1::text) OR a.id = $2::bigint)
        "#,
        username,
        id
    )
    .fetch_optional(conn)
    .await
}

fn descriptor(app: &App, account: &AccountRow) -> Value {
    let uris = &app.renderer.uris;
    let base = uris.base();
    let actor = uris.account(account.id, &account.username, account.id_scheme);
    let (aliases, page) = if account.id == INSTANCE_ACTOR {
        (vec![actor.clone()], format!("{base}/about/more?instance_actor=true"))
    } else {
        let page = uris.account_page(&account.username);
        (vec![page.clone(), actor.clone()], page)
    };
    let mut links = vec![
        json!({"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page}),
        json!({"rel": "self", "type": "application/activity+json", "href": actor}),
        json!({"rel": "http://ostatus.org/schema/1.0/subscribe", "template": format!("{base}/authorize_interaction?uri={{uri}}")}),
        json!({"rel": "https://w3id.org/fep/3b86/Create", "template": format!("{base}/share?text={{content}}")}),
        json!({"rel": "https://w3id.org/fep/3b86/Object", "template": format!("{base}/authorize_interaction?uri={{object}}")}),
    ];
    let federation = &app.config.federation;
    if let Some(file) = account.avatar_file_name.as_deref()
        && !federation.limited_federation
        && !federation.disallow_unauthenticated_api
    {
        let path = media::paths::attachment(media::paths::Attachment::Avatar, account.id, "original", file, false);
        links.push(json!({
            "rel": "http://webfinger.net/rel/avatar",
            "type": account.avatar_content_type,
            "href": format!("{}/{path}", app.renderer.files),
        }));
    }
    json!({
        "subject": format!("acct:{}@{}", account.username, federation.local_domain),
        "aliases": aliases,
        "links": links,
    })
}

/// An answer without a body, which may be kept for three minutes.
fn empty(status: StatusCode) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=180, public"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    response
}

pub(crate) async fn host_meta(State(app): State<App>, headers: HeaderMap) -> Response {
    let json = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.trim_start().starts_with("application/json"));
    if json {
        return with_type(&lrdd_json(&app), "application/json; charset=utf-8", THREE_DAYS);
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" template=\"{}\"/>\n</XRD>\n",
        lrdd(&app)
    );
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xrd+xml; charset=utf-8"));
    THREE_DAYS.apply(response.headers_mut());
    response
}

pub(crate) async fn host_meta_json(State(app): State<App>) -> Response {
    let mut response = with_type(&lrdd_json(&app), "application/json; charset=utf-8", THREE_DAYS);
    response.headers_mut().remove(header::VARY);
    response
}

fn lrdd(app: &App) -> String {
    format!("{}/.well-known/webfinger?resource={{uri}}", app.renderer.uris.base())
}

fn lrdd_json(app: &App) -> Value {
    json!({"links": [{"rel": "lrdd", "template": lrdd(app)}]})
}
