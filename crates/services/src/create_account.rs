//! A new account of this server, with its user.

mod validate;

use std::net::IpAddr;

use activitypub::keys::NewKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use config::Config;
use db::settings::Settings;
use db::uri::NUMERIC_SCHEME;
use db::{AccountId, ApplicationId, UserId};
use ipnetwork::IpNetwork;
use jobs::mail::MailConfirmation;
use sqlx::PgConnection;

use crate::confirm_user::prepare_new_user;
use crate::error::{Error, Result, Validation};

pub use http_client::MailServers;
pub use validate::{check_email, forces_approval, provider_rules};

/// Devise's cost. Mastodon reads only `$2a$`.
const BCRYPT_COST: u32 = 10;

/// What somebody who signs up says.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password: String,
    /// The address counts as confirmed; no mail is asked for.
    pub confirmed: bool,
    pub approved: bool,
    pub role_id: Option<i64>,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    /// A row of `accounts` without a user that becomes theirs: left over from an account that was deleted.
    pub reattach_to: Option<AccountId>,
    /// Skips reserved names and e-mail rules: an administrator on the command line.
    pub bypass_checks: bool,
    /// Who takes letters for the domain of the address.
    pub mail_servers: MailServers,
    /// What only people who sign up themselves say.
    pub sign_up: Option<SignUp>,
}

/// What is asked of people who sign up themselves.
#[derive(Debug, Clone, Default)]
pub struct SignUp {
    pub agreement: bool,
    pub reason: Option<String>,
    pub date_of_birth: Option<NaiveDate>,
    pub ip: Option<IpAddr>,
    pub application_id: Option<ApplicationId>,
    pub invite_id: Option<i64>,
    /// The day on which they sign up, in UTC: for their age.
    pub today: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    pub account_id: AccountId,
    pub user_id: UserId,
}

/// The parts that cost time: made before the transaction, off the async threads.
pub struct Credentials {
    key: NewKey,
    encrypted_password: String,
}

impl Credentials {
    /// A key pair and the password's hash: about 150 ms of one core.
    ///
    /// # Errors
    /// No key can be made, or the password holds a NUL.
    pub async fn prepare(password: &str) -> Result<Self> {
        let password = password.to_owned();
        tokio::task::spawn_blocking(move || {
            Ok(Self { key: NewKey::generate().map_err(anyhow::Error::from)?, encrypted_password: hash_password(&password)? })
        })
        .await
        .map_err(anyhow::Error::from)?
    }
}

/// bcrypt as Devise writes it. Takes about 60 ms: never on an async thread.
///
/// # Errors
/// The password holds a NUL.
pub fn hash_password(password: &str) -> Result<String> {
    let hash = bcrypt::non_truncating_hash_with_result(password, BCRYPT_COST)
        .or_else(|_| bcrypt::hash_with_result(password, BCRYPT_COST))
        .map_err(anyhow::Error::from)?;
    Ok(hash.format_for_version(bcrypt::Version::TwoA))
}

/// 32 characters that nobody guesses, as `tootctl` gives them out.
///
/// # Errors
/// The system gives no random bytes.
pub fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(hex::encode(bytes))
}

