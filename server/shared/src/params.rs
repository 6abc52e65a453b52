//! Request parameters as Rails hands them over: query, body and path in one map, whatever the content type, read into a struct
//! without complaining about types.

mod lenient;
mod parse;
mod read;
mod types;

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use parse::parse_form;
pub(crate) use read::read;
pub use types::{ById, Flag, IdParam, OneOrMany, Upload};

use crate::error::{ApiResult, Error};

/// What the request brought, parsed once before routing; extractors take it from the request's extensions.
#[derive(Debug, Clone, Default)]
pub struct RawParams {
    pub(crate) map: Arc<Map<String, Value>>,
    pub(crate) files: Arc<Mutex<Vec<Upload>>>,
}

impl RawParams {
    /// The text of a top-level parameter; numbers count, nested things do not.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        match self.map.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    #[must_use]
    pub fn map(&self) -> &Map<String, Value> {
        &self.map
    }
}

/// Extractor: the merged parameters as `T`. Path segments win over the body, the body over the query. Give `T` the attribute
/// `#[serde(default)]`: what is absent stays default, and a value of the wrong kind becomes empty rather than an error, as
/// Rails' strong parameters do it (an array where a text belongs is dropped, `"12abc"` is 12).
#[derive(Debug)]
pub struct Params<T> {
    value: T,
    raw: RawParams,
}

impl<T> Params<T> {
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The uploaded file of this field, once.
    #[must_use]
    pub fn take_file(&self, field: &str) -> Option<Upload> {
        let mut files = self.raw.files.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let position = files.iter().position(|file| file.field == field)?;
        Some(files.swap_remove(position))
    }

    /// Whether the parameter was sent at all, `null` included.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.raw.map.contains_key(name)
    }

    /// For [`Session::check_form`](crate::Session::check_form).
    #[must_use]
    pub fn raw_params(&self) -> &RawParams {
        &self.raw
    }

    /// The map as it was sent (without path segments).
    #[must_use]
    pub fn raw(&self) -> &Map<String, Value> {
        &self.raw.map
    }
}

impl<T> Deref for Params<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RawParams {
    type Rejection = Error;

    /// Without `layers` in front (in a test of one router) only the query is there.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        if let Some(raw) = parts.extensions.get::<Self>() {
            return Ok(raw.clone());
        }
        let map = parse_form(parts.uri.query().unwrap_or_default()).map_err(|_| Error::bad_request("Bad Request"))?;
        Ok(Self { map: Arc::new(map), files: Arc::default() })
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let raw = RawParams::from_request_parts(parts, state).await?;
        let segments = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Error::not_found())?;
        let mut merged = None;
        for (name, text) in &segments {
            if text.contains('\0') {
                return Err(Error::not_found());
            }
            merged.get_or_insert_with(|| raw.map.as_ref().clone()).insert(name.to_owned(), Value::String(text.to_owned()));
        }
        let value = match &merged {
            Some(map) => lenient::from_map(map),
            None => lenient::from_map(&raw.map),
        };
        let value = value.map_err(|error| Error::bad_request(error.to_string()))?;
        Ok(Self { value, raw })
    }
}
