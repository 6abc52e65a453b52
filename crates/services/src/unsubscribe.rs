//! Ending letters by a link in them: the signed token that says whose, in the form of Rails' signed global ids, so that links
//! in letters sent by Mastodon go on working and the other way round.

use std::num::NonZeroU32;

use aws_lc_rs::{hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use config::Secrets;
use db::UserId;
use db::users::UserSettings;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::error::Result;

const PURPOSE: &str = "unsubscribe";
/// Rails' name of the key, and of the application within the id.
const SALT: &[u8] = b"signed_global_ids";
const APPLICATION: &str = "gid://mastodon/";
/// Rails' default for signed ids.
const VALID: Duration = Duration::days(31);

/// Whose letters end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    User(UserId),
    /// A reader without an account, by `email_subscriptions.id`.
    EmailSubscription(i64),
}

/// Kinds of letters that end one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Follow,
    FollowRequest,
    Reblog,
    Favourite,
    Mention,
    Quote,
}

impl Kind {
    /// By the name of the notification.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "follow" => Self::Follow,
            "follow_request" => Self::FollowRequest,
            "reblog" => Self::Reblog,
            "favourite" => Self::Favourite,
            "mention" => Self::Mention,
            "quote" => Self::Quote,
            _ => return None,
        })
    }

    fn setting(self) -> &'static str {
        match self {
            Self::Follow => "notification_emails.follow",
            Self::FollowRequest => "notification_emails.follow_request",
            Self::Reblog => "notification_emails.reblog",
            Self::Favourite => "notification_emails.favourite",
            Self::Mention => "notification_emails.mention",
            Self::Quote => "notification_emails.quote",
        }
    }
}

/// The token of a link, good for a month.
#[must_use]
pub fn token(secrets: &Secrets, recipient: Recipient, now: DateTime<Utc>) -> String {
    let id = match recipient {
        Recipient::User(id) => format!("{APPLICATION}User/{id}"),
        Recipient::EmailSubscription(id) => format!("{APPLICATION}EmailSubscription/{id}"),
    };
    let expires = (now + VALID).to_rfc3339_opts(SecondsFormat::Millis, true);
    let data = URL_SAFE.encode(json!({ "_rails": { "data": id, "exp": expires, "pur": PURPOSE } }).to_string());
    format!("{data}--{}", hex::encode(hmac::sign(&key(secrets), data.as_bytes())))
}

/// Whose link it is, if signature, purpose and time are right.
#[must_use]
pub fn read_token(secrets: &Secrets, token: &str, now: DateTime<Utc>) -> Option<Recipient> {
    let (data, digest) = token.rsplit_once("--")?;
    hmac::verify(&key(secrets), data.as_bytes(), &hex::decode(digest).ok()?).ok()?;
    let envelope: Value = serde_json::from_slice(&URL_SAFE.decode(data).ok()?).ok()?;
    let rails = envelope.get("_rails")?;
    if rails.get("pur")?.as_str()? != PURPOSE {
        return None;
    }
    if let Some(expires) = rails.get("exp").and_then(Value::as_str)
        && DateTime::parse_from_rfc3339(expires).ok()? <= now
    {
        return None;
    }
    let (model, id) = rails.get("data")?.as_str()?.strip_prefix(APPLICATION)?.split_once('/')?;
    // Rails may put an expiry into the id's query.
    let id = id.split('?').next()?.parse().ok()?;
    match model {
        "User" => Some(Recipient::User(id)),
        "EmailSubscription" => Some(Recipient::EmailSubscription(id)),
        _ => None,
    }
}

fn key(secrets: &Secrets) -> hmac::Key {
    let mut bytes = [0; 64];
    let rounds = NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, SALT, secrets.key_base.as_bytes(), &mut bytes);
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes)
}

/// Whether the recipient still exists.
///
/// # Errors
/// The database's.
pub async fn exists(conn: &mut PgConnection, recipient: Recipient) -> Result<bool> {
    Ok(match recipient {
        Recipient::User(id) => {
            sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users WHERE id = $1) AS "exists!""#, id).fetch_one(conn).await?
        }
        Recipient::EmailSubscription(id) => {
            sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM email_subscriptions WHERE id = $1) AS "exists!""#, id)
                .fetch_one(conn)
                .await?
        }
    })
}

/// A user gets no letters of this kind any more.
///
/// # Errors
/// The database's.
pub async fn stop_letters(conn: &mut PgConnection, user: UserId, kind: Kind) -> Result<()> {
    let Some(column) =
        sqlx::query_scalar!("SELECT settings FROM users WHERE id = $1 FOR UPDATE", user).fetch_optional(&mut *conn).await?
    else {
        return Ok(());
    };
    let mut settings = UserSettings::parse(column.as_deref());
    settings.set(kind.setting(), Some(false.into()));
    sqlx::query!(
        "UPDATE users SET settings = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
        user,
        settings.to_column()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets a reader without an account.
///
/// # Errors
/// The database's.
pub async fn end_subscription(conn: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query!("DELETE FROM email_subscriptions WHERE id = $1", id).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Utc};
    use config::Secrets;

    use super::{Recipient, read_token, token};

    fn secrets(key_base: &str) -> Secrets {
        Secrets { key_base: key_base.to_owned(), encryption: None, vapid: None }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }

    #[test]
    fn a_link_is_good_for_a_month_and_for_nobody_else() {
        let own = secrets("0123456789012345678901234567890123456789");
        for recipient in [Recipient::User(7), Recipient::EmailSubscription(8)] {
            let token = token(&own, recipient, now());
            assert_eq!(read_token(&own, &token, now()), Some(recipient));
            assert_eq!(read_token(&own, &token, now() + Duration::days(32)), None);
            assert_eq!(read_token(&secrets("another-key-base-another-key-base"), &token, now()), None);
            assert_eq!(read_token(&own, &token.replace("--", "--0"), now()), None);
        }
        assert_eq!(read_token(&own, "", now()), None);
        assert_eq!(read_token(&own, "--", now()), None);
    }
}
