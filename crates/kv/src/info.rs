//! What Redis says of itself.

use crate::{Error, Kv};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// `Redis`, `Valkey` …
    pub name: String,
    pub version: String,
    /// Bytes.
    pub used_memory: i64,
}

/// # Errors
/// Redis is away.
pub async fn info(kv: &Kv) -> Result<Info, Error> {
    let text: String = kv.run(&redis::cmd("INFO")).await?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Info {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    // Valkey tells the version of Redis that it resembles besides its own.
    let name = match field("server_name") {
        Some("valkey") => "Valkey",
        _ if field("dragonfly_version").is_some() => "Dragonfly",
        _ => "Redis",
    };
    let own = match name {
        "Valkey" => field("valkey_version"),
        "Dragonfly" => field("dragonfly_version"),
        _ => field("redis_version"),
    };
    Info {
        name: name.to_owned(),
        version: own.unwrap_or_default().to_owned(),
        used_memory: field("used_memory").and_then(|number| number.parse().ok()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_server_that_resembles_redis_is_told_by_its_own_name() {
        let valkey =
            parse("# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nused_memory:1048576\r\n");
        assert_eq!((valkey.name.as_str(), valkey.version.as_str(), valkey.used_memory), ("Valkey", "8.0.1", 1_048_576));
        assert_eq!(parse("redis_version:7.0.15\r\n").version, "7.0.15");
    }
}
