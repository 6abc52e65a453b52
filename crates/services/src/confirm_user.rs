//! An address was confirmed; and what happens once, when somebody has become a member.

use std::time::Duration;

use db::{AccountId, UserId};
use jobs::account::BootstrapTimeline;
use jobs::mail::{MailConfirmation, MailPendingAccount, MailWelcome};
use sqlx::PgConnection;

use crate::create_account::mail_token;
use crate::error::Result;

/// Devise's `confirm_within`, in days.
pub const LINK_DAYS: i32 = 2;

/// Mastodon lets people look around first.
const WELCOME_AFTER: Duration = Duration::from_hours(1);

/// Sends the letter with the link once more: the same link while it is valid, so that both letters work; else a new one.
///
/// # Errors
/// The database's; or the system gives no random bytes.
pub async fn ask_for_confirmation(conn: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!(
        "UPDATE users SET confirmation_token = $2, confirmation_sent_at = now() AT TIME ZONE 'utc',
           updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1 AND (confirmation_token IS NULL OR confirmation_sent_at IS NULL
           OR confirmation_sent_at < now() AT TIME ZONE 'utc' - make_interval(days => $3))",
        user,
        mail_token()?,
        LINK_DAYS
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &MailConfirmation { user_id: user }).await?;
    Ok(())
}

/// Confirms the address that waits for it: the first one, or the one that shall replace it. Returns false if none waits.
///
/// # Errors
/// [`crate::Error::Db`]; a unique violation if somebody else has the new address meanwhile.
pub async fn confirm_user(conn: &mut PgConnection, user: UserId) -> Result<bool> {
    let before =
        sqlx::query!("SELECT account_id, approved, confirmed_at, unconfirmed_email FROM users WHERE id = $1 FOR UPDATE", user)
            .fetch_one(&mut *conn)
            .await?;
    if before.confirmed_at.is_some() && before.unconfirmed_email.is_none() {
        return Ok(false);
    }
    sqlx::query!(
        "UPDATE users SET email = COALESCE(unconfirmed_email, email), unconfirmed_email = NULL,
           confirmed_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1",
        user
    )
    .execute(&mut *conn)
    .await?;
    if before.confirmed_at.is_none() {
        if before.approved {
            prepare_new_user(conn, user, before.account_id).await?;
        } else {
            jobs::enqueue(conn, &MailPendingAccount { user_id: user }).await?;
        }
    }
    Ok(true)
}

/// First follows, the staff's notification and the welcome mail of a user who is confirmed and approved.
///
/// # Errors
/// The database's.
pub(crate) async fn prepare_new_user(conn: &mut PgConnection, user: UserId, account: AccountId) -> Result<()> {
    jobs::enqueue(conn, &BootstrapTimeline { account_id: account }).await?;
    jobs::enqueue_in(conn, &MailWelcome { user_id: user }, WELCOME_AFTER).await?;
    Ok(())
}
