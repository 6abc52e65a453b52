//! All of it together.

mod kill;
mod two_servers;
