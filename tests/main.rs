//! What needs a database, Redis or HTTP. The paths are those of the code that is tested.

mod db;
mod oauth;
mod routes;
mod server;
