//! An account's keyword filters, and what they say about a post that was rendered for everybody.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use text::filter::{Filter, Keyword};

/// Those that had not expired when they were loaded.
#[derive(Debug, Default)]
pub(crate) struct Filters(Vec<Loaded>);

#[derive(Debug)]
struct Loaded {
    filter: Shown,
    matcher: Filter,
    expires_at: Option<NaiveDateTime>,
}

/// As clients see it inside `filtered`.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    title: String,
    context: Vec<String>,
    expires_at: Option<String>,
    filter_action: &'static str,
}

#[derive(Serialize)]
struct FilterResult<'a> {
    filter: &'a Shown,
    keyword_matches: [&'a str; 1],
    /// Filters of single posts are not looked at here, as in Mastodon.
    status_matches: Option<()>,
}

struct Row {
    id: i64,
    title: String,
    context: Vec<String>,
    expires_at: Option<NaiveDateTime>,
    action: i32,
    keyword: String,
    whole_word: bool,
}

impl Filters {
    pub(crate) async fn load(conn: &mut PgConnection, account_id: i64, now: NaiveDateTime) -> Result<Self, sqlx::Error> {
        let rows = sqlx::query_as!(
            Row,
            "
            SELECT
              filter.id, filter.phrase AS title, filter.context, filter.expires_at, filter.action,
              keyword.keyword, keyword.whole_word
            FROM custom_filters filter
              JOIN custom_filter_keywords keyword ON keyword.custom_filter_id = filter.id
            WHERE filter.account_id = $1
              AND (filter.expires_at IS NULL OR filter.expires_at > $2)
            ORDER BY filter.id, keyword.id
            ",
            account_id,
            now
        )
        .fetch_all(conn)
        .await?;
        Ok(Self(rows.chunk_by(|a, b| a.id == b.id).filter_map(Loaded::from_rows).collect()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// JSON: the FilterResult of each filter that matches `text`.
    pub(crate) fn results(&self, text: &str, now: NaiveDateTime) -> String {
        let alive = self.0.iter().filter(|loaded| loaded.expires_at.is_none_or(|end| end > now));
        let results: Vec<FilterResult<'_>> = alive
            .filter_map(|loaded| {
                let keyword_matches = [loaded.matcher.first_match(text)?];
                Some(FilterResult { filter: &loaded.filter, keyword_matches, status_matches: None })
            })
            .collect();
        serde_json::to_string(&results).unwrap_or_else(|_| "[]".to_owned())
    }
}

impl Loaded {
    fn from_rows(rows: &[Row]) -> Option<Self> {
        let first = rows.first()?;
        let keywords = rows.iter().map(|row| Keyword { keyword: &row.keyword, whole_word: row.whole_word });
        Some(Self {
            filter: Shown {
                id: first.id.to_string(),
                title: first.title.clone(),
                context: first.context.clone(),
                expires_at: first.expires_at.map(timestamp),
                filter_action: match first.action {
                    0 => "warn",
                    1 => "hide",
                    _ => "blur",
                },
            },
            matcher: Filter::new(keywords),
            expires_at: first.expires_at,
        })
    }
}

fn timestamp(time: NaiveDateTime) -> String {
    DateTime::<Utc>::from_naive_utc_and_offset(time, Utc).to_rfc3339_opts(SecondsFormat::Millis, true)
}
