//! Letters to users.

use db::{NotificationId, UserId};
use serde::{Deserialize, Serialize};

use crate::job::{Job, Lane};

/// The link that confirms an address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailConfirmation {
    pub user_id: UserId,
}

impl Job for MailConfirmation {
    const KIND: &'static str = "mail_confirmation";
    const LANE: Lane = Lane::Mailers;
}

/// The link that sets a new password. The token stands hashed in the database, so that it must travel with the job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailPasswordReset {
    pub user_id: UserId,
    pub token: String,
}

impl Job for MailPasswordReset {
    const KIND: &'static str = "mail_password_reset";
    const LANE: Lane = Lane::Mailers;
}

/// Tells by mail of a notification, unless it was read meanwhile.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailNotification {
    pub notification_id: NotificationId,
}

impl Job for MailNotification {
    const KIND: &'static str = "mail_notification";
    const LANE: Lane = Lane::Mailers;
}

/// Greets somebody who has become a member.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailWelcome {
    pub user_id: UserId,
}

impl Job for MailWelcome {
    const KIND: &'static str = "mail_welcome";
    const LANE: Lane = Lane::Mailers;
}

/// Tells the staff who want to know that somebody waits for approval.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailPendingAccount {
    pub user_id: UserId,
}

impl Job for MailPendingAccount {
    const KIND: &'static str = "mail_pending_account";
    const LANE: Lane = Lane::Mailers;
}
