//! The person behind a request, with what endpoints ask about them most.

use chrono::NaiveDateTime;
use db::oauth_access_tokens::IdentityRow;
use db::users::UserSettings;
use db::{AccountId, UserId};

/// Permission bits of roles, by Mastodon's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Permission {
    Administrator = 0,
    ViewDevops = 1,
    ViewAuditLog = 2,
    ViewDashboard = 3,
    ManageReports = 4,
    ManageFederation = 5,
    ManageSettings = 6,
    ManageBlocks = 7,
    ManageTaxonomies = 8,
    ManageAppeals = 9,
    ManageUsers = 10,
    ManageInvites = 11,
    ManageRules = 12,
    ManageAnnouncements = 13,
    ManageCustomEmojis = 14,
    ManageWebhooks = 15,
    InviteUsers = 16,
    ManageRoles = 17,
    ManageUserAccess = 18,
    DeleteUserData = 19,
    ViewFeeds = 20,
}

#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub account_id: AccountId,
    pub username: String,
    pub email: String,
    pub locale: Option<String>,
    pub time_zone: Option<String>,
    /// `None`: all languages.
    pub chosen_languages: Option<Vec<String>>,
    pub approved: bool,
    pub confirmed: bool,
    pub disabled: bool,
    pub locked: bool,
    pub silenced: bool,
    pub suspended: bool,
    pub memorial: bool,
    pub moved_to_account_id: Option<AccountId>,
    pub role_id: Option<i64>,
    /// -1 without a role.
    pub role_position: i32,
    pub collection_limit: i32,
    pub created_at: Option<NaiveDateTime>,
    pub current_sign_in_at: Option<NaiveDateTime>,
    /// Preferences: `default_privacy`, `web.reduce_motion` …
    pub settings: UserSettings,
    permissions: i64,
    lacks_second_factor: bool,
}

impl User {
    /// `None` for a token without a person.
    pub(super) fn from_row(row: &IdentityRow) -> Option<Self> {
        Some(Self {
            id: row.user_id?,
            account_id: row.account_id?,
            username: row.username.clone()?,
            email: row.email.clone().unwrap_or_default(),
            locale: row.locale.clone(),
            time_zone: row.time_zone.clone(),
            chosen_languages: row.chosen_languages.clone(),
            approved: row.approved?,
            confirmed: row.confirmed_at.is_some(),
            disabled: row.disabled?,
            locked: row.locked?,
            silenced: row.silenced_at.is_some(),
            suspended: row.suspended_at.is_some(),
            memorial: row.memorial?,
            moved_to_account_id: row.moved_to_account_id,
            role_id: row.role_id,
            role_position: row.role_position.unwrap_or(-1),
            collection_limit: row.collection_limit.unwrap_or(10),
            created_at: row.user_created_at,
            current_sign_in_at: row.current_sign_in_at,
            permissions: row.permissions,
            lacks_second_factor: row.lacks_second_factor,
            settings: UserSettings::parse(row.settings.as_deref()),
        })
    }

    /// Whether the login works in full: confirmed, approved, not disabled, suspended, memorial or moved, and with the second
    /// factor that the role may demand.
    #[must_use]
    pub fn functional(&self) -> bool {
        self.functional_or_moved() && self.moved_to_account_id.is_none()
    }

    #[must_use]
    pub fn functional_or_moved(&self) -> bool {
        self.confirmed && self.approved && !self.disabled && !self.suspended && !self.memorial && !self.lacks_second_factor
    }

    /// Role and everyone's permissions together; administrators may do everything.
    #[must_use]
    pub fn can(&self, permission: Permission) -> bool {
        let bit = |permission: Permission| 1_i64 << (permission as u8);
        self.permissions & bit(Permission::Administrator) != 0 || self.permissions & bit(permission) != 0
    }
}
