//! Accounts by names and parts of names, from PostgreSQL alone: the query's order is Mastodon's.

use activitypub::webfinger::Handle;
use db::AccountId;
use db::accounts::find_by_handles;
use sqlx::PgConnection;

use crate::error::Result;

/// Shorter queries of visitors find only whole handles.
const MIN_ANONYMOUS_CHARS: usize = 3;

/// What is searched for.
#[derive(Debug, Clone)]
pub struct Search {
    pub text: String,
    /// The account that the text was found to name on its own server, where it may have another handle.
    pub resolved: Option<AccountId>,
    pub viewer: Option<AccountId>,
    /// Only among those whom the viewer follows.
    pub following: bool,
    pub limit: i64,
    pub offset: i64,
}

/// The handle of another server that the text is, to be looked up there.
#[must_use]
pub fn remote_handle(text: &str, is_local_domain: impl Fn(&str) -> bool) -> Option<String> {
    let Handle { username, domain } = Handle::parse(text)?;
    (!is_local_domain(&domain)).then(|| format!("{username}@{domain}"))
}

/// The account that was resolved, or that of exactly this handle, first; then those whose names have all words of the text,
/// the last of them perhaps unfinished. Suspended and moved accounts and people who are not let in yet are not found.
///
/// # Errors
/// The database fails.
pub async fn search_accounts(
    conn: &mut PgConnection,
    search: &Search,
    is_local_domain: impl Fn(&str) -> bool,
) -> Result<Vec<AccountId>> {
    let text = search.text.trim().trim_start_matches('@').to_owned();
    if text.is_empty() || search.limit < 1 {
        return Ok(Vec::new());
    }
    let exact = if search.offset == 0 { exact(conn, search, &text, &is_local_domain).await? } else { None };
    let mut ids: Vec<AccountId> = exact.into_iter().collect();
    if search.viewer.is_none() && text.chars().count() < MIN_ANONYMOUS_CHARS {
        return Ok(ids);
    }
    let words = match Handle::parse(&text) {
        Some(handle) if is_local_domain(&handle.domain) => handle.username,
        Some(handle) => format!("{} {}", handle.username, handle.domain),
        None => text,
    };
    for id in by_words(conn, search, &words).await? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.truncate(usize::try_from(search.limit).unwrap_or(usize::MAX));
    Ok(ids)
}

async fn exact(
    conn: &mut PgConnection,
    search: &Search,
    text: &str,
    is_local_domain: &impl Fn(&str) -> bool,
) -> Result<Option<AccountId>> {
    let id = match search.resolved {
        Some(id) => id,
        None => {
            let Some(Handle { username, domain }) = Handle::parse(text) else { return Ok(None) };
            let domain = if is_local_domain(&domain) { String::new() } else { domain };
            let found = find_by_handles(conn, &[username], &[domain]).await?;
            let Some(id) = found.first().map(|account| account.id) else { return Ok(None) };
            id
        }
    };
    let findable = sqlx::query_scalar!(
        r#"
        SELECT (a.suspended_at IS NULL AND a.moved_to_account_id IS NULL
          AND (a.domain IS NOT NULL OR (u.confirmed_at IS NOT NULL AND u.approved))
          AND (NOT $3 OR a.id = $2 OR EXISTS (SELECT FROM follows f WHERE f.account_id = $2 AND f.target_account_id = a.id)))
          AS "findable!"
        FROM accounts a LEFT JOIN users u ON u.account_id = a.id WHERE a.id = $1
        "#,
        id,
        search.viewer,
        search.following
    )
    .fetch_one(conn)
    .await?;
    Ok(findable.then_some(id))
}

/// Characters that mean something to `to_tsquery` separate words; the whole is one quoted prefix.
fn tsquery(words: &str) -> Option<String> {
    let plain: String = words.chars().map(|c| if matches!(c, '\'' | '?' | '\\' | ':' | '‘' | '’') { ' ' } else { c }).collect();
    if plain.trim().is_empty() { None } else { Some(format!("' {} ':*", plain.trim())) }
}

async fn by_words(conn: &mut PgConnection, search: &Search, words: &str) -> Result<Vec<AccountId>> {
    let Some(query) = tsquery(words) else { return Ok(Vec::new()) };
    // The expression of `accounts` is that of its index. Recency counts the days of `age()` beyond its whole months, as
    // Mastodon's does.
    let ids = sqlx::query_scalar!(
        r#"
        SELECT a.id AS "id!"
        FROM accounts a
        LEFT JOIN users u ON u.account_id = a.id
        LEFT JOIN account_stats s ON s.account_id = a.id
        LEFT JOIN LATERAL (
          SELECT count(*) FILTER (WHERE f.account_id = $2) AS following, count(*) FILTER (WHERE f.target_account_id = $2) AS followed_by
          FROM follows f
          WHERE (f.account_id = $2 AND f.target_account_id = a.id) OR (f.account_id = a.id AND f.target_account_id = $2)
        ) AS ties ON true
        CROSS JOIN LATERAL (
          SELECT ((COALESCE(s.followers_count, 0)::float8 / (COALESCE(s.following_count, 0) + 1))
            + log((COALESCE(s.followers_count, 0) + 2)::float8)
            + CASE WHEN s.last_status_at IS NULL THEN 0
                ELSE exp(-1.0 * (greatest(abs(extract(DAY FROM age(s.last_status_at)))::float8 - 30.0, 0) ^ 2)
                  / (2.0 * ((-1.0 * 30 ^ 2) / (2.0 * ln(0.3))))) END) / 3.0
            * ts_rank_cd(
                (setweight(to_tsvector('simple', a.display_name), 'A') || setweight(to_tsvector('simple', a.username), 'B')
                  || setweight(to_tsvector('simple', COALESCE(a.domain, '')), 'C')),
                to_tsquery('simple', $1), 32) AS rank
        ) AS weighed
        WHERE to_tsquery('simple', $1) @@
          (((setweight(to_tsvector('simple', a.display_name), 'A') || setweight(to_tsvector('simple', a.username), 'B'))
            || setweight(to_tsvector('simple', COALESCE(a.domain, '')), 'C')))
          AND a.suspended_at IS NULL AND a.moved_to_account_id IS NULL
          AND (a.domain IS NOT NULL OR (u.confirmed_at IS NOT NULL AND u.approved))
          AND (NOT $3 OR a.id = $2 OR ties.following > 0)
        ORDER BY
          CASE WHEN $3 THEN 0 ELSE ties.following + ties.followed_by END DESC,
          CASE WHEN $3 THEN weighed.rank * (ties.followed_by + 1) ELSE weighed.rank END DESC, a.id
        LIMIT $4 OFFSET $5
        "#,
        query,
        search.viewer,
        search.following,
        search.limit,
        search.offset
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::{remote_handle, tsquery};

    #[test]
    fn a_whole_handle_is_told_from_words() {
        let local = |domain: &str| domain == "here.example";
        assert_eq!(remote_handle(" @a@b.example ", local).as_deref(), Some("a@b.example"));
        assert_eq!(remote_handle("a@here.example", local), None);
        assert_eq!(remote_handle("a b@c.example", local), None);
        assert_eq!(remote_handle("alice", local), None);
    }

    #[test]
    fn words_cannot_leave_their_quotes() {
        assert_eq!(tsquery("it's \\ a:b?").as_deref(), Some("' it s   a b ':*"));
        assert_eq!(tsquery("':'"), None);
    }
}
