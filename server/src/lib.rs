//! The program `ferrodon`: puts the routers together and holds the command line.

pub mod cli;
mod profile;
pub mod web;
