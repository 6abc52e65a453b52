//! Telling people what concerns them: which notifications are written, held back, or dropped.

mod facts;

use db::users::UserSettings;
use db::{AccountId, NotificationId, PollId, StatusId};
use jobs::feed::AnnounceNotification;
use jobs::mail::MailNotification;
use sqlx::PgConnection;

use self::facts::FactsRow;
use crate::error::Result;

/// A reader who looks at the notification within this time gets no mail.
const MAIL_AFTER: std::time::Duration = std::time::Duration::from_secs(120);
const GROUP_SPAN_HOURS: i64 = 12;
/// More filtered notifications of one sender are not counted.
const MAX_REQUEST_COUNT: i64 = 100;

/// `notifications.type`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mention,
    Status,
    Reblog,
    Follow,
    FollowRequest,
    Favourite,
    Poll,
    Update,
    SeveredRelationships,
    ModerationWarning,
    AdminSignUp,
    AdminReport,
    Quote,
    QuotedUpdate,
}

impl Kind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Status => "status",
            Self::Reblog => "reblog",
            Self::Follow => "follow",
            Self::FollowRequest => "follow_request",
            Self::Favourite => "favourite",
            Self::Poll => "poll",
            Self::Update => "update",
            Self::SeveredRelationships => "severed_relationships",
            Self::ModerationWarning => "moderation_warning",
            Self::AdminSignUp => "admin.sign_up",
            Self::AdminReport => "admin.report",
            Self::Quote => "quote",
            Self::QuotedUpdate => "quoted_update",
        }
    }

    /// The recipient's policy decides on these; the rest always comes through.
    fn is_subject_to_policy(self) -> bool {
        matches!(self, Self::Mention | Self::Reblog | Self::Follow | Self::FollowRequest | Self::Favourite | Self::Quote)
    }

    fn may_come_from_oneself(self) -> bool {
        matches!(self, Self::Poll | Self::SeveredRelationships | Self::ModerationWarning)
    }

    /// A later edit takes the place of the notification of an earlier one.
    fn replaces(self) -> bool {
        matches!(self, Self::Update | Self::QuotedUpdate)
    }

    /// Senders of these wait in the list of requests when they are filtered.
    fn makes_request(self) -> bool {
        matches!(self, Self::Mention | Self::Quote)
    }

    /// The key in `users.settings` and its default, for kinds that are mailed at all.
    fn mail_setting(self) -> Option<(&'static str, bool)> {
        match self {
            Self::Follow => Some(("notification_emails.follow", true)),
            Self::FollowRequest => Some(("notification_emails.follow_request", true)),
            Self::Mention => Some(("notification_emails.mention", true)),
            Self::Quote => Some(("notification_emails.quote", true)),
            Self::Reblog => Some(("notification_emails.reblog", false)),
            Self::Favourite => Some(("notification_emails.favourite", false)),
            _ => None,
        }
    }
}

/// Something that may become a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub recipient: AccountId,
    pub from: AccountId,
    pub kind: Kind,
    /// Class and id of the row it is about, as Rails names them.
    pub activity_type: &'static str,
    pub activity_id: i64,
}

impl Event {
    fn new(kind: Kind, activity_type: &'static str, recipient: AccountId, from: AccountId, activity_id: i64) -> Self {
        Self { recipient, from, kind, activity_type, activity_id }
    }

    #[must_use]
    pub fn mention(recipient: AccountId, from: AccountId, mention_id: i64) -> Self {
        Self::new(Kind::Mention, "Mention", recipient, from, mention_id)
    }

    /// Somebody whose posts one asked to be told of has posted.
    #[must_use]
    pub fn status(recipient: AccountId, from: AccountId, status_id: StatusId) -> Self {
        Self::new(Kind::Status, "Status", recipient, from, status_id)
    }

