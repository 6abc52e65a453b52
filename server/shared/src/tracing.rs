//! Where the log goes: standard output, as text for people or JSON for machines.

use std::io::IsTerminal as _;

use config::Logging;
use tracing_subscriber::EnvFilter;

/// Once for a process; a second call changes nothing.
pub fn init(logging: &Logging) {
    let filter = EnvFilter::try_new(&logging.filter).unwrap_or_else(|_| EnvFilter::new("warn,ferrodon=info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    // Fails only where something has begun to log already: tests.
    let _ = if logging.json { lines.json().try_init() } else { lines.with_ansi(std::io::stdout().is_terminal()).try_init() };
}
