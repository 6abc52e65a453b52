//! `server/api/src/v1/admin`

mod accounts;
mod blocks;
mod domain_blocks;
mod measures;

use testing::{Person, TestApp};

pub(crate) const ADMIN_SCOPES: &str = "read write admin:read admin:write";

/// Somebody in this role, with an app for moderation.
pub(crate) async fn staff(app: &TestApp, username: &str, role: &str) -> Person {
    let person = app.account(username).await;
    sqlx::query("UPDATE users SET role_id = (SELECT id FROM user_roles WHERE name = $2) WHERE account_id = $1")
        .bind(person.account.id)
        .bind(role)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    person.with_scopes(ADMIN_SCOPES).await
}

/// Somebody in a new role with these permission bits.
pub(crate) async fn with_permissions(app: &TestApp, username: &str, position: i32, bits: &[u8]) -> Person {
    let permissions = bits.iter().fold(0_i64, |all, bit| all | 1 << bit);
    sqlx::query("INSERT INTO user_roles (name, position, permissions, created_at, updated_at) VALUES ($1, $2, $3, now(), now())")
        .bind(username)
        .bind(position)
        .bind(permissions)
        .execute(&mut *app.conn().await)
        .await
        .unwrap();
    staff(app, username, username).await
}
