//! What staff change about a user without a rule of its own.

use config::Config;
use db::UserId;
use sqlx::PgConnection;

use crate::create_account::{check_email, mail_token};
use crate::error::Result;
use jobs::mail::{MailAddressChange, MailConfirmation};

/// Gives a role, or takes it away.
///
/// # Errors
/// The database's.
pub async fn set_role(conn: &mut PgConnection, user: UserId, role: Option<i64>) -> Result<()> {
    sqlx::query!("UPDATE users SET role_id = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1", user, role)
        .execute(conn)
        .await?;
    Ok(())
}

/// Signing in becomes impossible, or possible again. The caller ends the streams of a disabled account after the commit.
///
/// # Errors
/// The database's.
pub async fn set_disabled(conn: &mut PgConnection, user: UserId, disabled: bool) -> Result<()> {
    sqlx::query!("UPDATE users SET disabled = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1", user, disabled)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the second factors away: codes, backup codes and security keys.
///
/// # Errors
/// The database's.
pub async fn disable_two_factor(conn: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!(
        "UPDATE users SET otp_required_for_login = false, otp_secret = NULL, otp_backup_codes = NULL, consumed_timestep = NULL,
           updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1",
        user
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM webauthn_credentials WHERE user_id = $1", user).execute(conn).await?;
    Ok(())
}

/// Gives a user another address, which takes effect when its mail is answered; before the first confirmation at once.
///
/// # Errors
/// [`crate::Error::Invalid`] with what is wrong with the address.
pub async fn change_email(conn: &mut PgConnection, config: &Config, user: UserId, email: &str, bypass: bool) -> Result<()> {
    check_email(conn, config, user, email, bypass).await?;
    let email = email.trim().to_lowercase();
    let before =
        sqlx::query!("SELECT email, confirmed_at FROM users WHERE id = $1 FOR UPDATE", user).fetch_one(&mut *conn).await?;
    sqlx::query!(
        "UPDATE users SET email = CASE WHEN confirmed_at IS NULL THEN $2 ELSE email END,
           unconfirmed_email = CASE WHEN confirmed_at IS NOT NULL AND email <> $2 THEN $2 END,
           confirmation_token = $3, confirmation_sent_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc'
         WHERE id = $1",
        user,
        email,
        mail_token()?
    )
    .execute(&mut *conn)
    .await?;
    jobs::enqueue(conn, &MailConfirmation { user_id: user }).await?;
    if before.confirmed_at.is_some() && before.email != email {
        jobs::enqueue(conn, &MailAddressChange { user_id: user, from: before.email, to: email }).await?;
    }
    Ok(())
}
