//! Figures by kind: languages, origins, servers, space, versions.

use db::PgConnection;
use entities::{AdminDimension, KindValue, MASTODON_VERSION};
use kv::Kv;

use super::{About, Period, Subject, kept, unavailable};
use crate::error::Result;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    Languages,
    Sources,
    Servers,
    SpaceUsage,
    SoftwareVersions,
    TagServers,
    TagLanguages,
    InstanceAccounts,
    InstanceLanguages,
}

const ALL: [Dimension; 9] = [
    Dimension::Languages,
    Dimension::Sources,
    Dimension::Servers,
    Dimension::SpaceUsage,
    Dimension::SoftwareVersions,
    Dimension::TagServers,
    Dimension::TagLanguages,
    Dimension::InstanceAccounts,
    Dimension::InstanceLanguages,
];

impl Dimension {
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Languages => "languages",
            Self::Sources => "sources",
            Self::Servers => "servers",
            Self::SpaceUsage => "space_usage",
            Self::SoftwareVersions => "software_versions",
            Self::TagServers => "tag_servers",
            Self::TagLanguages => "tag_languages",
            Self::InstanceAccounts => "instance_accounts",
            Self::InstanceLanguages => "instance_languages",
        }
    }

    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        ALL.into_iter().find(|dimension| dimension.key() == key)
    }

    #[must_use]
    pub const fn subject(self) -> Subject {
        match self {
            Self::TagServers | Self::TagLanguages => Subject::Tag,
            Self::InstanceAccounts | Self::InstanceLanguages => Subject::Instance,
            _ => Subject::Server,
        }
    }
}

/// The `limit` most frequent kinds. Without a period there is nothing to tell but of what does not depend on one. `local_domain` is
/// this server's name.
///
/// # Errors
/// The database fails; Redis does, where it is asked.
pub async fn dimension(
    conn: &mut PgConnection,
    kv: &Kv,
    dimension: Dimension,
    about: &About,
    period: Option<Period>,
    limit: Option<i64>,
    local_domain: &str,
) -> Result<AdminDimension> {
    let name = format!("dimension/{};{period:?};{limit:?};{};{}", dimension.key(), about.tag, about.domain);
    let count = async {
        let data = match (dimension, period) {
            (Dimension::SpaceUsage, _) => space_usage(conn, kv).await?,
            (Dimension::SoftwareVersions, _) => software_versions(conn, kv).await?,
            (Dimension::InstanceAccounts, _) => instance_accounts(conn, &about.domain, limit).await?,
            (_, None) => Vec::new(),
            (Dimension::Languages, Some(period)) => languages(conn, period, limit).await?,
            (Dimension::Sources, Some(period)) => sources(conn, period, limit).await?,
            (Dimension::Servers, Some(period)) => servers(conn, period, limit, local_domain).await?,
            (Dimension::TagServers, Some(period)) => tag_servers(conn, about.tag, period, limit, local_domain).await?,
            (Dimension::TagLanguages, Some(period)) => tag_languages(conn, about.tag, period, limit).await?,
            (Dimension::InstanceLanguages, Some(period)) => instance_languages(conn, &about.domain, period, limit).await?,
        };
        Ok(AdminDimension { key: dimension.key().to_owned(), data })
    };
    kept(kv, &name, count).await
}

struct KindRow {
    kind: Option<String>,
    value: i64,
}

fn plain(key: &str, human_key: &str, value: i64) -> KindValue {
    KindValue { key: key.to_owned(), human_key: human_key.to_owned(), value: value.to_string(), unit: None, human_value: None }
}

fn in_bytes(key: &str, human_key: &str, value: i64) -> KindValue {
    let human_value = Some(text::human_size::human_size(value));
    KindValue { unit: Some("bytes".to_owned()), human_value, ..plain(key, human_key, value) }
}

fn version(key: &str, human_key: &str, value: &str) -> KindValue {
    let value = value.to_owned();
    KindValue { key: key.to_owned(), human_key: human_key.to_owned(), human_value: Some(value.clone()), value, unit: None }
}

fn by_domain(rows: &[KindRow], local_domain: &str) -> Vec<KindValue> {
    rows.iter()
        .map(|row| {
            let domain = row.kind.as_deref().unwrap_or(local_domain);
            plain(domain, domain, row.value)
        })
        .collect()
}

