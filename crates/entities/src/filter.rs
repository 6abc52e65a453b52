//! What people do not want to read: their filters, and which of them a status meets.

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use crate::timestamp::Millis;
use crate::{Id, Shared};

#[derive(Debug, Clone, Serialize)]
pub struct Filter {
    pub id: Id,
    pub title: String,
    pub context: Vec<String>,
    pub expires_at: Option<Millis>,
    pub filter_action: &'static str,
    /// These two only where filters are edited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keywords: Option<Vec<FilterKeyword>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statuses: Option<Vec<FilterStatus>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct FilterKeyword {
    pub id: Id,
    pub keyword: String,
    pub whole_word: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct FilterStatus {
    pub id: Id,
    pub status_id: Id,
}

/// A keyword in the words of the first version of the API, which knew one for each filter.
#[derive(Debug, Clone, Serialize)]
pub struct FilterV1 {
    /// Of the keyword.
    pub id: Id,
    pub phrase: String,
    pub context: Vec<String>,
    pub whole_word: bool,
    pub expires_at: Option<Millis>,
    pub irreversible: bool,
}

impl FilterV1 {
    /// One for each keyword of a filter that was loaded with its keywords.
    #[must_use]
    pub fn of(filter: &Filter) -> Vec<Self> {
        let keywords = filter.keywords.as_deref().unwrap_or_default();
        keywords
            .iter()
            .map(|keyword| Self {
                id: keyword.id,
                phrase: keyword.keyword.clone(),
                context: filter.context.clone(),
                whole_word: keyword.whole_word,
                expires_at: filter.expires_at,
                irreversible: filter.filter_action == action_name(1),
            })
            .collect()
    }
}

/// A filter that a status meets, and by what.
#[derive(Debug, Clone, Serialize)]
pub struct FilterResult {
    pub filter: Shared<Filter>,
    /// The first piece of text that a keyword met.
    pub keyword_matches: Option<Vec<String>>,
    /// Absent if the filter names no statuses.
    pub status_matches: Option<Vec<Id>>,
}

struct FilterRow {
    id: i64,
    title: String,
    context: Vec<String>,
    expires_at: Option<NaiveDateTime>,
    action: i32,
    keyword_ids: Vec<i64>,
    keywords: Vec<String>,
    whole_words: Vec<bool>,
    filter_status_ids: Vec<i64>,
    status_ids: Vec<StatusId>,
}

/// `custom_filters.action`.
fn action_name(action: i32) -> &'static str {
    match action {
        1 => "hide",
        2 => "blur",
        _ => "warn",
    }
}

impl FilterRow {
    /// Without keywords and statuses.
    fn short(&self) -> Filter {
        Filter {
            id: Id(self.id),
            title: self.title.clone(),
            context: self.context.clone(),
            expires_at: self.expires_at.map(Millis),
            filter_action: action_name(self.action),
            keywords: None,
            statuses: None,
        }
    }

    fn keyword_list(&self) -> Vec<FilterKeyword> {
        let rows = self.keyword_ids.iter().zip(&self.keywords).zip(&self.whole_words);
        rows.map(|((id, keyword), whole)| FilterKeyword { id: Id(*id), keyword: keyword.clone(), whole_word: *whole }).collect()
    }

    fn full(&self) -> Filter {
        let statuses = self.filter_status_ids.iter().zip(&self.status_ids);
        Filter {
            keywords: Some(self.keyword_list()),
            statuses: Some(statuses.map(|(id, status)| FilterStatus { id: Id(*id), status_id: Id(*status) }).collect()),
            ..self.short()
        }
    }
}

