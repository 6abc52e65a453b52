//! Telling people what concerns them: which notifications are written, held back, or dropped.

mod facts;
mod write;

use std::collections::HashSet;

use db::users::UserSettings;
use db::{AccountId, NotificationId, PollId, StatusId};
use jobs::feed::AnnounceNotification;
use jobs::mail::MailNotification;
use sqlx::PgConnection;

use self::facts::FactsRow;
use crate::error::Result;

/// A reader who looks at the notification within this time gets no mail.
const MAIL_AFTER: std::time::Duration = std::time::Duration::from_secs(120);
/// Notifications of one statement.
const AT_A_TIME: usize = 500;

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
    AddedToCollection,
    CollectionUpdate,
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
            Self::AddedToCollection => "added_to_collection",
            Self::CollectionUpdate => "collection_update",
        }
    }

    /// The recipient's policy decides on these; the rest always comes through.
    fn is_subject_to_policy(self) -> bool {
        matches!(
            self,
            Self::Mention
                | Self::Reblog
                | Self::Follow
                | Self::FollowRequest
                | Self::Favourite
                | Self::Quote
                | Self::AddedToCollection
        )
    }

    fn may_come_from_oneself(self) -> bool {
        matches!(self, Self::Poll | Self::SeveredRelationships | Self::ModerationWarning)
    }

    /// A later edit takes the place of the notification of an earlier one.
    fn replaces(self) -> bool {
        matches!(self, Self::Update | Self::QuotedUpdate | Self::CollectionUpdate)
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

/// What makes two events the same: recipient, kind, and the row it is about.
type EventKey = (AccountId, &'static str, &'static str, i64);

impl Event {
    fn key(&self) -> EventKey {
        (self.recipient, self.kind.name(), self.activity_type, self.activity_id)
    }

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

    /// `item_id` is the recipient's place in the collection.
    #[must_use]
    pub fn added_to_collection(recipient: AccountId, from: AccountId, item_id: i64) -> Self {
        Self::new(Kind::AddedToCollection, "CollectionItem", recipient, from, item_id)
    }

    /// A collection that one stands in has another name or description.
    #[must_use]
    pub fn collection_update(recipient: AccountId, from: AccountId, collection_id: i64) -> Self {
        Self::new(Kind::CollectionUpdate, "Collection", recipient, from, collection_id)
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
    let mut kept = Vec::new();
    let mut seen = HashSet::new();
    for fact in &facts {
        let Some(event) = usize::try_from(fact.position).ok().and_then(|at| events.get(at)) else { continue };
        let filtered = match decide(event, fact) {
            Decision::Drop => continue,
            decision => decision == Decision::Filter,
        };
        if seen.insert(event.key()) {
            kept.push(Kept { event, fact, filtered });
        }
    }
    let mut made = Vec::new();
    for kept in kept.chunks(AT_A_TIME) {
        made.extend(write_all(conn, kept).await?);
    }
    Ok(made)
}

/// What is written, and may stay filtered.
struct Kept<'a> {
    event: &'a Event,
    fact: &'a FactsRow,
    filtered: bool,
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

/// Those that stand already are left as they are. In the order of the events.
async fn write_all(conn: &mut PgConnection, kept: &[Kept<'_>]) -> Result<Vec<NotificationId>> {
    write::delete_replaced(conn, kept).await?;
    let ids = write::insert(conn, kept).await?;
    let new: Vec<(NotificationId, &Kept<'_>)> =
        kept.iter().filter_map(|kept| Some((*ids.get(&kept.event.key())?, kept))).collect();
    let held: Vec<&Kept<'_>> =
        new.iter().map(|(_, kept)| *kept).filter(|kept| kept.filtered && kept.event.kind.makes_request()).collect();
    write::note_requests(conn, &held).await?;
    let told = || new.iter().filter(|(_, kept)| !kept.filtered);
    let announced: Vec<_> = told().map(|(id, _)| AnnounceNotification { notification_id: *id }).collect();
    jobs::enqueue_many(conn, &announced).await?;
    let mailed = told().filter(|(_, kept)| is_mailed(kept.event.kind, kept.fact));
    let mailed: Vec<_> = mailed.map(|(id, _)| MailNotification { notification_id: *id }).collect();
    jobs::enqueue_many_in(conn, &mailed, MAIL_AFTER).await?;
    Ok(new.into_iter().map(|(id, _)| id).collect())
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
