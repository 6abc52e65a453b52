//! Hashtags.

use db::{AccountId, PgConnection};
use serde::Serialize;

use crate::timestamp::Date;
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

impl Tag {
    /// `name` is normalised, `display_name` as it is shown.
    #[must_use]
    pub fn new(id: Option<i64>, name: &str, display_name: Option<&str>, history: Vec<DayOfUse>, urls: &Urls) -> Self {
        Self {
            id: id.map_or_else(String::new, |id| id.to_string()),
            name: display_name.filter(|shown| !shown.is_empty()).unwrap_or(name).to_owned(),
            url: urls.tag(name),
            history,
            following: None,
            featuring: None,
        }
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
