//! Statuses that wait for their time.

use db::{AccountId, PgConnection, media_attachments};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::timestamp::Millis;
use crate::{Id, MediaAttachment, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct ScheduledStatus {
    pub id: Id,
    pub scheduled_at: Option<Millis>,
    /// What was sent, by the names of the columns that it will fill.
    pub params: Map<String, Value>,
    pub media_attachments: Vec<MediaAttachment>,
}

impl ScheduledStatus {
    /// In the order of `ids`; those of other accounts are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        account: AccountId,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"
            SELECT s.id AS "id!", s.scheduled_at, s.params
            FROM UNNEST($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN scheduled_statuses s ON s.id = asked.id
            WHERE s.account_id = $2
            ORDER BY asked.place
            "#,
            ids,
            account,
        )
        .fetch_all(&mut *conn)
        .await?;
        let files = media_attachments::of_scheduled_statuses(conn, ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| Self {
                id: Id(row.id),
                scheduled_at: row.scheduled_at.map(Millis),
                params: params(row.params),
                media_attachments: files
                    .iter()
                    .filter(|file| file.scheduled_status_id == Some(row.id))
                    .map(|file| MediaAttachment::new(file, urls))
                    .collect(),
            })
            .collect())
    }
}

/// The stored parameters, with the quoted id as text and the quote policy by its name.
fn params(stored: Option<Value>) -> Map<String, Value> {
    let Some(Value::Object(mut params)) = stored else { return Map::new() };
    let quoted = params.get("quoted_status_id").and_then(|id| id.as_i64().map(|id| id.to_string()));
    if let Some(id) = quoted {
        params.insert("quoted_status_id".to_owned(), id.into());
    }
    let policy = match params.get("quote_approval_policy").and_then(Value::as_i64).unwrap_or(0) >> 16 {
        2 => "public",
        4 => "followers",
        8 => "following",
        1 => "unsupported_policy",
        _ => "nobody",
    };
    params.insert("quote_approval_policy".to_owned(), policy.into());
    params
}
