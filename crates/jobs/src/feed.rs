//! Home feeds, lists, and what is shown in streams.

use db::{AccountId, ListId, NotificationId, PollId, StatusId, TagId};
use serde::{Deserialize, Serialize};

use crate::job::{Dedup, Job, Lane};

/// A status is new: put it into the feeds of everybody concerned, notify, and tell the streams.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Distribute {
    pub status_id: StatusId,
    /// It stood already when it arrived (a thread completed late): no notification.
    #[serde(default)]
    pub skip_notifications: bool,
}

impl Job for Distribute {
    const KIND: &'static str = "distribute";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// A status was edited: streams, feeds whose filters now decide otherwise, notifications of those who boosted or quoted it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DistributeEdit {
    pub status_id: StatusId,
    #[serde(default)]
    pub skip_notifications: bool,
}

impl Job for DistributeEdit {
    const KIND: &'static str = "distribute_edit";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// A status was deleted: the rest of the removal after its row is gone or marked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveStatus {
    pub status_id: StatusId,
    /// Media stay for the new draft.
    #[serde(default)]
    pub redraft: bool,
    #[serde(default)]
    pub skip_streaming: bool,
}

impl Job for RemoveStatus {
    const KIND: &'static str = "remove_status";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(self.status_id.to_string())
    }
}

/// Feeds named by their owner.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    Home(AccountId),
    List(ListId),
}

/// Copies the newest statuses of `from` into a feed: after a follow, an unmute, an addition to a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MergeFeed {
    pub from: AccountId,
    pub into: Feed,
}

impl Job for MergeFeed {
    const KIND: &'static str = "merge_feed";
    const LANE: Lane = Lane::Default;
}

/// Takes the statuses of `from` out of a feed: after an unfollow or a removal from a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnmergeFeed {
    pub from: AccountId,
    pub out_of: Feed,
}

impl Job for UnmergeFeed {
    const KIND: &'static str = "unmerge_feed";
    const LANE: Lane = Lane::Pull;
}

/// Takes statuses that stand in a home feed only for a hashtag out of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnmergeTag {
    pub tag_id: TagId,
    pub account_id: AccountId,
}

impl Job for UnmergeTag {
    const KIND: &'static str = "unmerge_tag";
    const LANE: Lane = Lane::Pull;
}

/// Takes the statuses of `target_id` out of the home feed and the lists of `account_id`, after a mute or a block.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RemoveFromFeeds {
    pub account_id: AccountId,
    pub target_id: AccountId,
}

impl Job for RemoveFromFeeds {
    const KIND: &'static str = "remove_from_feeds";
    const LANE: Lane = Lane::Default;
}

/// Builds the home feed and the lists of somebody who was away anew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RegenerateHome {
    pub account_id: AccountId,
}

impl Job for RegenerateHome {
    const KIND: &'static str = "regenerate_home";
    const LANE: Lane = Lane::Default;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(self.account_id.to_string())
    }
}

/// Tells the streams and the push services of a notification whose row exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnnounceNotification {
    pub notification_id: NotificationId,
}

impl Job for AnnounceNotification {
    const KIND: &'static str = "announce_notification";
    const LANE: Lane = Lane::Default;
}

/// A local poll ends: tell its author, its voters, and the servers that have it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PollExpired {
    pub poll_id: PollId,
}

impl Job for PollExpired {
    const KIND: &'static str = "poll_expired";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(self.poll_id.to_string())
    }
}

/// A scheduled status is due; enqueued for that moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishScheduledStatus {
    pub scheduled_id: i64,
}

impl Job for PublishScheduledStatus {
    const KIND: &'static str = "publish_scheduled_status";
    const LANE: Lane = Lane::Default;
    const DEDUP: Dedup = Dedup::Unfinished;

    fn dedup_key(&self) -> Option<String> {
        Some(self.scheduled_id.to_string())
    }
}

/// Makes visible what a sender whom the receiver accepted had sent while they were kept back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnfilterNotifications {
    pub account_id: AccountId,
    pub from_id: AccountId,
}

impl Job for UnfilterNotifications {
    const KIND: &'static str = "unfilter_notifications";
    const LANE: Lane = Lane::Default;
}

/// An announcement is shown from now on: open streams are told. One whose time came is published first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishAnnouncement {
    pub announcement_id: i64,
}

impl Job for PublishAnnouncement {
    const KIND: &'static str = "publish_announcement";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(self.announcement_id.to_string())
    }
}

/// An announcement is shown no more: open streams are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WithdrawAnnouncement {
    pub announcement_id: i64,
}

impl Job for WithdrawAnnouncement {
    const KIND: &'static str = "withdraw_announcement";
    const LANE: Lane = Lane::Default;
}

/// The reactions to an announcement changed: open streams are told how many there are of this name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AnnounceReaction {
    pub announcement_id: i64,
    /// An emoji, or the shortcode of a custom one.
    pub name: String,
}

impl Job for AnnounceReaction {
    const KIND: &'static str = "announce_reaction";
    const LANE: Lane = Lane::Default;

    fn dedup_key(&self) -> Option<String> {
        Some(format!("{}:{}", self.announcement_id, self.name))
    }
}
