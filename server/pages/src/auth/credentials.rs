//! Passwords and second factors against what Devise stored.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDateTime, Utc};
use config::Secrets;
use db::encryption::Encryption;
use db::{PgConnection, UserId};
use tokio::sync::Semaphore;
use totp_rs::{Builder, Secret};

/// Hash of a random text that was thrown away, so that no password fits: an address without a user takes as long as one with.
const NOBODY: &str = "$2a$10$X2DJiZQ/0Hz9ffTIuYzeVeXNXQqiuSM8LgxN5xGV3lPdhc5xWoldS";
/// bcrypt reads no more.
const MAX_PASSWORD: usize = 72;

/// Hashing fills a core for 60 ms; more at once than cores only makes all wait longer.
static AT_WORK: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)));

/// A user as signing in sees it.
#[derive(Debug, Clone)]
pub(super) struct LoginRow {
    pub(super) id: UserId,
    pub(super) account_id: i64,
    pub(super) encrypted_password: String,
    pub(super) otp_required_for_login: bool,
    pub(super) otp_secret: Option<String>,
    pub(super) otp_backup_codes: Option<Vec<String>>,
    pub(super) consumed_timestep: Option<i32>,
    pub(super) current_sign_in_at: Option<NaiveDateTime>,
    pub(super) updated_at: NaiveDateTime,
    pub(super) memorial: bool,
}

pub(super) async fn find_by_email(conn: &mut PgConnection, email: &str) -> Result<Option<LoginRow>, sqlx::Error> {
    sqlx::query_as!(
        LoginRow,
        "SELECT u.id, u.account_id, u.encrypted_password, u.otp_required_for_login, u.otp_secret, u.otp_backup_codes,
                u.consumed_timestep, u.current_sign_in_at, u.updated_at, a.memorial
           FROM users u
           JOIN accounts a ON a.id = u.account_id
          WHERE u.email = $1",
        email.trim().to_lowercase()
    )
    .fetch_optional(conn)
    .await
}

pub(super) async fn find(conn: &mut PgConnection, id: UserId) -> Result<Option<LoginRow>, sqlx::Error> {
    sqlx::query_as!(
        LoginRow,
        "SELECT u.id, u.account_id, u.encrypted_password, u.otp_required_for_login, u.otp_secret, u.otp_backup_codes,
                u.consumed_timestep, u.current_sign_in_at, u.updated_at, a.memorial
           FROM users u
           JOIN accounts a ON a.id = u.account_id
          WHERE u.id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// Whether this is the user's password. Takes the same time without a user. Users who sign in elsewhere have no hash.
pub(super) async fn password_fits(user: Option<&LoginRow>, password: &str) -> anyhow::Result<bool> {
    let hash = user.map(|user| user.encrypted_password.as_str()).filter(|hash| !hash.is_empty());
    let known = hash.is_some();
    let fits = hash_fits(hash.unwrap_or(NOBODY), password).await?;
    Ok(known && fits)
}

async fn hash_fits(hash: &str, password: &str) -> anyhow::Result<bool> {
    let (hash, password) = (hash.to_owned(), first_bytes(password));
    let _place = AT_WORK.acquire().await?;
    Ok(tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash).unwrap_or(false)).await?)
}

fn first_bytes(password: &str) -> Vec<u8> {
    password.bytes().take(MAX_PASSWORD).collect()
}

/// Takes the code of an authenticator app, each at most once, also when two requests bring it together.
pub(super) async fn use_one_time_code(
    conn: &mut PgConnection,
    secrets: &Secrets,
    user: &LoginRow,
    code: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<bool> {
    let (Some(keys), Some(stored)) = (&secrets.encryption, &user.otp_secret) else {
        return Ok(false);
    };
    let secret = Encryption::new(keys.clone()).decrypt(stored)?;
    let Some(step) = matching_step(&secret, code, now) else {
        return Ok(false);
    };
    if user.consumed_timestep.is_some_and(|used| step <= used) {
        return Ok(false);
    }
    let taken = sqlx::query!(
        "UPDATE users SET consumed_timestep = $2, updated_at = $3
          WHERE id = $1 AND (consumed_timestep IS NULL OR consumed_timestep < $2)",
        user.id,
        step,
        now.naive_utc()
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// SHA-1, six digits, steps of 30 s, one step of drift to each side.
fn matching_step(secret: &str, code: &str, now: DateTime<Utc>) -> Option<i32> {
    let secret = Secret::try_from_base32(secret.trim()).ok()?;
    let totp = Builder::new().with_secret(secret).with_skew(1).build_noncompliant();
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp.check(&code, u64::try_from(now.timestamp()).ok()?)?;
    i32::try_from(step).ok()
}

/// Takes a recovery code, which is gone afterwards.
pub(super) async fn use_backup_code(conn: &mut PgConnection, user: &LoginRow, code: &str) -> anyhow::Result<bool> {
    let code = code.trim();
    for hash in user.otp_backup_codes.iter().flatten() {
        if hash_fits(hash, code).await? {
            let taken = sqlx::query!(
                "UPDATE users SET otp_backup_codes = array_remove(otp_backup_codes, $2::varchar)
                  WHERE id = $1 AND $2::varchar = ANY(otp_backup_codes)",
                user.id,
                hash
            )
            .execute(conn)
            .await?;
            return Ok(taken.rows_affected() == 1);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{LoginRow, NOBODY, matching_step, password_fits};

    #[tokio::test]
    async fn a_user_without_a_password_cannot_sign_in_with_one() {
        let user = LoginRow {
            id: 1,
            account_id: 1,
            encrypted_password: String::new(),
            otp_required_for_login: false,
            otp_secret: None,
            otp_backup_codes: None,
            consumed_timestep: None,
            current_sign_in_at: None,
            updated_at: DateTime::UNIX_EPOCH.naive_utc(),
            memorial: false,
        };
        assert!(!password_fits(Some(&user), "").await.unwrap());
        assert!(!password_fits(None, "anything").await.unwrap());
        // Were it no hash, the answer would come at once and tell that there is no such user.
        assert!(bcrypt::verify("anything", NOBODY).is_ok());
    }

    // Secret and times of RFC 6238, appendix B (SHA-1), in six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(matching_step(secret, "287082", at(59)), Some(1));
        assert_eq!(matching_step(secret, "081 804", at(1_111_111_109)), Some(37_037_036));
        assert_eq!(matching_step(secret, "081804", at(1_111_111_109 + 29)), Some(37_037_036));
        assert_eq!(matching_step(secret, "081804", at(1_111_111_109 + 90)), None);
    }
}
