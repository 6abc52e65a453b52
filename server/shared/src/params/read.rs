//! Takes the parameters out of a request before it is routed, and puts the body back for those who want its bytes.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Map, Value};
use tempfile::NamedTempFile;

use super::RawParams;
use super::parse::{Unreadable, insert_text, parse_form};
use super::types::Upload;

/// Forms and JSON; the longest legal post is far below.
const MAX_BODY: usize = 2 * 1024 * 1024;
/// Videos of 99 MiB and the fields around them.
const MAX_MULTIPART: u64 = 110 * 1024 * 1024;
/// Files of somebody who shows no credentials: nothing that they could upload is large.
const MAX_ANONYMOUS: u64 = 2 * 1024 * 1024;
const MAX_FILES: usize = 16;
/// A client that sends nothing for so long is not going to; a body that is no upload has to be there by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why the parameters could not be taken: the status to answer with.
pub(crate) type Refused = StatusCode;

impl From<Unreadable> for StatusCode {
    fn from(_: Unreadable) -> Self {
        Self::BAD_REQUEST
    }
}

/// Reads the query and, unless the path is an inbox (whose bytes are signed), the body.
pub(crate) async fn read(request: Request) -> Result<(Request, RawParams), Refused> {
    let query = request.uri().query().unwrap_or_default();
    let mut map = parse_form(query)?;
    let method = request.method();
    let may_have_body = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !may_have_body || request.uri().path().ends_with("/inbox") {
        return Ok((request, RawParams { map: Arc::new(map), files: Arc::default() }));
    }
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type == "multipart/form-data" {
        let (request, fields, files) = multipart(request).await?;
        map.extend(fields);
        return Ok((request, RawParams { map: Arc::new(map), files: Arc::new(Mutex::new(files)) }));
    }
    let (parts, body) = request.into_parts();
    let bytes = collect(body).await?;
    if media_type.is_empty() || media_type == "application/x-www-form-urlencoded" {
        let text = std::str::from_utf8(&bytes).map_err(|_| StatusCode::BAD_REQUEST)?;
        map.extend(parse_form(text)?);
    } else if is_json(media_type) {
        map.extend(json(&bytes)?);
    }
    let request = Request::from_parts(parts, Body::from(bytes));
    Ok((request, RawParams { map: Arc::new(map), files: Arc::default() }))
}

fn is_json(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/json"
            | "text/x-json"
            | "application/jsonrequest"
            | "application/activity+json"
            | "application/ld+json"
            | "application/jrd+json"
    )
}

/// An array or a scalar at the top has no names and so brings no parameters that an endpoint asks for.
fn json(bytes: &[u8]) -> Result<Map<String, Value>, Refused> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| StatusCode::BAD_REQUEST)?;
    if has_nul(&value) {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(match value {
        Value::Object(map) => map,
        other => Map::from_iter([("_json".to_owned(), other)]),
    })
}

/// PostgreSQL cannot hold U+0000 in a text.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T, Refused> {
    tokio::time::timeout(PATIENCE, reading).await.map_err(|_| StatusCode::REQUEST_TIMEOUT)
}

async fn collect(body: Body) -> Result<Bytes, Refused> {
    let collected = in_time(Limited::new(body, MAX_BODY).collect()).await?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::BAD_REQUEST),
    }
}

fn shows_credentials(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    parts.headers.contains_key(header::AUTHORIZATION)
        || parts.headers.contains_key(header::COOKIE)
        || ["access_token=", "bearer_token="].iter().any(|name| query.contains(name))
}

async fn multipart(request: Request) -> Result<(Request, Map<String, Value>, Vec<Upload>), Refused> {
    let (parts, body) = request.into_parts();
    let with_body = Request::from_parts(parts.clone(), body);
    let mut form = Multipart::from_request(with_body, &()).await.map_err(|_| StatusCode::BAD_REQUEST)?;
    let mut fields = Map::new();
    let mut files = Vec::new();
    let mut left = if shows_credentials(&parts) { MAX_MULTIPART } else { MAX_ANONYMOUS };
    while let Some(mut field) = in_time(form.next_field()).await?.map_err(|error| error.status())? {
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        if file_name.is_none() {
            let mut text = Vec::new();
            while let Some(chunk) = in_time(field.chunk()).await?.map_err(|error| error.status())? {
                if text.len() + chunk.len() > MAX_BODY {
                    return Err(StatusCode::PAYLOAD_TOO_LARGE);
                }
                text.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(text).map_err(|_| StatusCode::BAD_REQUEST)?;
            if text.contains('\0') {
                return Err(StatusCode::BAD_REQUEST);
            }
            insert_text(&mut fields, &name, text)?;
            continue;
        }
        if files.len() >= MAX_FILES {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let content_type = field.content_type().map(str::to_owned);
        let mut file = NamedTempFile::new().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        let mut size = 0;
        while let Some(chunk) = in_time(field.chunk()).await?.map_err(|error| error.status())? {
            let length = chunk.len() as u64;
            left = left.checked_sub(length).ok_or(StatusCode::PAYLOAD_TOO_LARGE)?;
            size += length;
            // Chunks are small and go to the page cache; a trip to the blocking pool for each costs more than the write.
            file.write_all(&chunk).map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        }
        // A browser sends a field without a file as an empty one.
        if size > 0 || file_name.as_deref() != Some("") {
            files.push(Upload { field: name, file_name, content_type, size, file });
        }
    }
    Ok((Request::from_parts(parts, Body::empty()), fields, files))
}
