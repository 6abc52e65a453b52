//! What all routes of the program share: state, errors, parameters, identity, limits, headers, cookies.
//! An endpoint: `async fn show(State(app): State<App>, auth: Auth, params: Params<ById>) -> ApiResult<Json<Status>>`.

mod access;
mod app;
mod arrivals;
pub mod assets;
mod async_refresh;
mod auth;
pub mod cache;
mod cookies;
mod cors;
mod csrf;
mod documents;
mod error;
mod headers;
mod ip_blocks;
mod layers;
mod locale;
mod not_found;
pub mod oauth;
mod page_links;
mod params;
mod rate_limit;
mod session;

pub use app::{App, Parts};
pub use async_refresh::{async_refresh_header, async_refresh_id, async_refresh_key};
pub use auth::{Auth, ClientAddr, Permission, Scopes, Token, User, access_token_text, session_id};
pub use cookies::CookieKeys;
pub use documents::{PrivacyPolicy, TermsOfService};
pub use error::{ApiResult, Error};
pub use headers::{Unrouted, allow_framing};
pub use layers::layers;
pub use locale::Locale;
pub use not_found::{error_page, not_found, wants_json};
pub use page_links::Links;
pub use params::{ById, Flag, IdParam, OneOrMany, Params, RawParams, Upload};
pub use rate_limit::ActionLimit;
pub use session::Session;