fn by_language(rows: &[KindRow]) -> Vec<KindValue> {
    rows.iter()
        .map(|row| {
            let code = row.kind.as_deref().unwrap_or("und");
            plain(code, language_name(code), row.value)
        })
        .collect()
}

/// Regions that have no entry among the languages, in their own words.
const REGIONAL: [(&str, &str); 7] = [
    ("en-GB", "English (British)"),
    ("es-AR", "Español (Argentina)"),
    ("es-MX", "Español (México)"),
    ("fr-CA", "Français (Canadien)"),
    ("pt-BR", "Português (Brasil)"),
    ("pt-PT", "Português (Portugal)"),
    ("sr-Latn", "Srpski (latinica)"),
];

fn language_name(code: &str) -> &str {
    if code == "und" {
        return "None";
    }
    text::language::SUPPORTED.iter().chain(&REGIONAL).find(|(known, _)| *known == code).map_or(code, |(_, name)| *name)
}

async fn languages(conn: &mut PgConnection, period: Period, limit: Option<i64>) -> Result<Vec<KindValue>> {
    let rows = sqlx::query_as!(
        KindRow,
        r#"
        SELECT locale AS kind, count(*) AS "value!" FROM users
        WHERE current_sign_in_at BETWEEN $1 AND $2 AND locale IS NOT NULL
        GROUP BY locale ORDER BY count(*) DESC, locale LIMIT $3
        "#,
        period.start,
        period.end,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(by_language(&rows))
}

/// By the application with which people signed up.
async fn sources(conn: &mut PgConnection, period: Period, limit: Option<i64>) -> Result<Vec<KindValue>> {
    let rows = sqlx::query_as!(
        KindRow,
        r#"
        SELECT a.name AS "kind?", count(*) AS "value!" FROM users u
        LEFT JOIN oauth_applications a ON a.id = u.created_by_application_id
        WHERE u.created_at BETWEEN $1 AND $2
        GROUP BY a.name ORDER BY count(*) DESC, a.name LIMIT $3
        "#,
        period.start,
        period.end,
        limit
    )
    .fetch_all(conn)
    .await?;
    let one = |row: &KindRow| match row.kind.as_deref() {
        Some(name) => plain(name, name, row.value),
        None => plain("web", "Website", row.value),
    };
    Ok(rows.iter().map(one).collect())
}

async fn servers(conn: &mut PgConnection, period: Period, limit: Option<i64>, local_domain: &str) -> Result<Vec<KindValue>> {
    let (first, last) = period.ids();
    let rows = sqlx::query_as!(
        KindRow,
        r#"
        SELECT a.domain AS kind, count(*) AS "value!" FROM statuses s JOIN accounts a ON a.id = s.account_id
        WHERE s.id BETWEEN $1 AND $2
        GROUP BY a.domain ORDER BY count(*) DESC, a.domain LIMIT $3
        "#,
        first,
        last,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(by_domain(&rows, local_domain))
}

async fn tag_servers(
    conn: &mut PgConnection,
    tag: i64,
    period: Period,
    limit: Option<i64>,
    local_domain: &str,
) -> Result<Vec<KindValue>> {
    let (first, last) = period.ids();
    let rows = sqlx::query_as!(
        KindRow,
        r#"
        SELECT a.domain AS kind, count(*) AS "value!"
        FROM statuses_tags st JOIN statuses s ON s.id = st.status_id JOIN accounts a ON a.id = s.account_id
        WHERE st.tag_id = $1 AND s.id BETWEEN $2 AND $3
        GROUP BY a.domain ORDER BY count(*) DESC, a.domain LIMIT $4
        "#,
        tag,
        first,
        last,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(by_domain(&rows, local_domain))
}

async fn tag_languages(conn: &mut PgConnection, tag: i64, period: Period, limit: Option<i64>) -> Result<Vec<KindValue>> {
    let (first, last) = period.ids();
    let rows = sqlx::query_as!(
        KindRow,
        r#"
        SELECT s.language AS kind, count(*) AS "value!" FROM statuses_tags st JOIN statuses s ON s.id = st.status_id
        WHERE st.tag_id = $1 AND s.id BETWEEN $2 AND $3
        GROUP BY s.language ORDER BY count(*) DESC, s.language LIMIT $4
        "#,
        tag,
        first,
        last,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(by_language(&rows))
}

/// Those with the most followers here.
async fn instance_accounts(conn: &mut PgConnection, domain: &str, limit: Option<i64>) -> Result<Vec<KindValue>> {
    let rows = sqlx::query!(
        r#"
        SELECT a.username, count(f.id) AS "value!" FROM accounts a LEFT JOIN follows f ON f.target_account_id = a.id
        WHERE a.domain = $1
        GROUP BY a.id ORDER BY count(f.id) DESC, a.id LIMIT $2
        "#,
        domain,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.iter().map(|row| plain(&row.username, &row.username, row.value)).collect())
}

async fn instance_languages(conn: &mut PgConnection, domain: &str, period: Period, limit: Option<i64>) -> Result<Vec<KindValue>> {
    let (first, last) = period.ids();
    let rows = sqlx::query_as!(
        KindRow,
        r#"
        SELECT s.language AS kind, count(*) AS "value!" FROM accounts a JOIN statuses s ON s.account_id = a.id
        WHERE a.domain = $1 AND s.id BETWEEN $2 AND $3 AND s.reblog_of_id IS NULL
        GROUP BY s.language ORDER BY count(*) DESC, s.language LIMIT $4
        "#,
        domain,
        first,
        last,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(by_language(&rows))
}

/// In bytes: the database, Redis, and all files that rows tell of.
async fn space_usage(conn: &mut PgConnection, kv: &Kv) -> Result<Vec<KindValue>> {
    let sizes = sqlx::query!(
        r#"
        SELECT pg_database_size(current_database()) AS "database!",
          ((SELECT COALESCE(sum(COALESCE(file_file_size, 0)::bigint + COALESCE(thumbnail_file_size, 0)), 0) FROM media_attachments)
           + (SELECT COALESCE(sum(image_file_size), 0) FROM custom_emojis)
           + (SELECT COALESCE(sum(image_file_size), 0) FROM preview_cards)
           + (SELECT COALESCE(sum(COALESCE(avatar_file_size, 0)::bigint + COALESCE(header_file_size, 0)), 0) FROM accounts)
           + (SELECT COALESCE(sum(dump_file_size), 0) FROM backups)
           + (SELECT COALESCE(sum(file_file_size), 0) FROM site_uploads))::bigint AS "media!"
        "#
    )
    .fetch_one(conn)
    .await?;
    let redis = kv::info::info(kv).await.map_err(|error| unavailable(&error))?;
    Ok(vec![
        in_bytes("postgresql", "PostgreSQL", sizes.database),
        in_bytes("redis", &redis.name, redis.used_memory),
        in_bytes("media", "Media storage", sizes.media),
    ])
}

async fn software_versions(conn: &mut PgConnection, kv: &Kv) -> Result<Vec<KindValue>> {
    let postgresql = sqlx::query_scalar!(r#"SELECT split_part(current_setting('server_version'), ' ', 1) AS "version!""#)
        .fetch_one(conn)
        .await?;
    let redis = kv::info::info(kv).await.map_err(|error| unavailable(&error))?;
    Ok(vec![
        version("mastodon", "Mastodon", MASTODON_VERSION),
        version("ferrodon", "Ferrodon", env!("CARGO_PKG_VERSION")),
        version("postgresql", "PostgreSQL", &postgresql),
        version("redis", &redis.name, &redis.version),
    ])
}

#[cfg(test)]
mod tests {
    use super::{ALL, Dimension, language_name};

    #[test]
    fn every_dimension_is_found_by_its_key() {
        assert!(ALL.into_iter().all(|dimension| Dimension::from_key(dimension.key()) == Some(dimension)));
        assert_eq!(Dimension::from_key("new_users"), None);
    }

    // golden/rest/golden/admin_metrics.json, step 24
    #[test]
    fn languages_have_names() {
        assert_eq!(language_name("en"), "English");
        assert_eq!(language_name("pt-BR"), "Português (Brasil)");
        assert_eq!(language_name("xx"), "xx");
    }
}
