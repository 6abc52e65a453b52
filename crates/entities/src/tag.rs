//! Hashtags.

use chrono::{Days, NaiveDate, NaiveTime};
use db::{AccountId, PgConnection, TagId};
use kv::Kv;
use kv::trend::{Day, History};
use serde::Serialize;

use crate::timestamp::Date;
use crate::trends::histories;
use crate::{Id, Urls};

/// A hashtag of a status.
#[derive(Debug, Clone, Serialize)]
pub struct ShallowTag {
    pub name: String,
    pub url: String,
}

impl ShallowTag {
    /// `name` in its normalised form.
    #[must_use]
    pub fn new(name: &str, urls: &Urls) -> Self {
        Self { name: name.to_owned(), url: urls.tag(name) }
    }
}

/// A hashtag with its use in the last seven days.
#[derive(Debug, Clone, Serialize)]
pub struct Tag {
    /// Empty for a hashtag that nobody has used yet.
    pub id: String,
    pub name: String,
    pub url: String,
    pub history: Vec<DayOfUse>,
    /// These two if somebody is signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub following: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub featuring: Option<bool>,
}

/// One day, newest first; all figures are text.
#[derive(Debug, Clone, Serialize)]
pub struct DayOfUse {
    /// Midnight in seconds since 1970.
    pub day: String,
    pub accounts: String,
    pub uses: String,
}

/// Days that are told.
const HISTORY_DAYS: u64 = 7;

impl From<&Day> for DayOfUse {
    fn from(day: &Day) -> Self {
        Self {
            day: day.day.and_time(NaiveTime::MIN).and_utc().timestamp().to_string(),
            accounts: day.accounts.to_string(),
            uses: day.uses.to_string(),
        }
    }
}

/// The days whose use is told, today first.
#[must_use]
pub fn history_days(today: NaiveDate) -> Vec<NaiveDate> {
    (0..HISTORY_DAYS).filter_map(|n| today.checked_sub_days(Days::new(n))).collect()
}

impl Tag {
    /// A hashtag that nobody has used yet, by its normalised name and as it was written.
    #[must_use]
    pub fn unused(name: &str, display_name: &str, signed_in: bool, urls: &Urls) -> Self {
        let days = history_days(urls.now().date());
        Self {
            id: String::new(),
            name: display_name.to_owned(),
            url: urls.tag(name),
            history: days.into_iter().map(|day| DayOfUse::from(&Day { day, uses: 0, accounts: 0 })).collect(),
            following: signed_in.then_some(false),
            featuring: signed_in.then_some(false),
        }
    }

    /// In the order of `ids`; those that do not exist are left out. While Redis is away the days are told without use.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        kv: &Kv,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[TagId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT t.id AS "id!", t.name AS "name!", t.display_name,
                   EXISTS (SELECT 1 FROM tag_follows f WHERE f.tag_id = t.id AND f.account_id = $2) AS "following!",
                   EXISTS (SELECT 1 FROM featured_tags f WHERE f.tag_id = t.id AND f.account_id = $2) AS "featuring!"
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN tags t ON t.id = asked.id
            ORDER BY asked.place
            "#,
            ids,
            viewer,
        )
        .fetch_all(conn)
        .await?;
        let known: Vec<TagId> = rows.iter().map(|row| row.id).collect();
        let histories = histories(kv, History::Tag, &known, urls.now().date()).await;
        Ok(rows
            .into_iter()
            .zip(histories)
            .map(|(row, history)| Self {
                id: row.id.to_string(),
                url: urls.tag(&row.name),
                name: row.display_name.filter(|shown| !shown.is_empty()).unwrap_or(row.name),
                history: history.iter().map(DayOfUse::from).collect(),
                following: viewer.map(|_| row.following),
                featuring: viewer.map(|_| row.featuring),
            })
            .collect())
    }
}

/// A hashtag on a profile.
#[derive(Debug, Clone, Serialize)]
pub struct FeaturedTag {
    pub id: Id,
    pub name: String,
    pub url: String,
    /// A number as text.
    pub statuses_count: String,
    pub last_status_at: Option<Date>,
}

impl FeaturedTag {
    /// All of an account, the most used first. Their pages are ours even if the account is not, and bear its bare user name:
    /// recorded so.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_all(conn: &mut PgConnection, urls: &Urls, account: AccountId) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT f.id AS "id!", COALESCE(NULLIF(f.name, ''), t.display_name, t.name) AS "name!", t.name AS "tag!",
                   f.statuses_count AS "statuses_count!", f.last_status_at, a.username AS "username!"
            FROM featured_tags f JOIN tags t ON t.id = f.tag_id JOIN accounts a ON a.id = f.account_id
            WHERE f.account_id = $1
            ORDER BY f.statuses_count DESC, f.id
            "#,
            account,
        )
        .fetch_all(conn)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| Self {
                id: Id(row.id),
                url: urls.tagged_page(&row.username, &row.tag),
                name: row.name,
                statuses_count: row.statuses_count.to_string(),
                last_status_at: row.last_status_at.map(Date),
            })
            .collect())
    }
}
