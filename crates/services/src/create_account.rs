//! A new account of this server, with its user.

use activitypub::keys::NewKey;
use config::Config;
use db::uri::NUMERIC_SCHEME;
use db::{AccountId, UserId};
use sqlx::PgConnection;

use crate::error::{Error, Result, Validation};

const MAX_USERNAME: usize = 30;
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=72;
/// Devise's cost. Mastodon reads only `$2a$`.
const BCRYPT_COST: u32 = 10;

/// What somebody who signs up says.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub username: String,
    pub email: String,
    pub password: String,
    /// The address counts as confirmed; no mail is asked for.
    pub confirmed: bool,
    pub approved: bool,
    pub role_id: Option<i64>,
    pub locale: Option<String>,
    /// Skips reserved names and e-mail rules: an administrator on the command line.
    pub bypass_checks: bool,
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

/// Creates account and user. The caller commits, and sends the confirmation mail if one is needed.
///
/// # Errors
/// [`Error::Invalid`] with every complaint, in the order and words of the API (recorded: `rest/registration`).
pub async fn create_account(
    conn: &mut PgConnection,
    config: &Config,
    new: &NewAccount,
    credentials: Credentials,
) -> Result<Created> {
    validate(conn, config, new).await?;
    let account_id = sqlx::query_scalar!(
        r#"
        INSERT INTO accounts (username, private_key, public_key, id_scheme, created_at, updated_at)
        VALUES ($1, $2, $3, $4, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        new.username,
        credentials.key.private_pem,
        credentials.key.public_pem,
        NUMERIC_SCHEME
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(taken)?;
    let user_id = sqlx::query_scalar!(
        r#"
        INSERT INTO users (account_id, email, encrypted_password, confirmed_at, approved, role_id, locale, created_at, updated_at)
        VALUES ($1, $2, $3, CASE WHEN $4 THEN now() AT TIME ZONE 'utc' END, $5, $6, $7,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        account_id,
        new.email.trim().to_lowercase(),
        credentials.encrypted_password,
        new.confirmed,
        new.approved,
        new.role_id,
        new.locale
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(taken)?;
    Ok(Created { account_id, user_id })
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

async fn validate(conn: &mut PgConnection, config: &Config, new: &NewAccount) -> Result<()> {
    let mut validation = Validation { with_details: true, ..Validation::default() };
    let email = new.email.trim().to_lowercase();
    if email.is_empty() {
        validation.add("email", "E-mail address", "ERR_BLANK", "can't be blank");
    } else if sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM users WHERE email = $1) AS "taken!""#, email)
        .fetch_one(&mut *conn)
        .await?
    {
        validation.add("email", "E-mail address", "ERR_TAKEN", "has already been taken");
    }
    if new.password.is_empty() {
        validation.add("password", "Password", "ERR_BLANK", "can't be blank");
    } else if new.password.chars().count() < *PASSWORD_LENGTH.start() {
        validation.add("password", "Password", "ERR_TOO_SHORT", "is too short (minimum is 8 characters)");
    } else if new.password.chars().count() > *PASSWORD_LENGTH.end() {
        validation.add("password", "Password", "ERR_TOO_LONG", "is too long (maximum is 72 characters)");
    }
    validate_username(conn, new, &mut validation).await?;
    if !email.is_empty() && !is_address(&email) {
        validation.add("email", "E-mail address", "ERR_INVALID", "is invalid");
    } else if !new.bypass_checks && is_refused(config, &email) {
        validation.add("email", "E-mail address", "ERR_BLOCKED", "uses a disallowed e-mail provider");
    }
    validation.into_result()
}

async fn validate_username(conn: &mut PgConnection, new: &NewAccount, validation: &mut Validation) -> Result<()> {
    let name = &new.username;
    if name.is_empty() {
        validation.add("username", "Username", "ERR_BLANK", "can't be blank");
        return Ok(());
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        validation.add("username", "Username", "ERR_INVALID", "must contain only letters, numbers and underscores");
    }
    if name.chars().count() > MAX_USERNAME {
        validation.add("username", "Username", "ERR_TOO_LONG", "is too long (maximum is 30 characters)");
    }
    if name.contains('\0') {
        return Ok(());
    }
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM accounts WHERE lower(username) = lower($1) AND domain IS NULL) AS "taken!""#,
        name
    )
    .fetch_one(&mut *conn)
    .await?;
    if taken {
        validation.add("username", "Username", "ERR_TAKEN", "has already been taken");
    }
    if !new.bypass_checks && is_reserved(conn, name).await? {
        validation.add("username", "Username", "ERR_RESERVED", "is reserved");
    }
    Ok(())
}

/// Names that the administrator keeps back; look-alike digits count as the letters they stand for.
async fn is_reserved(conn: &mut PgConnection, name: &str) -> Result<bool> {
    let normalized: String = name.to_lowercase().chars().filter(|c| *c != '_').map(plain_letter).collect();
    let reserved = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
          SELECT 1 FROM username_blocks
          WHERE NOT allow_with_approval
            AND CASE WHEN exact THEN normalized_username = $1 ELSE position(normalized_username IN $1) > 0 END
        ) AS "reserved!"
        "#,
        normalized
    )
    .fetch_one(conn)
    .await?;
    Ok(reserved)
}

fn plain_letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// One `@`, something on both sides, none of the characters that break mail headers.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    email.len() <= 320
        && !local.is_empty()
        && !domain.is_empty()
        && !email.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | ',' | '"' | '<' | '>'))
        && !local.contains('@')
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}

fn is_refused(config: &Config, email: &str) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    let matches = |list: &[String]| list.iter().any(|known| domain == known || domain.ends_with(&format!(".{known}")));
    let federation = &config.federation;
    (!federation.email_domain_allowlist.is_empty() && !matches(&federation.email_domain_allowlist))
        || matches(&federation.email_domain_denylist)
}

#[cfg(test)]
mod tests {
    use super::{hash_password, is_address};

    #[test]
    fn a_password_is_hashed_in_the_form_that_devise_reads() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$2a$10$"), "{hash}");
        assert!(bcrypt::verify("correct horse", &hash).unwrap());
    }

    #[test]
    fn odd_addresses_are_no_addresses() {
        assert!(is_address("a@b.example"));
        for bad in ["", "a", "a@", "@b", "a b@c", "a%b@c.example", "a@.example", "a@b..example", "a\"@b.example"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
