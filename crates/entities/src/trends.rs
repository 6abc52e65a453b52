//! What trends.

use std::collections::HashMap;

use chrono::NaiveDate;
use db::preview_cards::{self, CardReviewRow, PreviewCardRow};
use db::{AccountId, PgConnection};
use kv::Kv;
use kv::trend::{Day, History};
use serde::Serialize;

use crate::{Account, DayOfUse, PreviewCard, Urls, history_days};

/// A link with its use in the last seven days.
#[derive(Debug, Clone, Serialize)]
pub struct TrendsLink {
    #[serde(flatten)]
    pub card: PreviewCard,
    /// Newest first.
    pub history: Vec<DayOfUse>,
}

impl TrendsLink {
    /// In the order of `ids`; those that do not exist are left out. While Redis is away the days are told without use.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        kv: &Kv,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = preview_cards::load(conn, ids).await?;
        Ok(Self::build(conn, kv, urls, viewer, &rows).await?.into_iter().map(|(_, link)| link).collect())
    }

    async fn build(
        conn: &mut PgConnection,
        kv: &Kv,
        urls: &Urls,
        viewer: Option<AccountId>,
        rows: &[PreviewCardRow],
    ) -> Result<Vec<(i64, Self)>, sqlx::Error> {
        let authors: Vec<AccountId> = rows.iter().filter_map(|row| row.author_account_id).collect();
        let accounts = Account::load_map(conn, urls, viewer, &authors).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let histories = histories(kv, History::Link, &ids, urls.now().date()).await;
        let links = rows.iter().zip(histories).map(|(row, days)| {
            let card = PreviewCard::new(row, viewer, urls, &accounts);
            (row.id, Self { card, history: days.iter().map(DayOfUse::from).collect() })
        });
        Ok(links.collect())
    }
}

/// The same for those who decide what may trend.
#[derive(Debug, Clone, Serialize)]
pub struct AdminTrendsLink {
    #[serde(flatten)]
    pub link: TrendsLink,
    /// A number, unlike other ids.
    pub id: i64,
    pub requires_review: bool,
}

impl AdminTrendsLink {
    /// As [`TrendsLink::load_many`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        kv: &Kv,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = preview_cards::load(conn, ids).await?;
        let reviews = preview_cards::reviews(conn, ids).await?;
        let waiting: HashMap<i64, bool> = reviews.iter().map(|row| (row.id, CardReviewRow::requires_review(row))).collect();
        let links = TrendsLink::build(conn, kv, urls, viewer, &rows).await?;
        Ok(links
            .into_iter()
            .map(|(id, link)| Self { link, id, requires_review: waiting.get(&id).copied().unwrap_or_default() })
            .collect())
    }
}

/// For each of `ids` the days that are told; without use while Redis is away.
pub(crate) async fn histories(kv: &Kv, history: History, ids: &[i64], today: NaiveDate) -> Vec<Vec<Day>> {
    let days = history_days(today);
    kv::trend::history(kv, history, ids, &days).await.unwrap_or_else(|error| {
        tracing::warn!(%error, ?history, "use is not known");
        let quiet: Vec<Day> = days.iter().map(|day| Day { day: *day, uses: 0, accounts: 0 }).collect();
        vec![quiet; ids.len()]
    })
}
