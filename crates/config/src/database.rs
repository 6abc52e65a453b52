//! PostgreSQL: a URL or its parts.

use crate::source::{Error, Source};

#[derive(Debug, Clone)]
pub struct Database {
    pub target: Target,
    /// `DB_POOL`: connections that one process may hold.
    pub pool: u32,
    /// `PREPARED_STATEMENTS=false`: a pooler in transaction mode stands in front.
    pub prepared_statements: bool,
}

#[derive(Debug, Clone)]
pub enum Target {
    Url(String),
    Parts {
        /// A name, an address, or the directory of a socket.
        host: String,
        port: u16,
        name: String,
        user: String,
        password: Option<String>,
        /// `DB_SSLMODE` in libpq's words.
        ssl_mode: String,
    },
}

impl Database {
    pub(crate) fn read(source: &Source) -> Result<Self, Error> {
        let target = match source.text("DATABASE_URL") {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => Target::Url(url),
            Some(_) => return Err(Error::invalid("DATABASE_URL", "it must begin with postgres:// or postgresql://")),
            None => Target::Parts {
                host: source.text("DB_HOST").unwrap_or_else(|| "localhost".to_owned()),
                port: source.number("DB_PORT", 5432)?,
                name: source.text("DB_NAME").unwrap_or_else(|| "mastodon_production".to_owned()),
                user: source.text("DB_USER").unwrap_or_else(|| "mastodon".to_owned()),
                password: source.text("DB_PASS"),
                ssl_mode: ssl_mode(source)?,
            },
        };
        let pool = source.number("DB_POOL", 16)?;
        if pool == 0 {
            return Err(Error::invalid("DB_POOL", "at least one connection is needed"));
        }
        Ok(Self { target, pool, prepared_statements: source.text("PREPARED_STATEMENTS").is_none_or(|value| value != "false") })
    }
}

fn ssl_mode(source: &Source) -> Result<String, Error> {
    let mode = source.text("DB_SSLMODE").unwrap_or_else(|| "prefer".to_owned());
    match mode.as_str() {
        "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full" => Ok(mode),
        _ => Err(Error::invalid(
            "DB_SSLMODE",
            format!("{mode:?} is not one of disable, allow, prefer, require, verify-ca, verify-full"),
        )),
    }
}
