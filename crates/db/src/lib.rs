//! The door to PostgreSQL: pool, transactions, pages, and one file for each table that more than one caller reads.

pub mod id;
mod page;
mod pool;
pub mod schema;
pub mod time;

pub use id::*;
pub use page::{Page, PageParams};
pub use pool::{Conn, Db, Tx, connect_options};
pub use sqlx::PgConnection;
