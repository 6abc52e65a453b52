//! Looks for links back to the profile on the pages it names.

use http_client::{Get, Kind, Url};
use jobs::account::VerifyLinks;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::registry::JobError;

/// Fields with longer addresses are not looked at.
const LONGEST: usize = 2048;

struct AccountRow {
    username: String,
    domain: Option<String>,
    url: Option<String>,
    uri: String,
    fields: Option<Value>,
}

pub(crate) async fn run(context: &Context, job: VerifyLinks) -> Result<(), JobError> {
    let row = sqlx::query_as!(
        AccountRow,
        "SELECT username, domain, url, uri, fields FROM accounts WHERE id = $1 AND suspended_at IS NULL",
        job.account_id
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?
    .ok_or(JobError::Discard("the account is gone or suspended"))?;
    let Some(Value::Array(before)) = row.fields.clone() else { return Ok(()) };
    let profile = match row.domain {
        None => context.renderer.uris.account_page(&row.username),
        Some(_) => row.url.clone().filter(|url| !url.is_empty()).unwrap_or(row.uri),
    };
    let local = row.domain.is_none();
    let mut after = before.clone();
    for field in &mut after {
        let Value::Object(field) = field else { continue };
        let Some(url) = link(field, local) else { continue };
        if leads_back(context, &url, &profile).await {
            let now = context.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            field.insert("verified_at".to_owned(), Value::String(now));
        }
    }
    if before == after {
        return Ok(());
    }
    // Unless the profile has changed meanwhile; then this is done again.
    sqlx::query!(
        "UPDATE accounts SET fields = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1 AND fields = $3",
        job.account_id,
        Value::Array(after),
        Value::Array(before)
    )
    .execute(&mut *context.db.acquire().await?)
    .await?;
    Ok(())
}

/// The address in a field that is not verified: plain text of ours, a link in the HTML of others.
fn link(field: &Map<String, Value>, local: bool) -> Option<String> {
    if field.get("verified_at").is_some_and(|at| !at.is_null()) {
        return None;
    }
    let value = field.get("value")?.as_str()?;
    let url = if local { value.trim().to_owned() } else { text::rel_me::first_link(value)? };
    let parsed = Url::parse(&url).ok()?;
    (url.len() <= LONGEST && matches!(parsed.scheme(), "http" | "https")).then_some(url)
}

async fn leads_back(context: &Context, url: &str, profile: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match context.http.get(Get::new(&url, Kind::Page).accept("text/html").truncate()).await {
        Ok(answer) => text::rel_me::links_to(&String::from_utf8_lossy(&answer.body), profile),
        Err(_) => false,
    }
}
