//! What happens for somebody who was let in: the one who invited them is followed, and the staff hears of it.

use activitypub::render::Renderer;
use db::{AccountId, PgConnection, users};

use crate::error::{Error, Result};
use crate::follow::{FollowOptions, follow};
use crate::notify::{Event, notify_many};

/// A bit of `user_roles.permissions`.
const MANAGE_USERS: i64 = 1 << 10;

/// Doing it again tells nobody twice (`notify` sees to that). False: there is no such local account.
///
/// # Errors
/// The database fails.
pub async fn greet(conn: &mut PgConnection, renderer: &Renderer, account: AccountId) -> Result<bool> {
    let newcomer = sqlx::query!(
        r#"
        SELECT host.account_id AS "host?" FROM users u
        LEFT JOIN invites i ON i.id = u.invite_id AND i.autofollow
        LEFT JOIN users host ON host.id = i.user_id
        WHERE u.account_id = $1
        "#,
        account
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(newcomer) = newcomer else { return Ok(false) };
    if let Some(host) = newcomer.host {
        match follow(conn, renderer, account, host, &FollowOptions::default()).await {
            // They moved, were suspended, or block the newcomer.
            Err(Error::NotFound | Error::Forbidden) => {}
            done => drop(done?),
        }
    }
    let mut staff = users::staff(conn, MANAGE_USERS).await?;
    staff.retain(|member| *member != account);
    let events: Vec<Event> = staff.into_iter().map(|member| Event::admin_sign_up(member, account)).collect();
    notify_many(conn, &events).await?;
    Ok(true)
}
