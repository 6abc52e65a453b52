//! The program `ferrodon`: puts the routers together and holds the command line.

pub mod cli;
pub mod web;