/// A token that travels in a link of a mail.
///
/// # Errors
/// The system gives no random bytes.
pub fn mail_token() -> Result<String> {
    let mut bytes = [0; 15];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Creates account and user, and asks for the confirmation mail where one is needed. The caller commits.
///
/// # Errors
/// [`Error::Invalid`] with every complaint, in the order and words of the API (recorded: `rest/registration`).
pub async fn create_account(
    conn: &mut PgConnection,
    config: &Config,
    settings: &Settings,
    new: &NewAccount,
    credentials: Credentials,
) -> Result<Created> {
    validate::check(conn, config, settings, new).await?;
    let account_id = insert_account(conn, new, &credentials.key).await?;
    let user_id = insert_user(conn, new, account_id, &credentials.encrypted_password).await?;
    if let Some(reason) = new.sign_up.as_ref().and_then(|sign_up| sign_up.reason.as_deref()) {
        sqlx::query!(
            "INSERT INTO user_invite_requests (user_id, text, created_at, updated_at)
             VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')",
            user_id,
            reason
        )
        .execute(&mut *conn)
        .await?;
    }
    if new.confirmed {
        if new.approved {
            prepare_new_user(conn, user_id, account_id).await?;
        }
    } else {
        jobs::enqueue(conn, &MailConfirmation { user_id }).await?;
    }
    Ok(Created { account_id, user_id })
}

async fn insert_account(conn: &mut PgConnection, new: &NewAccount, key: &NewKey) -> Result<AccountId> {
    if let Some(account_id) = new.reattach_to {
        sqlx::query!(
            r#"
            UPDATE accounts SET suspended_at = NULL, suspension_origin = NULL, updated_at = now() AT TIME ZONE 'utc',
              private_key = COALESCE(NULLIF(private_key, ''), $2),
              public_key = CASE WHEN COALESCE(private_key, '') = '' THEN $3 ELSE public_key END
            WHERE id = $1
            "#,
            account_id,
            key.private_pem,
            key.public_pem
        )
        .execute(&mut *conn)
        .await?;
        sqlx::query!("DELETE FROM account_deletion_requests WHERE account_id = $1", account_id).execute(conn).await?;
        return Ok(account_id);
    }
    sqlx::query_scalar!(
        r#"
        INSERT INTO accounts (username, private_key, public_key, id_scheme, created_at, updated_at)
        VALUES ($1, $2, $3, $4, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        new.username,
        key.private_pem,
        key.public_pem,
        NUMERIC_SCHEME
    )
    .fetch_one(conn)
    .await
    .map_err(taken)
}

async fn insert_user(conn: &mut PgConnection, new: &NewAccount, account_id: AccountId, password: &str) -> Result<UserId> {
    let sign_up = new.sign_up.clone().unwrap_or_default();
    let token = if new.confirmed { None } else { Some(mail_token()?) };
    sqlx::query_scalar!(
        r#"
        INSERT INTO users (account_id, email, encrypted_password, confirmed_at, confirmation_token, confirmation_sent_at, approved,
          role_id, locale, time_zone, sign_up_ip, created_by_application_id, invite_id, age_verified_at, created_at, updated_at)
        VALUES ($1, $2, $3, CASE WHEN $4 THEN now() AT TIME ZONE 'utc' END, $5,
          CASE WHEN NOT $4 THEN now() AT TIME ZONE 'utc' END, $6, $7, $8, $9, $10, $11, $12,
          CASE WHEN $13 THEN now() AT TIME ZONE 'utc' END, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        account_id,
        new.email.trim().to_lowercase(),
        password,
        new.confirmed,
        token,
        new.approved,
        new.role_id,
        new.locale,
        new.time_zone,
        sign_up.ip.map(IpNetwork::from),
        sign_up.application_id,
        sign_up.invite_id,
        sign_up.date_of_birth.is_some()
    )
    .fetch_one(conn)
    .await
    .map_err(taken)
}

/// Two sign-ups may meet between check and insert; the database decides.
fn taken(error: sqlx::Error) -> Error {
    let Some(constraint) = error.as_database_error().and_then(|error| error.constraint().map(str::to_owned)) else {
        return error.into();
    };
    let mut validation = Validation { with_details: true, ..Validation::default() };
    match constraint.as_str() {
        "index_users_on_email" => validation.add("email", "E-mail address", "ERR_TAKEN", "has already been taken"),
        "index_accounts_on_username_and_domain_lower" => {
            validation.add("username", "Username", "ERR_TAKEN", "has already been taken");
        }
        _ => return error.into(),
    }
    validation.into()
}

#[cfg(test)]
mod tests {
    use super::hash_password;

    #[test]
    fn a_password_is_hashed_in_the_form_that_devise_reads() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$2a$10$"), "{hash}");
        assert!(bcrypt::verify("correct horse", &hash).unwrap());
    }
}
