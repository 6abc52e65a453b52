//! `users`: who signs in here, their settings, and `user_roles`.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use serde_json::{Map, Value};
use sqlx::PgConnection;

use crate::{AccountId, UserId};

/// The role that everybody has.
pub const EVERYONE: i64 = -99;
/// All permissions that exist; what an administrator has.
const ALL_PERMISSIONS: i64 = (1 << 23) - 1;
const ADMINISTRATOR: i64 = 1;

#[derive(Debug, Clone)]
pub struct UserRow {
    pub id: UserId,
    pub account_id: AccountId,
    pub email: String,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    pub settings: Option<String>,
    /// `None`: all.
    pub chosen_languages: Option<Vec<String>>,
    pub role_id: Option<i64>,
    pub confirmed_at: Option<NaiveDateTime>,
    pub approved: bool,
    pub disabled: bool,
    pub created_at: NaiveDateTime,
    pub current_sign_in_at: Option<NaiveDateTime>,
}

impl UserRow {
    #[must_use]
    pub fn settings(&self) -> UserSettings {
        UserSettings::parse(self.settings.as_deref())
    }
}

/// The user whose account it is.
///
/// # Errors
/// The database failed.
pub async fn find_by_account(conn: &mut PgConnection, account: AccountId) -> Result<Option<UserRow>, sqlx::Error> {
    sqlx::query_as!(
        UserRow,
        r#"
        SELECT id, account_id, email, locale, time_zone, settings, chosen_languages AS "chosen_languages: Vec<String>", role_id,
               confirmed_at, approved, disabled, created_at, current_sign_in_at
        FROM users WHERE account_id = $1
        "#,
        account,
    )
    .fetch_optional(conn)
    .await
}

/// A role with what it adds up to.
#[derive(Debug, Clone)]
pub struct RoleRow {
    pub id: i64,
    pub name: String,
    pub color: String,
    /// As stored; see [`RoleRow::effective_permissions`].
    pub permissions: i64,
    pub everyone_permissions: i64,
    pub position: i32,
    pub highlighted: bool,
    pub collection_limit: i32,
    pub require_2fa: bool,
}

impl RoleRow {
    /// Its own permissions and those of everyone; administrators have all.
    #[must_use]
    pub fn effective_permissions(&self) -> i64 {
        let sum = self.permissions | self.everyone_permissions;
        if sum & ADMINISTRATOR == 0 { sum } else { ALL_PERMISSIONS }
    }

    #[must_use]
    pub fn can(&self, permission: i64) -> bool {
        self.effective_permissions() & permission != 0
    }
}

/// The role of a user: their own, or that of everyone.
///
/// # Errors
/// The database failed; [`sqlx::Error::RowNotFound`] if not even the role of everyone is there.
pub async fn role(conn: &mut PgConnection, role_id: Option<i64>) -> Result<RoleRow, sqlx::Error> {
    let own = role_id.unwrap_or(EVERYONE);
    let mut found = roles(conn, &[own, EVERYONE]).await?;
    found.remove(&own).or_else(|| found.remove(&EVERYONE)).ok_or(sqlx::Error::RowNotFound)
}

/// Roles by id.
///
/// # Errors
/// The database failed.
pub async fn roles(conn: &mut PgConnection, ids: &[i64]) -> Result<HashMap<i64, RoleRow>, sqlx::Error> {
    let rows = sqlx::query_as!(
        RoleRow,
        r#"
        SELECT r.id AS "id!", r.name AS "name!", r.color AS "color!", r.permissions AS "permissions!", COALESCE(e.permissions, 0) AS "everyone_permissions!", r.position AS "position!",
               r.highlighted AS "highlighted!", r.collection_limit AS "collection_limit!", r.require_2fa AS "require_2fa!"
        FROM user_roles r
        LEFT JOIN user_roles e ON e.id = -99
        WHERE r.id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// People who are in and whose role has this permission (a bit, see [`RoleRow::can`]), which administrators have in any case.
///
/// # Errors
/// The database failed.
pub async fn staff(conn: &mut PgConnection, permission: i64) -> Result<Vec<AccountId>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT u.account_id FROM users u JOIN user_roles r ON r.id = u.role_id
         WHERE r.permissions & $1 <> 0 AND NOT u.disabled AND u.approved AND u.confirmed_at IS NOT NULL ORDER BY u.account_id",
        ADMINISTRATOR | permission
    )
    .fetch_all(conn)
    .await
}

