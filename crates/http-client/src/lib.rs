//! The only door to addresses that other people chose: documents, inboxes, media and pages of other servers. Where a request
//! may go is in `guard`, what it may cost in `limits`; nothing else in the workspace opens a socket to such an address.

mod client;
mod error;
pub mod guard;
pub mod limits;
mod request;
mod resolver;

pub use client::Client;
pub use error::{BuildError, FetchError, Refusal};
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
pub use request::{Answer, Download, Get, Kind, Post, Signer};
pub use resolver::MailServers;
pub use url::Url;
