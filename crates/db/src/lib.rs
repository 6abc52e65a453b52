//! The door to PostgreSQL: pool, transactions, pages, and one file for each table that more than one caller reads.

pub mod counters;
pub mod domain_blocks;
pub mod encryption;
pub mod id;
pub mod oauth_access_tokens;
pub mod oauth_applications;
mod page;
mod pool;
pub mod schema;
pub mod session_activations;
pub mod time;
pub mod uri;

pub use id::*;
pub use page::{Page, PageParams};
pub use pool::{Conn, Db, Tx, connect_options};
pub use sqlx::PgConnection;

pub mod accounts;
pub mod custom_emojis;
pub mod instances;
pub mod media_attachments;
pub mod mentions;
pub mod notifications;
pub mod polls;
pub mod preview_cards;
pub mod settings;
pub mod statuses;
pub mod tags;
pub mod users;
pub mod web_push_subscriptions;