/// `users.settings`: a flat JSON object with dotted keys that holds only what the user chose.
#[derive(Debug, Clone, Default)]
pub struct UserSettings {
    chosen: Map<String, Value>,
}

impl UserSettings {
    /// Blank or broken text counts as nothing chosen.
    #[must_use]
    pub fn parse(column: Option<&str>) -> Self {
        let chosen = column.map(str::trim).filter(|text| !text.is_empty() && *text != "{}");
        Self { chosen: chosen.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default() }
    }

    /// What to store; unknown keys are kept.
    #[must_use]
    pub fn to_column(&self) -> String {
        Value::Object(self.chosen.clone()).to_string()
    }

    /// Sets a key; `None` takes it back to the default.
    pub fn set(&mut self, key: &str, value: Option<Value>) {
        match value.filter(|value| !value.is_null()) {
            Some(value) => {
                self.chosen.insert(key.to_owned(), value);
            }
            None => {
                self.chosen.remove(key);
            }
        }
    }

    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.chosen.get(key)?.as_bool()
    }

    /// A text that is not empty.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.raw_text(key).filter(|text| !text.is_empty())
    }

    /// A text as it is stored; forms leave empty ones behind.
    #[must_use]
    pub fn raw_text(&self, key: &str) -> Option<&str> {
        self.chosen.get(key)?.as_str()
    }

    #[must_use]
    pub fn shows_application(&self) -> bool {
        self.flag("show_application").unwrap_or(true)
    }

    /// The user's own choice, if there is one; the server's setting decides otherwise.
    #[must_use]
    pub fn noindex(&self) -> Option<bool> {
        self.flag("noindex")
    }

    #[must_use]
    pub fn default_sensitive(&self) -> bool {
        self.flag("default_sensitive").unwrap_or(false)
    }

    #[must_use]
    pub fn default_language(&self) -> Option<&str> {
        self.text("default_language")
    }

    /// Own choice; otherwise private for locked accounts and public for all others.
    #[must_use]
    pub fn default_privacy(&self, locked: bool) -> &str {
        self.text("default_privacy").unwrap_or(if locked { "private" } else { "public" })
    }

    #[must_use]
    pub fn default_quote_policy(&self) -> &str {
        self.text("default_quote_policy").unwrap_or("public")
    }

    #[must_use]
    pub fn aggregates_reblogs(&self) -> bool {
        self.flag("aggregate_reblogs").unwrap_or(true)
    }

    #[must_use]
    pub fn display_media(&self) -> &str {
        self.text("web.display_media").unwrap_or("default")
    }

    #[must_use]
    pub fn expands_content_warnings(&self) -> bool {
        self.flag("web.expand_content_warnings").unwrap_or(false)
    }

    #[must_use]
    pub fn plays_animations(&self) -> bool {
        self.flag("web.auto_play").unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::UserSettings;

    #[test]
    fn only_what_was_chosen_is_stored_and_unknown_keys_are_kept() {
        let mut settings = UserSettings::parse(Some(r#"{"web.reduce_motion":true,"default_privacy":"private"}"#));
        assert_eq!(settings.default_privacy(false), "private");
        settings.set("default_privacy", None);
        settings.set("noindex", Some(true.into()));
        assert_eq!(settings.to_column(), r#"{"web.reduce_motion":true,"noindex":true}"#);
        assert_eq!(settings.default_privacy(true), "private");
        assert_eq!(settings.default_privacy(false), "public");
        assert!(UserSettings::parse(Some("null")).shows_application());
    }
}
