//! What we send and serve: exact documents, in the form that Mastodon 4.6 gives them (recorded under
//! `tests/conformance/fed` and `rest/activitypub_*`). Reading what others send is `document`'s affair and far more lenient.

pub mod activity;
pub mod actor;
pub mod announce;
pub mod collection;
mod context;
mod emoji;
pub mod featured_collection;
pub mod note;

use config::Config;
use db::uri::Uris;
use serde_json::Value;

pub use announce::StatusActivity;
pub use context::{ACTIVITY_STREAMS, Terms, complete as complete_context};

/// The collection that means "everybody".
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// What all documents need to know about this server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Renderer {
    pub uris: Uris,
    /// Where stored files are served, without a slash at its end.
    pub files: std::sync::Arc<str>,
    pub local_domain: std::sync::Arc<str>,
}

impl Renderer {
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            uris: Uris::new(&config.federation.base_url()),
            files: config.storage.url.as_str().into(),
            local_domain: config.federation.local_domain.as_str().into(),
        }
    }
}

/// A document and the terms that it uses; the context is written when it becomes the outermost object.
#[derive(Debug, Clone)]
pub struct Rendered {
    pub body: Value,
    pub terms: Terms,
}

impl Rendered {
    /// The document with its `@context` in front.
    #[must_use]
    pub fn into_document(self) -> Value {
        let mut document = serde_json::Map::new();
        document.insert("@context".to_owned(), self.terms.context());
        if let Value::Object(body) = self.body {
            document.extend(body);
        }
        Value::Object(document)
    }
}