    /// `reblog_id` is the boost's own status id.
    #[must_use]
    pub fn reblog(recipient: AccountId, from: AccountId, reblog_id: StatusId) -> Self {
        Self::new(Kind::Reblog, "Status", recipient, from, reblog_id)
    }

    #[must_use]
    pub fn favourite(recipient: AccountId, from: AccountId, favourite_id: i64) -> Self {
        Self::new(Kind::Favourite, "Favourite", recipient, from, favourite_id)
    }

    #[must_use]
    pub fn follow(recipient: AccountId, from: AccountId, follow_id: i64) -> Self {
        Self::new(Kind::Follow, "Follow", recipient, from, follow_id)
    }

    #[must_use]
    pub fn follow_request(recipient: AccountId, from: AccountId, request_id: i64) -> Self {
        Self::new(Kind::FollowRequest, "FollowRequest", recipient, from, request_id)
    }

    /// `from` is the author of the poll, for whom it may end too.
    #[must_use]
    pub fn poll(recipient: AccountId, from: AccountId, poll_id: PollId) -> Self {
        Self::new(Kind::Poll, "Poll", recipient, from, poll_id)
    }

    /// A status that one boosted was edited.
    #[must_use]
    pub fn update(recipient: AccountId, from: AccountId, status_id: StatusId) -> Self {
        Self::new(Kind::Update, "Status", recipient, from, status_id)
    }

    #[must_use]
    pub fn quote(recipient: AccountId, from: AccountId, quote_id: i64) -> Self {
        Self::new(Kind::Quote, "Quote", recipient, from, quote_id)
    }

    /// A status that one quoted was edited.
    #[must_use]
    pub fn quoted_update(recipient: AccountId, from: AccountId, quote_id: i64) -> Self {
        Self::new(Kind::QuotedUpdate, "Quote", recipient, from, quote_id)
    }

    /// A block ended follows; `event_id` is the recipient's own share of it.
    #[must_use]
    pub fn severed_relationships(recipient: AccountId, event_id: i64) -> Self {
        Self::new(Kind::SeveredRelationships, "AccountRelationshipSeveranceEvent", recipient, recipient, event_id)
    }

    #[must_use]
    pub fn moderation_warning(recipient: AccountId, warning_id: i64) -> Self {
        Self::new(Kind::ModerationWarning, "AccountWarning", recipient, recipient, warning_id)
    }

    #[must_use]
    pub fn admin_sign_up(recipient: AccountId, new_account: AccountId) -> Self {
        Self::new(Kind::AdminSignUp, "Account", recipient, new_account, new_account)
    }

    #[must_use]
    pub fn admin_report(recipient: AccountId, from: AccountId, report_id: i64) -> Self {
        Self::new(Kind::AdminReport, "Report", recipient, from, report_id)
    }
}

/// What is done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Deliver,
    /// Written, but kept out of sight until the recipient lets the sender through.
    Filter,
    Drop,
}

/// One event; see [`notify_many`].
///
/// # Errors
/// The database fails.
pub async fn notify(conn: &mut PgConnection, event: &Event) -> Result<Option<NotificationId>> {
    Ok(notify_many(conn, std::slice::from_ref(event)).await?.pop())
}

/// Writes the notifications that their recipients want, and asks the worker to tell streams, push services and mail of them.
/// Recipients that are not local, or blocked, muted or otherwise shut the sender out, get none. An event that was written
/// before is not written again. Answers the ids of what is new.
///
/// # Errors
/// The database fails.
pub async fn notify_many(conn: &mut PgConnection, events: &[Event]) -> Result<Vec<NotificationId>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let facts = facts::load(conn, events).await?;
    let mut made = Vec::new();
    for fact in &facts {
        let Some(event) = usize::try_from(fact.position).ok().and_then(|at| events.get(at)) else { continue };
        let decision = decide(event, fact);
        if decision == Decision::Drop {
            continue;
        }
        let Some(id) = write(conn, event, fact, decision == Decision::Filter).await? else { continue };
        made.push(id);
        if decision == Decision::Filter {
            if event.kind.makes_request() {
                note_request(conn, event, fact.status_id).await?;
            }
            continue;
        }
        jobs::enqueue(conn, &AnnounceNotification { notification_id: id }).await?;
        if is_mailed(event.kind, fact) {
            jobs::enqueue_in(conn, &MailNotification { notification_id: id }, MAIL_AFTER).await?;
        }
    }
    Ok(made)
}

