//! Texts about the server that both the API and the pages show.

use chrono::NaiveDate;
use db::PgConnection;

use crate::app::App;

const DEFAULT_POLICY: &str = include_str!("privacy_policy.md");
/// When the text above last changed.
const DEFAULT_POLICY_CHANGED: &str = "2026-11-25T00:00:00+00:00";

/// The privacy policy: the administrator's, or one that describes what the program does.
#[derive(Debug, Clone)]
pub struct PrivacyPolicy {
    pub updated_at: Option<String>,
    pub html: String,
}

impl PrivacyPolicy {
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, app: &App) -> Result<Self, sqlx::Error> {
        let own = db::settings::load(conn).await?.site_terms;
        let (text, updated_at) = if own.trim().is_empty() {
            (DEFAULT_POLICY, Some(DEFAULT_POLICY_CHANGED.to_owned()))
        } else {
            (own.as_str(), db::settings::changed_at(conn, "site_terms").await?.map(db::time::seconds))
        };
        Ok(Self { updated_at, html: html(app, text) })
    }
}

/// Terms that the administrator published.
#[derive(Debug, Clone)]
pub struct TermsOfService {
    /// `None` for the first ones, which held at once.
    pub effective_date: Option<NaiveDate>,
    pub html: String,
    /// When the next ones take their place.
    pub succeeded_by: Option<NaiveDate>,
}

struct TermsRow {
    effective_date: Option<NaiveDate>,
    text: String,
    succeeded_by: Option<NaiveDate>,
}

impl TermsOfService {
    /// Those in force, the newest first; otherwise what comes next.
    ///
    /// # Errors
    /// The database failed.
    pub async fn current(conn: &mut PgConnection, app: &App) -> Result<Option<Self>, sqlx::Error> {
        let row = sqlx::query_as!(
            TermsRow,
            r#"
            SELECT t.effective_date, t.text,
              (SELECT min(n.effective_date) FROM terms_of_services n
                WHERE n.published_at IS NOT NULL AND n.effective_date > t.effective_date) AS succeeded_by
            FROM terms_of_services t
            WHERE t.published_at IS NOT NULL
            ORDER BY COALESCE(t.effective_date > $1, false),
              CASE WHEN t.effective_date > $1 THEN t.effective_date END,
              COALESCE(t.effective_date, t.published_at::date) DESC
            LIMIT 1
            "#,
            app.clock.now().date_naive()
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(|row| Self::new(app, row)))
    }

    /// Those that came into force on a day.
    ///
    /// # Errors
    /// The database failed.
    pub async fn of_day(conn: &mut PgConnection, app: &App, day: NaiveDate) -> Result<Option<Self>, sqlx::Error> {
        let row = sqlx::query_as!(
            TermsRow,
            r#"
            SELECT t.effective_date, t.text,
              (SELECT min(n.effective_date) FROM terms_of_services n
                WHERE n.published_at IS NOT NULL AND n.effective_date > t.effective_date) AS succeeded_by
            FROM terms_of_services t
            WHERE t.published_at IS NOT NULL AND t.effective_date = $1
            "#,
            day
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(|row| Self::new(app, row)))
    }

    fn new(app: &App, row: TermsRow) -> Self {
        Self { effective_date: row.effective_date, html: html(app, &row.text), succeeded_by: row.succeeded_by }
    }
}

fn html(app: &App, markdown: &str) -> String {
    text::markdown::to_html(&markdown.replace("%{domain}", app.urls.local_domain()))
}
