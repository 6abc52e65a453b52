//! What a push message says, and to whom.

use chrono::TimeDelta;
use db::notifications::{self, NotificationRow};
use db::web_push_subscriptions::{self, Pair};
use db::{AccountId, NotificationId, PgConnection};
use entities::Account;
use push::{Coding, Encrypted, Recipient};
use serde::Serialize;

use super::title::title;
use crate::context::Context;
use crate::registry::JobError;

/// What is older is news to nobody.
const FRESH: TimeDelta = TimeDelta::hours(48);
/// Longest body, in characters, and what a longer one ends with.
const BODY: usize = 140;
const OMISSION: &str = "...";
/// Longest name in a title; other servers' may be of any length, a message may not.
const NAME: usize = 255;

pub(super) struct Subscription {
    id: i64,
    pub(super) endpoint: String,
    pub(super) standard: bool,
    key_p256dh: String,
    key_auth: String,
    account_id: AccountId,
    token: String,
    locale: Option<String>,
}

pub(super) struct Message {
    /// JSON
    pub(super) payload: Vec<u8>,
    /// The operator's e-mail address.
    pub(super) contact: String,
}

/// As apps read it, once decrypted.
#[derive(Debug, Serialize)]
struct Payload<'a> {
    access_token: &'a str,
    preferred_locale: &'a str,
    notification_id: NotificationId,
    notification_type: &'a str,
    icon: &'a str,
    title: String,
    body: String,
}

impl Subscription {
    pub(super) async fn load(context: &Context, id: i64) -> Result<Self, JobError> {
        sqlx::query_as!(
            Self,
            r#"
            SELECT s.id, s.endpoint, s.standard, s.key_p256dh, s.key_auth, u.account_id, t.token, u.locale
            FROM web_push_subscriptions s
            JOIN oauth_access_tokens t ON t.id = s.access_token_id
            JOIN users u ON u.id = s.user_id
            JOIN accounts a ON a.id = u.account_id
            WHERE s.id = $1 AND t.revoked_at IS NULL AND NOT u.disabled AND a.suspended_at IS NULL
            "#,
            id
        )
        .fetch_optional(&mut *context.db.acquire().await?)
        .await?
        .ok_or(JobError::Discard("the subscription is gone"))
    }
}

/// Loads what is to be told, if it is still to be told.
pub(super) async fn load(context: &Context, subscription: &Subscription, id: NotificationId) -> Result<Message, JobError> {
    let mut conn = context.db.acquire().await?;
    let row = notifications::load(&mut conn, &[id]).await?.pop();
    let row = row
        .filter(|row| row.account_id == subscription.account_id && !row.filtered)
        .ok_or(JobError::Discard("the notification is gone"))?;
    if context.clock.now_naive() - row.created_at > FRESH {
        return Err(JobError::Discard("the notification is too old"));
    }
    let kind = row.kind.as_deref().ok_or(JobError::Discard("the notification has no type"))?;
    let pair = Pair { recipient: row.account_id, sender: row.from_account_id };
    if !web_push_subscriptions::wanting(&mut conn, pair, kind).await?.contains(&subscription.id) {
        return Err(JobError::Discard("nothing is pushed of this kind any more"));
    }
    let body = body(&mut conn, &row).await?.ok_or(JobError::Discard("what the notification is about is gone"))?;
    let sender = Account::load_many(&mut conn, &context.urls, Some(row.account_id), &[row.from_account_id]).await?.pop();
    let sender = sender.ok_or(JobError::Discard("the sender is gone"))?;
    let contact = db::settings::load(&mut conn).await?.site_contact_email;
    drop(conn);
    let own_locale = subscription.locale.as_deref().filter(|locale| !locale.is_empty());
    let locale = own_locale.unwrap_or(&context.config.federation.default_locale);
    let payload = Payload {
        access_token: &subscription.token,
        preferred_locale: locale,
        notification_id: row.id,
        notification_type: kind,
        icon: &sender.avatar_static,
        title: title(locale, kind, &name(&sender)),
        body: shortened(&body),
    };
    Ok(Message { payload: serde_json::to_vec(&payload)?, contact })
}

pub(super) fn encrypt(subscription: &Subscription, payload: &[u8], coding: Coding) -> Result<Encrypted, JobError> {
    let recipient = Recipient::parse(&subscription.key_p256dh, &subscription.key_auth);
    let recipient = recipient.ok_or(JobError::Discard("the subscription has no usable key"))?;
    recipient.encrypt(payload, coding).ok_or(JobError::Discard("the message is too long"))
}

fn name(account: &Account) -> String {
    let name = if account.display_name.trim().is_empty() { &account.username } else { &account.display_name };
    name.chars().take(NAME).collect()
}

/// The warning of the post that it is about, else its text; where it is about no post, what the sender says of themselves.
async fn body(conn: &mut PgConnection, row: &NotificationRow) -> Result<Option<String>, sqlx::Error> {
    let about_post = matches!(row.activity_type.as_str(), "Status" | "Mention" | "Favourite" | "Poll" | "Quote");
    let source = if about_post {
        sqlx::query_scalar!(
            r#"SELECT COALESCE(NULLIF(btrim(spoiler_text), ''), text) AS "text!" FROM statuses WHERE id = $1 AND deleted_at IS NULL"#,
            row.status_id
        )
        .fetch_optional(conn)
        .await?
    } else {
        sqlx::query_scalar!(
            r#"SELECT note AS "note!" FROM accounts WHERE id = $1 AND CASE $2::text
                 WHEN 'Follow' THEN EXISTS (SELECT FROM follows WHERE id = $3)
                 WHEN 'FollowRequest' THEN EXISTS (SELECT FROM follow_requests WHERE id = $3)
                 ELSE true END"#,
            row.from_account_id,
            row.activity_type,
            row.activity_id
        )
        .fetch_optional(conn)
        .await?
    };
    Ok(source.map(|source| text::plain::stripped(&source)))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= BODY {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(BODY - OMISSION.len()).collect();
    short.push_str(OMISSION);
    short
}

#[cfg(test)]
mod tests {
    use super::{Payload, shortened};

    // tests/conformance/push/golden.json: the order of the fields, and numbers that stay numbers.
    #[test]
    fn a_payload_looks_as_mastodons_does() {
        let payload = Payload {
            access_token: "token",
            preferred_locale: "en",
            notification_id: 54_236,
            notification_type: "favourite",
            icon: "https://load.test/avatars/original/missing.png",
            title: "Load 12 favorited your post".to_owned(),
            body: "something to like".to_owned(),
        };
        assert_eq!(
            serde_json::to_string(&payload).unwrap(),
            r#"{"access_token":"token","preferred_locale":"en","notification_id":54236,"notification_type":"favourite","icon":"https://load.test/avatars/original/missing.png","title":"Load 12 favorited your post","body":"something to like"}"#
        );
    }

    #[test]
    fn a_long_text_is_cut_to_a_hundred_and_forty_characters() {
        assert_eq!(shortened(&"ü".repeat(140)), "ü".repeat(140));
        assert_eq!(shortened(&"ü".repeat(141)), format!("{}...", "ü".repeat(137)));
    }
}
