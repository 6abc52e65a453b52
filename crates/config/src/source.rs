//! Where values come from, and what is said when one is wrong.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use crate::dotenv;

/// Names the variable and what it should hold; the program prints it and stops.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not set")]
    Missing(&'static str),
    #[error("{name} is wrong: {reason}")]
    Invalid { name: &'static str, reason: String },
    #[error("{file}: {reason}")]
    File { file: String, reason: String },
}

impl Error {
    pub(crate) fn invalid(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { name, reason: reason.into() }
    }
}

/// Variables by name. An empty value counts as not set, as in Mastodon's `.presence`.
#[derive(Debug, Clone, Default)]
pub struct Source {
    vars: HashMap<String, String>,
}

impl Source {
    #[must_use]
    pub fn from_process() -> Self {
        Self { vars: std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect() }
    }

    #[must_use]
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { vars: pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect() }
    }

    /// Adds what the file has and the process has not. A file that does not exist is no error.
    ///
    /// # Errors
    /// The file cannot be read, or a line of it cannot be understood.
    pub fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::File { file: path.display().to_string(), reason: error.to_string() }),
        };
        let pairs = dotenv::parse(&text).map_err(|reason| Error::File { file: path.display().to_string(), reason })?;
        for (name, value) in pairs {
            self.vars.entry(name).or_insert(value);
        }
        Ok(())
    }

    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Set, even to nothing: for the variables where empty has a meaning of its own.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// Mastodon compares with the word `true` and nothing else.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value == "true")
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<String, Error> {
        self.text(name).ok_or(Error::Missing(name))
    }

    pub(crate) fn number<T: FromStr>(&self, name: &'static str, default: T) -> Result<T, Error> {
        match self.text(name) {
            None => Ok(default),
            Some(value) => value.parse().map_err(|_| Error::invalid(name, format!("{value:?} is not a number in range"))),
        }
    }

    pub(crate) fn list(&self, name: &str, separators: &[char]) -> Vec<String> {
        self.text(name)
            .map(|value| value.split(separators).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
            .unwrap_or_default()
    }
}
