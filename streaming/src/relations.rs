//! Who must not see a public post: those with a block or mute between them and its author or the mentioned, or who block its domain.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use db::Db;

use crate::event::Status;
use crate::hub::Held;

/// Who may see one event.
pub(crate) struct Admission {
    asked: Arc<HashSet<i64>>,
    refused: HashSet<i64>,
}

impl Admission {
    /// False also for an account that came after the question: nothing is known about it.
    pub(crate) fn admits(&self, account_id: i64) -> bool {
        self.asked.contains(&account_id) && !self.refused.contains(&account_id)
    }
}

/// One for each of `held`, in its order, with one statement for all.
pub(crate) async fn admissions(db: &Db, held: &[Held], accounts: HashSet<i64>) -> Result<Vec<Admission>, sqlx::Error> {
    let statuses: Vec<Option<&Status>> = held.iter().map(|held| held.event.status.as_ref()).collect();
    let mut refused: HashMap<i32, HashSet<i64>> = HashMap::new();
    if statuses.iter().any(Option::is_some) && !accounts.is_empty() {
        for (number, account_id) in refusals(db, &statuses, &accounts).await? {
            refused.entry(number).or_default().insert(account_id);
        }
    }
    let asked = Arc::new(accounts);
    let numbers = 0i32..;
    Ok(held
        .iter()
        .zip(numbers)
        .map(|(_, number)| Admission { asked: Arc::clone(&asked), refused: refused.remove(&number).unwrap_or_default() })
        .collect())
}

/// Pairs of an event's number and an account that must not see it.
async fn refusals(db: &Db, statuses: &[Option<&Status>], accounts: &HashSet<i64>) -> Result<Vec<(i32, i64)>, sqlx::Error> {
    let accounts: Vec<i64> = accounts.iter().copied().collect();
    let (mut numbers, mut authors, mut domains) = (Vec::new(), Vec::new(), Vec::new());
    let (mut target_numbers, mut targets) = (Vec::new(), Vec::new());
    for (status, number) in statuses.iter().zip(0i32..) {
        let Some(status) = status else { continue };
        numbers.push(number);
        authors.push(status.author_id);
        domains.push(status.domain.clone().unwrap_or_default());
        for target in std::iter::once(&status.author_id).chain(&status.mentioned_ids) {
            target_numbers.push(number);
            targets.push(*target);
        }
    }
    let rows = sqlx::query!(
        r#"
        WITH
          event AS (SELECT * FROM unnest($1::int[], $2::bigint[], $3::text[]) AS event (number, author_id, domain)),
          target AS (SELECT * FROM unnest($4::int[], $5::bigint[]) AS target (number, account_id))
        SELECT target.number AS "number!", blocks.account_id AS "account_id!"
        FROM target JOIN blocks ON blocks.target_account_id = target.account_id
        WHERE blocks.account_id = ANY($6)
        UNION
        SELECT event.number, blocks.target_account_id
        FROM event JOIN blocks ON blocks.account_id = event.author_id
        WHERE blocks.target_account_id = ANY($6)
        UNION
        SELECT target.number, mutes.account_id
        FROM target JOIN mutes ON mutes.target_account_id = target.account_id
        WHERE mutes.account_id = ANY($6)
        UNION
        SELECT event.number, account_domain_blocks.account_id
        FROM event JOIN account_domain_blocks ON account_domain_blocks.domain = event.domain
        WHERE account_domain_blocks.account_id = ANY($6)
        "#,
        &numbers,
        &authors,
        &domains,
        &target_numbers,
        &targets,
        &accounts
    )
    .fetch_all(&mut *db.acquire().await?)
    .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.account_id)).collect())
}