/// Filters of an account with all their parts. Those with keywords come first, by their first keyword, as Mastodon applies them.
async fn rows(conn: &mut PgConnection, account: AccountId) -> Result<Vec<FilterRow>, sqlx::Error> {
    sqlx::query_as!(
        FilterRow,
        r#"
        SELECT f.id, f.phrase AS title, f.context, f.expires_at, f.action,
               ARRAY(SELECT k.id FROM custom_filter_keywords k WHERE k.custom_filter_id = f.id ORDER BY k.id) AS "keyword_ids!",
               ARRAY(SELECT k.keyword FROM custom_filter_keywords k WHERE k.custom_filter_id = f.id ORDER BY k.id) AS "keywords!",
               ARRAY(SELECT k.whole_word FROM custom_filter_keywords k WHERE k.custom_filter_id = f.id ORDER BY k.id)
                   AS "whole_words!",
               ARRAY(SELECT s.id FROM custom_filter_statuses s WHERE s.custom_filter_id = f.id ORDER BY s.id)
                   AS "filter_status_ids!",
               ARRAY(SELECT s.status_id FROM custom_filter_statuses s WHERE s.custom_filter_id = f.id ORDER BY s.id)
                   AS "status_ids!"
        FROM custom_filters f
        WHERE f.account_id = $1
        ORDER BY (SELECT min(k.id) FROM custom_filter_keywords k WHERE k.custom_filter_id = f.id) NULLS LAST, f.id
        "#,
        account,
    )
    .fetch_all(conn)
    .await
}

impl Filter {
    /// All filters of an account with keywords and statuses, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_all(conn: &mut PgConnection, account: AccountId) -> Result<Vec<Self>, sqlx::Error> {
        let mut filters: Vec<Self> = rows(conn, account).await?.iter().map(FilterRow::full).collect();
        filters.sort_by_key(|filter| filter.id);
        Ok(filters)
    }
}

/// The filters of a viewer that are in force, ready to be applied to many statuses.
#[derive(Debug, Default)]
pub struct ActiveFilters {
    filters: Vec<ActiveFilter>,
}

#[derive(Debug)]
struct ActiveFilter {
    filter: Shared<Filter>,
    keywords: Option<text::filter::Filter>,
    statuses: Vec<StatusId>,
}

impl ActiveFilters {
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, account: AccountId, now: NaiveDateTime) -> Result<Self, sqlx::Error> {
        let rows = rows(conn, account).await?;
        let in_force = rows.iter().filter(|row| row.expires_at.is_none_or(|end| end > now));
        Ok(Self { filters: in_force.map(ActiveFilter::new).collect() })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// `ids`: of the status, and of what it boosts. `text`: everything in it that can be read, see
    /// [`searchable_text`].
    #[must_use]
    pub fn apply(&self, ids: &[StatusId], text: &str) -> Vec<FilterResult> {
        self.filters.iter().filter_map(|filter| filter.apply(ids, text)).collect()
    }
}

impl ActiveFilter {
    fn new(row: &FilterRow) -> Self {
        let keywords = row.keywords.iter().zip(&row.whole_words);
        let keywords = keywords.map(|(keyword, whole)| text::filter::Keyword { keyword, whole_word: *whole });
        Self {
            filter: Shared::new(row.short()),
            keywords: (!row.keywords.is_empty()).then(|| text::filter::Filter::new(keywords)),
            statuses: row.status_ids.clone(),
        }
    }

    fn apply(&self, ids: &[StatusId], text: &str) -> Option<FilterResult> {
        let found = self.keywords.as_ref().and_then(|keywords| keywords.first_match(text));
        let named: Vec<Id> = ids.iter().filter(|id| self.statuses.contains(id)).map(|id| Id(*id)).collect();
        if found.is_none() && named.is_empty() {
            return None;
        }
        Some(FilterResult {
            filter: self.filter.clone(),
            keyword_matches: found.map(|found| vec![found.to_owned()]),
            status_matches: (!self.statuses.is_empty()).then_some(named),
        })
    }
}

/// What filters look at: content warning, text, options of the poll and descriptions of files.
#[must_use]
pub fn searchable_text<'a>(
    spoiler_text: &'a str,
    plain_text: &'a str,
    poll_options: Option<&'a [String]>,
    descriptions: impl IntoIterator<Item = Option<&'a str>>,
) -> String {
    let descriptions: Vec<&str> = descriptions.into_iter().map(Option::unwrap_or_default).collect();
    let mut parts = vec![spoiler_text.to_owned(), plain_text.to_owned()];
    parts.extend(poll_options.map(|options| options.join("\n\n")));
    parts.push(descriptions.join("\n\n"));
    parts.join("\n\n")
}