fn decide(event: &Event, fact: &FactsRow) -> Decision {
    let own = event.recipient == event.from;
    if !fact.has_user || fact.recipient_suspended || (own && !event.kind.may_come_from_oneself()) {
        return Decision::Drop;
    }
    if own {
        return Decision::Deliver;
    }
    let shut_out = fact.blocking
        || fact.muting_notifications
        || fact.muting_conversation
        || (fact.blocking_domain && !fact.following)
        || (event.kind == Kind::Mention && fact.mentions_shunned);
    if shut_out {
        return Decision::Drop;
    }
    if !event.kind.is_subject_to_policy() || fact.permitted || (event.kind == Kind::Mention && fact.from_higher_staff) {
        return Decision::Deliver;
    }
    by_policy(event.kind, fact)
}

/// The strictest of the recipient's rules that apply to the sender.
fn by_policy(kind: Kind, fact: &FactsRow) -> Decision {
    let unsolicited = kind == Kind::Mention && fact.direct && !fact.answers_recipient;
    let rules = [
        (!fact.following, fact.for_not_following),
        (!fact.followed_for_days, fact.for_not_followers),
        (fact.new_account && !fact.following, fact.for_new_accounts),
        (unsolicited && !fact.following, fact.for_private_mentions),
        (fact.from_limited && !fact.following, fact.for_limited_accounts),
        (fact.from_bot && !fact.following, fact.for_bots),
    ];
    match rules.into_iter().filter(|(applies, _)| *applies).map(|(_, action)| action).max() {
        Some(2) => Decision::Drop,
        Some(1) => Decision::Filter,
        _ => Decision::Deliver,
    }
}

/// `None`: it stands already.
async fn write(conn: &mut PgConnection, event: &Event, fact: &FactsRow, filtered: bool) -> Result<Option<NotificationId>> {
    if event.kind.replaces() {
        sqlx::query!(
            "DELETE FROM notifications WHERE account_id = $1 AND activity_type = $2 AND activity_id = $3 AND type = $4",
            event.recipient,
            event.activity_type,
            event.activity_id,
            event.kind.name()
        )
        .execute(&mut *conn)
        .await?;
    }
    let prefix = if filtered { None } else { group_prefix(event, fact) };
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO notifications (account_id, from_account_id, type, activity_type, activity_id, filtered, group_key,
          created_at, updated_at)
        SELECT $1, $2, $3::text, $4::text, $5, $6,
          -- A group stays open for twelve hours after the hour that named it. Mastodon keeps that hour in Redis; the rows know
          -- it too, and they are not lost.
          CASE WHEN $7::text IS NOT NULL THEN $7 || '-' || COALESCE(
            (SELECT max(substr(g.group_key, length($7) + 2)::bigint) FROM notifications g
              WHERE g.account_id = $1 AND g.group_key >= $7 || '-' AND g.group_key < $7 || '.'
                AND substr(g.group_key, length($7) + 2) ~ '^[0-9]{1,12}$'
                AND substr(g.group_key, length($7) + 2)::bigint > h.now - $8),
            h.now)::text END,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM (SELECT (extract(epoch FROM now()) / 3600)::bigint AS now) h
        WHERE NOT EXISTS (
          SELECT 1 FROM notifications n
          WHERE n.account_id = $1 AND n.activity_type = $4::text AND n.activity_id = $5 AND n.type = $3::text
        )
        RETURNING id
        "#,
        event.recipient,
        event.from,
        event.kind.name(),
        event.activity_type,
        event.activity_id,
        filtered,
        prefix,
        GROUP_SPAN_HOURS
    )
    .fetch_optional(conn)
    .await?;
    Ok(id)
}

