//! The program `ferrodon`: puts the routers together and holds the command line.

// The futures of a fetch within a signature within a handler are nested deeper than the default allows.
#![recursion_limit = "256"]

pub mod cli;
mod profile;
pub mod web;
