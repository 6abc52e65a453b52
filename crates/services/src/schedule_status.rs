//! Statuses that are to be posted later.

use chrono::{Duration, NaiveDateTime};
use config::Config;
use db::{AccountId, StatusId};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use crate::draft::idempotency;
use crate::draft::polls::PollDraft;
use crate::error::{Error, Result, Validation};
use crate::post_status::{Draft, Posted, author_row, check, post_status};

const EARLIEST: Duration = Duration::minutes(5);
const MAX_TOTAL: i64 = 300;
const MAX_A_DAY: i64 = 25;

/// The draft waits until `at`. Returns the id of its row.
///
/// # Errors
/// 422 `Record invalid` for a draft that could not be posted now, the refusals of
/// [`post_status`](crate::post_status::post_status) for what it refers to, and 422 for a time too near or too much that waits.
pub async fn schedule_status(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    draft: &Draft,
    at: NaiveDateTime,
) -> Result<i64> {
    let author = author_row(conn, account).await?;
    let unlimited = Draft { allowed_mentions: None, ..draft.clone() };
    let checked = check(conn, config, &author, &unlimited).await.map_err(|error| match error {
        Error::Invalid(_) => Error::unprocessable("Record invalid"),
        other => other,
    })?;
    check_time(conn, config, account, None, at).await?;
    idempotency::schedule_once(conn, account, draft.idempotency_key.as_deref()).await?;
    let id = sqlx::query_scalar!(
        "INSERT INTO scheduled_statuses (account_id, scheduled_at, params) VALUES ($1, $2, $3) RETURNING id",
        account,
        at,
        params(draft, checked.quote_policy)
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE media_attachments SET scheduled_status_id = $1, updated_at = now() AT TIME ZONE 'utc' WHERE id = ANY($2)",
        id,
        &checked.media
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// Moves a waiting status of the account; without `at` it stays, but must still lie ahead.
///
/// # Errors
/// [`Error::NotFound`]; 422 for a time too near or a day that is full.
pub async fn reschedule(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    id: i64,
    at: Option<NaiveDateTime>,
) -> Result<()> {
    let row =
        sqlx::query!("SELECT scheduled_at FROM scheduled_statuses WHERE id = $1 AND account_id = $2 FOR UPDATE", id, account)
            .fetch_optional(&mut *conn)
            .await?
            .ok_or(Error::NotFound)?;
    let at = at.or(row.scheduled_at).ok_or_else(|| Error::unprocessable("Record invalid"))?;
    check_time(conn, config, account, Some(id), at).await?;
    sqlx::query!("UPDATE scheduled_statuses SET scheduled_at = $2 WHERE id = $1", id, at).execute(conn).await?;
    Ok(())
}

/// Drops a waiting status; its media are free again.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn unschedule(conn: &mut PgConnection, account: AccountId, id: i64) -> Result<()> {
    let gone =
        sqlx::query!("DELETE FROM scheduled_statuses WHERE id = $1 AND account_id = $2", id, account).execute(conn).await?;
    if gone.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Posts what waits under this id, in place of its row. `None` if it is not there any more, or its author may not post.
///
/// # Errors
/// As [`post_status`](crate::post_status::post_status); the row then still stands, unless the caller removes it.
pub async fn publish(conn: &mut PgConnection, config: &Config, id: i64) -> Result<Option<Posted>> {
    let row = sqlx::query!("DELETE FROM scheduled_statuses WHERE id = $1 RETURNING account_id, params", id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let may_post = sqlx::query_scalar!(
        r#"
        SELECT 1 FROM users u JOIN accounts a ON a.id = u.account_id
        WHERE a.id = $1 AND NOT u.disabled AND a.suspended_at IS NULL AND NOT a.memorial AND a.moved_to_account_id IS NULL
        "#,
        row.account_id
    )
    .fetch_optional(&mut *conn)
    .await?;
    match may_post {
        Some(_) => post_status(conn, config, row.account_id, &draft(row.params.as_ref())).await.map(Some),
        None => Ok(None),
    }
}

async fn check_time(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    own: Option<i64>,
    at: NaiveDateTime,
) -> Result<()> {
    let mut found = Validation::default();
    if at <= config.clock.now_naive() + EARLIEST {
        found.messages.push("Scheduled at date must be in the future".to_owned());
    }
    // Two at a time must not both find the last free place.
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account).fetch_optional(&mut *conn).await?;
    let waiting = sqlx::query!(
        r#"
        SELECT count(*) AS "total!", count(*) FILTER (WHERE scheduled_at::date = $2::timestamp::date) AS "of_day!"
        FROM scheduled_statuses WHERE account_id = $1 AND id IS DISTINCT FROM $3
        "#,
        account,
        at,
        own
    )
    .fetch_one(conn)
    .await?;
    if waiting.total >= MAX_TOTAL {
        found.messages.push(format!("You have exceeded the limit of {MAX_TOTAL} scheduled posts"));
    }
    if waiting.of_day >= MAX_A_DAY {
        found.messages.push(format!("You have exceeded the limit of {MAX_A_DAY} scheduled posts for today"));
    }
    found.into_result()
}

/// In the form in which Mastodon keeps them, so that it could post them.
fn params(draft: &Draft, quote_policy: i32) -> Value {
    json!({
        "text": draft.text,
        "quote_approval_policy": quote_policy,
        "media_ids": (!draft.media_ids.is_empty()).then_some(&draft.media_ids),
        "sensitive": draft.sensitive,
        "spoiler_text": draft.spoiler_text,
        "visibility": draft.visibility,
        "language": draft.language,
        "scheduled_at": null,
        "poll": draft.poll.as_ref().map(poll_params),
        "allowed_mentions": draft.allowed_mentions.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "idempotency": null,
        "with_rate_limit": false,
        "in_reply_to_id": draft.in_reply_to_id,
        "application_id": draft.application_id,
        "quoted_status_id": draft.quoted_status_id,
    })
}

fn poll_params(poll: &PollDraft) -> Value {
    let mut map = Map::new();
    map.insert("options".to_owned(), json!(poll.options));
    if let Some(seconds) = poll.expires_in {
        map.insert("expires_in".to_owned(), seconds.into());
    }
    for (name, flag) in [("multiple", poll.multiple), ("hide_totals", poll.hide_totals)] {
        if flag {
            map.insert(name.to_owned(), true.into());
        }
    }
    Value::Object(map)
}

/// Whoever wrote the row: numbers may be texts and flags may be `"1"`.
fn draft(params: Option<&Value>) -> Draft {
    let field = |name: &str| params.and_then(|params| params.get(name)).filter(|value| !value.is_null());
    let text = |name: &str| field(name).and_then(Value::as_str).map(str::to_owned);
    let policy = field("quote_approval_policy").and_then(Value::as_i64).map(|bits| match bits >> 16 {
        bits if bits & 2 != 0 => "public",
        bits if bits & 4 != 0 => "followers",
        _ => "nobody",
    });
    Draft {
        text: text("text").unwrap_or_default(),
        spoiler_text: text("spoiler_text"),
        visibility: text("visibility"),
        sensitive: field("sensitive").map(is_true),
        language: text("language"),
        in_reply_to_id: field("in_reply_to_id").and_then(number),
        media_ids: list(field("media_ids"), |id| id.as_str().map(str::to_owned).or_else(|| Some(id.as_i64()?.to_string()))),
        poll: field("poll").map(|poll| PollDraft {
            options: list(poll.get("options"), |option| option.as_str().map(str::to_owned)),
            expires_in: poll.get("expires_in").and_then(number),
            multiple: poll.get("multiple").is_some_and(is_true),
            hide_totals: poll.get("hide_totals").is_some_and(is_true),
        }),
        quoted_status_id: field("quoted_status_id").and_then(number),
        quote_approval_policy: policy.map(str::to_owned),
        application_id: field("application_id").and_then(number),
        allowed_mentions: field("allowed_mentions").map(|ids| list::<StatusId>(Some(ids), number)),
        ..Draft::default()
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "" | "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF"),
        _ => false,
    }
}

fn list<T>(value: Option<&Value>, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    value.and_then(Value::as_array).map(|items| items.iter().filter_map(read).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{draft, params};
    use crate::draft::polls::PollDraft;
    use crate::post_status::Draft;

    #[test]
    fn a_draft_comes_back_as_it_was_kept() {
        let kept = Draft {
            text: "later".to_owned(),
            media_ids: vec!["7".to_owned()],
            quoted_status_id: Some(9),
            poll: Some(PollDraft { options: vec!["a".to_owned()], expires_in: Some(600), multiple: true, hide_totals: false }),
            ..Draft::default()
        };
        let back = draft(Some(&params(&kept, 4 << 16)));
        assert_eq!(
            (back.text.as_str(), back.media_ids.as_slice(), back.quoted_status_id),
            ("later", &["7".to_owned()][..], Some(9))
        );
        assert_eq!(back.quote_approval_policy.as_deref(), Some("followers"));
        assert!(back.poll.is_some_and(|poll| poll.multiple && poll.expires_in == Some(600)));
    }

    #[test]
    fn what_a_form_left_behind_is_read_too() {
        let back = draft(Some(
            &json!({"text": "x", "sensitive": "1", "in_reply_to_id": "12", "poll": {"options": ["a"], "expires_in": "60"}}),
        ));
        assert_eq!((back.sensitive, back.in_reply_to_id), (Some(true), Some(12)));
        assert_eq!(back.poll.and_then(|poll| poll.expires_in), Some(60));
    }
}
