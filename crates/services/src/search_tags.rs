//! Hashtags by the beginning of their names, from PostgreSQL alone.

use db::TagId;
use sqlx::PgConnection;

use crate::error::Result;

/// What is searched for.
#[derive(Debug, Clone)]
pub struct TagSearch<'a> {
    pub text: &'a str,
    /// Of those that no moderator has looked at, only the one of exactly this name.
    pub exclude_unreviewed: bool,
    pub limit: i64,
    pub offset: i64,
}

/// Shortest first. Hashtags that are kept off lists are not found. A text without a character that may stand in a name is the
/// beginning of every name, as with Mastodon.
///
/// # Errors
/// The database fails.
pub async fn search_tags(conn: &mut PgConnection, search: &TagSearch<'_>) -> Result<Vec<TagId>> {
    if search.limit < 1 {
        return Ok(Vec::new());
    }
    let name = text::hashtag::normalize(search.text);
    let ids = sqlx::query_scalar!(
        r#"
        SELECT id FROM tags
        WHERE lower(name) LIKE lower($1) AND (listable IS NULL OR listable)
          AND (NOT $2 OR lower(name) = lower($3) OR reviewed_at IS NOT NULL)
        ORDER BY length(name), name
        LIMIT $4 OFFSET $5
        "#,
        beginning(&name),
        search.exclude_unreviewed,
        name,
        search.limit,
        search.offset
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// The pattern of names that begin so; `_` may stand in a name and means itself.
fn beginning(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len() + 1);
    for c in name.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
