//! Letters to users.

use db::{NotificationId, StatusId, TagId, UserId};
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

/// Tells somebody that their password is another one now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailPasswordChange {
    pub user_id: UserId,
}

impl Job for MailPasswordChange {
    const KIND: &'static str = "mail_password_change";
    const LANE: Lane = Lane::Mailers;
}

/// Tells the old address that another is to take its place. Both travel with the job: the rows may have changed when it runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailAddressChange {
    pub user_id: UserId,
    pub from: String,
    pub to: String,
}

impl Job for MailAddressChange {
    const KIND: &'static str = "mail_address_change";
    const LANE: Lane = Lane::Mailers;
}

/// Tells somebody what moderators did about their account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailStrike {
    pub warning_id: i64,
}

impl Job for MailStrike {
    const KIND: &'static str = "mail_strike";
    const LANE: Lane = Lane::Mailers;
}

/// Tells one of the staff what would trend if somebody allowed it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MailTrends {
    pub user_id: UserId,
    pub tags: Vec<TagId>,
    /// By preview card id.
    pub links: Vec<i64>,
    pub statuses: Vec<StatusId>,
}

impl Job for MailTrends {
    const KIND: &'static str = "mail_trends";
    const LANE: Lane = Lane::Mailers;
}
