//! Who may quote a status, once it stands: changing the rule, and taking a quote back.

use config::Config;
use db::counters::{StatusDelta, add_to_statuses};
use db::statuses::Visibility;
use db::users::UserSettings;
use db::{AccountId, StatusId};
use jobs::delivery::{FederateQuoteRevocation, FederateStatusUpdate};
use jobs::feed::DistributeEdit;
use sqlx::PgConnection;

use crate::draft::quotes;
use crate::error::{Error, Result};
use crate::subject;

/// `quotes.state`
const PENDING: i32 = 0;
const ACCEPTED: i32 = 1;
const REJECTED: i32 = 2;
const REVOKED: i32 = 3;

/// Sets who may quote a status of the account's own; without a word its preference counts. Makes no revision.
///
/// # Errors
/// [`Error::NotFoundPlain`] if it is not for the account's eyes, [`Error::Forbidden`] if it is somebody else's, 422
/// `Record invalid` for an unknown word.
pub async fn set_policy(
    conn: &mut PgConnection,
    config: &Config,
    account: AccountId,
    id: StatusId,
    word: Option<&str>,
) -> Result<()> {
    let status = subject::named(conn, account, id).await?;
    if status.account_id != account {
        return Err(Error::Forbidden);
    }
    let settings = sqlx::query_scalar!("SELECT settings FROM users WHERE account_id = $1", account).fetch_one(&mut *conn).await?;
    let settings = UserSettings::parse(settings.as_deref());
    let word = word.filter(|word| !word.is_empty()).unwrap_or_else(|| settings.default_quote_policy());
    let policy = quotes::policy(word, status.visibility)?;
    let changed = sqlx::query!(
        "UPDATE statuses SET quote_approval_policy = $2, updated_at = $3 WHERE id = $1 AND quote_approval_policy <> $2",
        id,
        policy,
        config.clock.now_naive()
    )
    .execute(&mut *conn)
    .await?;
    if changed.rows_affected() > 0 && status.visibility != Visibility::Limited {
        jobs::enqueue(conn, &DistributeEdit { status_id: id, skip_notifications: true }).await?;
        jobs::enqueue(conn, &FederateStatusUpdate { status_id: id }).await?;
    }
    Ok(())
}

/// The author of `quoted` wants it no longer to be shown in `quoting`.
///
/// # Errors
/// [`Error::NotFoundPlain`] if the quoted status is not for the account's eyes, [`Error::NotFound`] without such a quote,
/// [`Error::Forbidden`] for everybody but the quoted author.
pub async fn revoke(conn: &mut PgConnection, account: AccountId, quoted: StatusId, quoting: StatusId) -> Result<()> {
    let status = subject::named(conn, account, quoted).await?;
    let quote =
        sqlx::query!("SELECT id, state FROM quotes WHERE status_id = $1 AND quoted_status_id = $2 FOR UPDATE", quoting, quoted)
            .fetch_optional(&mut *conn)
            .await?
            .ok_or(Error::NotFound)?;
    if status.account_id != account {
        return Err(Error::Forbidden);
    }
    let state = match quote.state {
        ACCEPTED => REVOKED,
        PENDING => REJECTED,
        _ => return Ok(()),
    };
    sqlx::query!(
        "UPDATE quotes SET state = $2, approval_uri = NULL, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        quote.id,
        state
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &DistributeEdit { status_id: quoting, skip_notifications: true }).await?;
    jobs::enqueue(conn, &FederateStatusUpdate { status_id: quoting }).await?;
    if quote.state == ACCEPTED {
        jobs::enqueue(conn, &FederateQuoteRevocation { quote_id: quote.id }).await?;
        add_to_statuses(conn, &[StatusDelta { status_id: quoted, quotes: -1, ..StatusDelta::default() }]).await?;
    }
    Ok(())
}
