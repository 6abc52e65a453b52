//! What arrives from other servers: one file for each kind of activity, and what is fetched because of it.
//!
//! Each activity is handled in three steps: what has to be asked of other servers, whether the actor may say it, and then one
//! transaction with everything that follows. All of it may run twice.

mod accept;
mod activity;
mod add;
mod announce;
mod block;
mod create;
mod delete;
mod dispatch;
mod emoji;
mod error;
mod feature_request;
mod featured;
mod featured_collection;
mod featured_item;
mod fetch_all_replies;
mod fetch_replies;
mod fetch_status;
mod flag;
mod follow;
mod followers;
mod forward;
mod like;
mod lookup;
mod move_actor;
mod quote;
mod quote_request;
mod reject;
mod remove;
mod report;
mod resolve_url;
mod undo;
mod undone;
mod update;

use activitypub::render::{Rendered, Renderer};
use activitypub::resolve_account::Resolver;
use config::Config;
use db::{AccountId, Db};
use http_client::Client;
use jobs::DeliveryOptions;
use kv::Kv;
use sqlx::PgConnection;

pub use create::mentions::resolve_mention;
pub use dispatch::process;
pub use error::{Error, Result};
pub use featured::{synchronize_featured, synchronize_featured_tags};
pub use featured_collection::synchronize_collections;
pub use featured_item::process_featured_item;
pub use fetch_all_replies::{fetch_all_replies, finish_thread_part, refresh_thread};
pub use fetch_replies::fetch_replies;
pub use fetch_status::{fetch_status, refetch_status, resolve_thread};
pub use followers::{SynchronizationHeader, synchronize_followers};
pub use resolve_url::{Found, resolve_url};

/// The doors that incoming activities need. Made of the parts that each program has; costs nothing.
#[derive(Clone, Copy)]
pub struct Inbox<'a> {
    pub config: &'a Config,
    pub db: &'a Db,
    pub kv: &'a Kv,
    pub http: &'a Client,
    pub resolver: &'a Resolver,
    pub renderer: &'a Renderer,
}

/// Sends a document of a local account to one inbox.
async fn send(conn: &mut PgConnection, from: AccountId, document: Rendered, inbox: &str) -> Result<()> {
    let json = serde_json::to_vec(&document.into_document()).map_err(jobs::Error::from)?;
    jobs::deliver_to(conn, from, &json, &[inbox.to_owned()], DeliveryOptions::default()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use config::{Config, Source};

    /// A server `our.example`.
    pub(crate) fn config() -> Config {
        let secret = "0123456789".repeat(4);
        let all = [("LOCAL_DOMAIN", "our.example"), ("SECRET_KEY_BASE", secret.as_str())];
        Config::from_source(&Source::from_pairs(all)).unwrap()
    }
}
