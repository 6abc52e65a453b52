//! What trends, scored anew every five minutes. A run that ends early is made up for by the next.

mod links;
mod score;
mod statuses;
mod tags;

use chrono::{DateTime, Days, Utc};
use kv::trend::{self, Candidate, History};

use crate::context::Context;
use crate::registry::JobError;

/// Things that are looked at together.
const PIECE: usize = 1_000;

/// While Redis is away, everything stays as it is.
pub(super) async fn run(context: &Context) -> Result<(), JobError> {
    let now = context.clock.now();
    let used = async {
        Ok::<_, kv::Error>((
            trend::candidates(&context.kv, Candidate::Link, now).await?,
            trend::candidates(&context.kv, Candidate::Tag, now).await?,
            trend::candidates(&context.kv, Candidate::Status, now).await?,
        ))
    };
    let (links, tags, statuses) = match used.await {
        Ok(used) => used,
        Err(error) => {
            tracing::warn!(target: "ferrodon", %error, "trends are not refreshed");
            return Ok(());
        }
    };
    links::refresh(context, links, now).await?;
    tags::refresh(context, tags, now).await?;
    statuses::refresh(context, statuses, now).await?;
    Ok(())
}

/// Distinct accounts that used each of `ids` yesterday and today.
async fn uses(context: &Context, history: History, ids: &[i64], now: DateTime<Utc>) -> Result<Vec<(u64, u64)>, kv::Error> {
    let today = now.date_naive();
    let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
    let days = trend::history(&context.kv, history, ids, &[yesterday, today]).await?;
    Ok(days
        .iter()
        .map(|days| match days.as_slice() {
            [yesterday, today] => (yesterday.accounts, today.accounts),
            _ => (0, 0),
        })
        .collect())
}

/// In order, so that no two transactions wait for each other.
fn sorted(mut ids: Vec<i64>, others: Vec<i64>) -> Vec<i64> {
    ids.extend(others);
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The rows that go into a table of trends, column by column.
#[derive(Debug, Default)]
struct Kept {
    ids: Vec<i64>,
    scores: Vec<f64>,
    allowed: Vec<bool>,
    languages: Vec<Option<String>>,
}

impl Kept {
    fn add(&mut self, id: i64, score: f64, allowed: bool, language: Option<String>) {
        self.ids.push(id);
        self.scores.push(score);
        self.allowed.push(allowed);
        self.languages.push(language);
    }
}

/// Best scores that were beaten.
#[derive(Debug, Default)]
struct Peaks {
    ids: Vec<i64>,
    scores: Vec<f64>,
}
