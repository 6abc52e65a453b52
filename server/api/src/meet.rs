//! Getting to know accounts of other servers while a client waits: a few at a time, and not for long.

use std::time::Duration;

use activitypub::resolve_account::ResolveError;
use chrono::TimeDelta;
use db::{AccountId, StatusId};
use futures_util::StreamExt as _;
use http::StatusCode;
use http_client::{FetchError, Refusal};
use services::search_accounts::{Search, remote_handle};
use shared::{ApiResult, App, Error};

const AT_A_TIME: usize = 4;
const PATIENCE: Duration = Duration::from_secs(8);
/// How long the pictures may take that the worker fetches.
const PATIENCE_FOR_FILES: Duration = Duration::from_secs(2);
/// What came longer ago has its files, or they cannot be had.
const NEW: TimeDelta = TimeDelta::seconds(10);

/// Looks the handles (`user@domain`) up. Those that cannot be had in time stay unknown.
pub(crate) async fn by_handles(app: &App, handles: Vec<String>) {
    let lookups = futures_util::stream::iter(handles).for_each_concurrent(AT_A_TIME, |handle| {
        let resolver = &app.resolver;
        async move {
            if let Err(error) = resolver.resolve(&handle).await {
                tracing::debug!(%error, handle, "a mentioned account was not found");
            }
        }
    });
    if tokio::time::timeout(PATIENCE, lookups).await.is_err() {
        tracing::debug!("not all mentioned accounts were found in time");
    }
}

/// Looks up whom a search names that may be on another server, and waits a moment for their pictures.
///
/// # Errors
/// As [`by_handle`].
pub(crate) async fn searched(app: &App, search: &mut Search) -> ApiResult<()> {
    let handle = remote_handle(&search.text, |domain| app.urls.is_local_domain(domain));
    if let Some(handle) = handle.filter(|_| search.offset == 0) {
        search.resolved = by_handle(app, &handle).await?;
        files(app, search.resolved.as_slice(), &[]).await?;
    }
    Ok(())
}

/// The account of one handle that somebody searches for. `None`: nobody has it.
///
/// # Errors
/// 503 when its server cannot be reached, 422 when it may not be or its answer is too large (recorded:
/// `discover/refuse_bad_tls_name`, `discover/refuse_huge_document`).
async fn by_handle(app: &App, handle: &str) -> ApiResult<Option<AccountId>> {
    let unreachable = || Error::new(StatusCode::SERVICE_UNAVAILABLE, "Remote data could not be fetched");
    let Ok(found) = tokio::time::timeout(PATIENCE, app.resolver.resolve(handle)).await else { return Err(unreachable()) };
    match found {
        Ok(id) => Ok(Some(id)),
        Err(ResolveError::Db(error)) => Err(error.into()),
        Err(ResolveError::Jobs(error)) => Err(anyhow::Error::from(error).into()),
        Err(ResolveError::Fetch(FetchError::Unreachable(_) | FetchError::Refused(Refusal::Redirects(_)))) => Err(unreachable()),
        Err(ResolveError::Fetch(
            error @ (FetchError::TooLarge | FetchError::Refused(Refusal::Address(_) | Refusal::HiddenService)),
        )) => Err(Error::unprocessable(error.to_string())),
        Err(error) => {
            tracing::debug!(%error, handle, "an account was not found");
            Ok(None)
        }
    }
}

/// Gives the worker a moment to fetch pictures, emoji and media of what has just been met, since nothing tells the client
/// later that they have come.
pub(crate) async fn files(app: &App, accounts: &[AccountId], statuses: &[StatusId]) -> ApiResult<()> {
    let end = tokio::time::Instant::now() + PATIENCE_FOR_FILES;
    let mut waiting = app.arrivals.wait(&app.db);
    while is_without_files(app, accounts, statuses).await? && waiting.next(end).await {}
    Ok(())
}

async fn is_without_files(app: &App, accounts: &[AccountId], statuses: &[StatusId]) -> ApiResult<bool> {
    let since = app.clock.now_naive() - NEW;
    Ok(sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
          SELECT 1 FROM accounts a
          WHERE a.id = ANY($1) AND a.domain IS NOT NULL AND a.suspended_at IS NULL AND a.last_webfingered_at > $3
            AND ((a.avatar_remote_url <> '' AND a.avatar_file_name IS NULL)
              OR (a.header_remote_url <> '' AND a.header_file_name IS NULL)
              OR EXISTS (SELECT 1 FROM regexp_matches(concat_ws(' ', a.display_name, a.note), ':([a-zA-Z0-9_]{2,}):', 'g') AS m (parts)
                         WHERE NOT EXISTS (SELECT 1 FROM custom_emojis e WHERE e.domain = a.domain AND e.shortcode = m.parts[1])))
        ) OR EXISTS (
          SELECT 1 FROM media_attachments m
          WHERE m.status_id = ANY($2) AND m.remote_url <> '' AND m.file_file_name IS NULL AND m.created_at > $3
        ) AS "waits!"
        "#,
        accounts,
        statuses,
        since
    )
    .fetch_one(&mut *app.db.acquire().await?)
    .await?)
}
