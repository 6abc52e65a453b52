//! `server/api`: what clients do, from the request to what stands in the tables afterwards.

mod v1;
mod v2;