/// What the notification is grouped by; the hour comes behind it.
fn group_prefix(event: &Event, fact: &FactsRow) -> Option<String> {
    match event.kind {
        Kind::Favourite => Some(format!("favourite-{}", fact.status_id?)),
        Kind::Reblog => Some(format!("reblog-{}", fact.status_id?)),
        Kind::Follow => Some("follow".to_owned()),
        Kind::AdminSignUp => Some("admin.sign_up".to_owned()),
        _ => None,
    }
}

async fn note_request(conn: &mut PgConnection, event: &Event, status_id: Option<StatusId>) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO notification_requests (account_id, from_account_id, last_status_id, notifications_count, created_at, updated_at)
        VALUES ($1, $2, $3, 1, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id, from_account_id) DO UPDATE SET last_status_id = excluded.last_status_id,
          notifications_count = least(notification_requests.notifications_count + 1, $4), updated_at = excluded.updated_at
        "#,
        event.recipient,
        event.from,
        status_id,
        MAX_REQUEST_COUNT
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn is_mailed(kind: Kind, fact: &FactsRow) -> bool {
    let Some((setting, default)) = kind.mail_setting() else { return false };
    UserSettings::parse(fact.settings.as_deref()).flag(setting).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::facts::FactsRow;
    use super::{Decision, Event, decide};

    fn stranger() -> FactsRow {
        FactsRow {
            has_user: true,
            following: false,
            for_private_mentions: 1,
            for_limited_accounts: 1,
            followed_for_days: true,
            ..FactsRow::default()
        }
    }

    #[test]
    fn a_stranger_may_mention_in_public() {
        assert_eq!(decide(&Event::mention(1, 2, 3), &stranger()), Decision::Deliver);
    }

    #[test]
    fn an_unsolicited_private_mention_is_held_back_but_an_answer_is_not() {
        let direct = FactsRow { direct: true, ..stranger() };
        assert_eq!(decide(&Event::mention(1, 2, 3), &direct), Decision::Filter);
        let answer = FactsRow { answers_recipient: true, direct: true, ..stranger() };
        assert_eq!(decide(&Event::mention(1, 2, 3), &answer), Decision::Deliver);
    }

    #[test]
    fn the_strictest_rule_decides() {
        let limited = FactsRow { from_limited: true, for_not_following: 2, ..stranger() };
        assert_eq!(decide(&Event::favourite(1, 2, 3), &limited), Decision::Drop);
        let permitted = FactsRow { permitted: true, for_not_following: 2, ..stranger() };
        assert_eq!(decide(&Event::favourite(1, 2, 3), &permitted), Decision::Deliver);
    }

    #[test]
    fn who_is_blocked_or_muted_is_not_heard() {
        for fact in [
            FactsRow { blocking: true, ..stranger() },
            FactsRow { muting_notifications: true, ..stranger() },
            FactsRow { muting_conversation: true, ..stranger() },
            FactsRow { blocking_domain: true, ..stranger() },
            FactsRow { has_user: false, ..stranger() },
        ] {
            assert_eq!(decide(&Event::follow(1, 2, 3), &fact), Decision::Drop);
        }
        let followed_domain = FactsRow { blocking_domain: true, following: true, ..stranger() };
        assert_eq!(decide(&Event::follow(1, 2, 3), &followed_domain), Decision::Deliver);
    }

    #[test]
    fn nobody_hears_of_their_own_deeds_except_of_polls() {
        assert_eq!(decide(&Event::favourite(1, 1, 3), &stranger()), Decision::Drop);
        assert_eq!(decide(&Event::poll(1, 1, 3), &stranger()), Decision::Deliver);
    }
}
