//! Statuses that an account shows at the top of its profile.

use activitypub::render::activity::{self, PinKind};
use db::statuses::Visibility;
use db::uri::Uris;
use db::{AccountId, StatusId};
use jobs::delivery::FederateToFollowers;
use sqlx::PgConnection;

use crate::error::{Error, Result, Validation};
use crate::subject::{self, Named};

const MAX_PINS: i64 = 5;

/// Pins one of the account's own statuses.
///
/// # Errors
/// [`Error::NotFoundPlain`] if it is not for the account's eyes; 422 with all that speaks against it, in Mastodon's words.
pub async fn pin(conn: &mut PgConnection, uris: &Uris, account: AccountId, id: StatusId) -> Result<()> {
    let status = subject::named(conn, account, id).await?;
    // Two at a time must not both find the last free place.
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE", account).fetch_optional(&mut *conn).await?;
    check(conn, account, &status).await?;
    let made = sqlx::query!(
        r#"
        INSERT INTO status_pins (account_id, status_id, created_at, updated_at)
        VALUES ($1, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING
        "#,
        account,
        id
    )
    .execute(&mut *conn)
    .await?;
    if made.rows_affected() == 0 {
        return Err(Error::unprocessable("Duplicate record"));
    }
    tell_followers(conn, uris, account, id, PinKind::Add).await
}

/// Takes the pin off; without one nothing happens.
///
/// # Errors
/// [`Error::NotFoundPlain`] if the status is not for the account's eyes.
pub async fn unpin(conn: &mut PgConnection, uris: &Uris, account: AccountId, id: StatusId) -> Result<()> {
    subject::named(conn, account, id).await?;
    let gone =
        sqlx::query!("DELETE FROM status_pins WHERE account_id = $1 AND status_id = $2", account, id).execute(&mut *conn).await?;
    if gone.rows_affected() == 0 { Ok(()) } else { tell_followers(conn, uris, account, id, PinKind::Remove).await }
}

async fn check(conn: &mut PgConnection, account: AccountId, status: &Named) -> Result<()> {
    let mut found = Validation::default();
    let mut add = |text: &str| found.messages.push(text.to_owned());
    if status.is_boost {
        add("A boost cannot be pinned");
    }
    if status.account_id != account {
        add("Someone else's post cannot be pinned");
    }
    if status.visibility == Visibility::Direct {
        add("Posts that are only visible to mentioned users cannot be pinned");
    }
    let pinned = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM status_pins WHERE account_id = $1"#, account)
        .fetch_one(conn)
        .await?;
    if pinned >= MAX_PINS {
        add("You have already pinned the maximum number of posts");
    }
    found.into_result()
}

async fn tell_followers(conn: &mut PgConnection, uris: &Uris, account: AccountId, id: StatusId, kind: PinKind) -> Result<()> {
    let actor = subject::actor_uri(conn, uris, account).await?;
    let status = uris.status(&actor, id);
    let json = subject::document(activity::pin(kind, &actor, &status))?;
    jobs::enqueue(conn, &FederateToFollowers { account_id: account, json, sign: false }).await?;
    Ok(())
}
