//! What happens for somebody who was let in: the one who invited them is followed, and the staff hears of it.

use activitypub::render::Renderer;
use db::{AccountId, PgConnection};

use crate::error::{Error, Result};
use crate::follow::{FollowOptions, follow};
use crate::notify::{Event, notify_many};

/// Bits of a role's permissions (facts of Mastodon's `UserRole`): administrator, and who manages users.
const ADMINISTRATOR: i64 = 1;
const MANAGE_USERS: i64 = 1 << 10;

/// Doing it again tells nobody twice. False: there is no such local account.
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
    let staff = sqlx::query_scalar!(
        r#"
        SELECT u.account_id FROM users u JOIN user_roles r ON r.id = u.role_id
        WHERE r.permissions & $1 <> 0 AND NOT u.disabled AND u.approved AND u.confirmed_at IS NOT NULL AND u.account_id <> $2
          AND NOT EXISTS (SELECT FROM notifications n
            WHERE n.account_id = u.account_id AND n.type = 'admin.sign_up' AND n.from_account_id = $2)
        ORDER BY u.account_id
        "#,
        ADMINISTRATOR | MANAGE_USERS,
        account
    )
    .fetch_all(&mut *conn)
    .await?;
    let events: Vec<Event> = staff.into_iter().map(|member| Event::admin_sign_up(member, account)).collect();
    notify_many(conn, &events).await?;
    Ok(true)
}
