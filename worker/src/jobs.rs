//! The handlers, one file for each kind of job, and the list of them.

mod after_block;
mod after_domain_block;
mod after_suspension_change;
mod announce_notification;
mod announce_reaction;
mod announcement;
mod apply_domain_block;
mod authorize_follow;
mod bootstrap_timeline;
mod clean_up;
mod clear_domain_media;
mod crawl_link;
mod delete_account;
mod delete_domain;
mod delete_files;
pub(crate) mod deliver;
mod distribute;
mod distribute_edit;
mod download_avatar;
mod download_emoji;
mod download_header;
mod download_media;
mod expire_mute;
mod federate;
mod feeds;
mod fetch_all_replies;
mod fetch_replies;
mod fetch_reply;
mod generate_annual_report;
mod mail_address_change;
mod mail_confirmation;
mod mail_notification;
mod mail_password_change;
mod mail_password_reset;
mod mail_pending_account;
mod mail_strike;
mod mail_trends;
mod mail_welcome;
mod maintenance;
mod merge_accounts;
mod move_followers;
mod poll_expired;
mod process_featured_item;
mod process_inbox;
mod process_media;
mod publish_scheduled;
mod refollow;
mod refresh_account;
mod refresh_instances;
mod refresh_recommendations;
mod refresh_trends;
mod remote_file;
mod remove_status;
mod request_trend_reviews;
mod resolve_mention;
mod resolve_thread;
mod synchronize_collections;
mod synchronize_featured;
mod synchronize_featured_tags;
mod synchronize_followers;
mod unfilter_notifications;
mod verify_links;
pub(crate) mod web_push;

use jobs::account::{
    AfterBlock, AfterDomainBlock, AfterSuspensionChange, AuthorizeFollow, BootstrapTimeline, DeleteAccount, ExpireMute,
    GenerateAnnualReport, MergeAccounts, MoveFollowers, Refollow, RefreshAccount, ResolveMention, VerifyLinks,
};
use jobs::delivery::{
    FederateAccountUpdate, FederateCollection, FederateFeatureRequest, FederateFeatureRevocation, FederateMove, FederatePoll,
    FederateQuoteRequest, FederateQuoteRevocation, FederateStatus, FederateStatusUpdate, FederateToFollowers,
    SynchronizeFollowers,
};
use jobs::domain::{ApplyDomainBlock, ClearDomainMedia, DeleteDomain, LiftDomainBlock, RefreshInstances};
use jobs::feed::{
    AnnounceNotification, AnnounceReaction, Distribute, DistributeEdit, MergeFeed, PollExpired, PublishAnnouncement,
    PublishScheduledStatus, RegenerateHome, RemoveFromFeeds, RemoveStatus, UnfilterNotifications, UnmergeFeed, UnmergeTag,
    WithdrawAnnouncement,
};
use jobs::inbox::{
    FetchAllReplies, FetchReplies, FetchReply, ProcessFeaturedItem, ProcessInbox, ResolveThread, SynchronizeCollections,
    SynchronizeFeatured, SynchronizeFeaturedTags,
};
use jobs::mail::{
    MailAddressChange, MailConfirmation, MailNotification, MailPasswordChange, MailPasswordReset, MailPendingAccount, MailStrike,
    MailTrends, MailWelcome,
};
use jobs::maintenance::Maintenance;
use jobs::media::{CrawlLink, DeleteFiles, DownloadAvatar, DownloadEmoji, DownloadHeader, DownloadMedia, ProcessMedia};
use jobs::push::WebPush;

use crate::registry::{JobError, Registry};

pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.add::<AfterBlock, _>(after_block::run);
    registry.add::<AfterDomainBlock, _>(after_domain_block::run);
    registry.add::<AfterSuspensionChange, _>(after_suspension_change::run);
    registry.add::<AnnounceNotification, _>(announce_notification::run);
    registry.add::<AnnounceReaction, _>(announce_reaction::run);
    registry.add::<ApplyDomainBlock, _>(apply_domain_block::run);
    registry.add::<AuthorizeFollow, _>(authorize_follow::run);
    registry.add::<BootstrapTimeline, _>(bootstrap_timeline::run);
    registry.add::<ClearDomainMedia, _>(clear_domain_media::run);
    registry.add::<CrawlLink, _>(crawl_link::run);
    registry.add::<DeleteAccount, _>(delete_account::run);
    registry.add::<DeleteDomain, _>(delete_domain::run);
    registry.add::<DeleteFiles, _>(delete_files::run);
    registry.add::<Distribute, _>(distribute::run);
    registry.add::<DistributeEdit, _>(distribute_edit::run);
    registry.add::<DownloadAvatar, _>(download_avatar::run);
    registry.add::<DownloadEmoji, _>(download_emoji::run);
    registry.add::<DownloadHeader, _>(download_header::run);
    registry.add::<DownloadMedia, _>(download_media::run);
    registry.add::<ExpireMute, _>(expire_mute::run);
    registry.add::<FederateAccountUpdate, _>(federate::account_update);
    registry.add::<FederateMove, _>(federate::account_move);
    registry.add::<FederateCollection, _>(federate::collection);
    registry.add::<FederateFeatureRequest, _>(federate::feature_request);
    registry.add::<FederateFeatureRevocation, _>(federate::feature_revocation);
    registry.add::<FederatePoll, _>(federate::poll_update);
    registry.add::<FederateQuoteRequest, _>(federate::quote_request);
    registry.add::<FederateQuoteRevocation, _>(federate::quote_revocation);
    registry.add::<FederateStatus, _>(federate::status::create);
    registry.add::<FederateStatusUpdate, _>(federate::status::update);
    registry.add::<FederateToFollowers, _>(federate::to_followers);
    registry.add::<FetchAllReplies, _>(fetch_all_replies::run);
    registry.add::<FetchReplies, _>(fetch_replies::run);
    registry.add::<FetchReply, _>(fetch_reply::run);
    registry.add::<GenerateAnnualReport, _>(generate_annual_report::run);
    registry.add::<LiftDomainBlock, _>(apply_domain_block::lift);
    registry.add::<MailAddressChange, _>(mail_address_change::run);
    registry.add::<MailConfirmation, _>(mail_confirmation::run);
    registry.add::<MailNotification, _>(mail_notification::run);
    registry.add::<MailPasswordChange, _>(mail_password_change::run);
    registry.add::<MailPasswordReset, _>(mail_password_reset::run);
    registry.add::<MailPendingAccount, _>(mail_pending_account::run);
    registry.add::<MailStrike, _>(mail_strike::run);
    registry.add::<MailTrends, _>(mail_trends::run);
    registry.add::<MailWelcome, _>(mail_welcome::run);
    registry.add::<Maintenance, _>(maintenance::run);
    registry.add::<MergeAccounts, _>(merge_accounts::run);
    registry.add::<MergeFeed, _>(feeds::merge);
    registry.add::<MoveFollowers, _>(move_followers::run);
    registry.add::<PollExpired, _>(poll_expired::run);
    registry.add::<ProcessFeaturedItem, _>(process_featured_item::run);
    registry.add::<ProcessInbox, _>(process_inbox::run);
    registry.add::<ProcessMedia, _>(process_media::run);
    registry.add::<PublishAnnouncement, _>(announcement::publish);
    registry.add::<PublishScheduledStatus, _>(publish_scheduled::publish_one);
    registry.add::<Refollow, _>(refollow::run);
    registry.add::<RefreshAccount, _>(refresh_account::run);
    registry.add::<RefreshInstances, _>(refresh_instances::run);
    registry.add::<RegenerateHome, _>(feeds::regenerate);
    registry.add::<RemoveFromFeeds, _>(feeds::remove_from);
    registry.add::<RemoveStatus, _>(remove_status::run);
    registry.add::<ResolveMention, _>(resolve_mention::run);
    registry.add::<ResolveThread, _>(resolve_thread::run);
    registry.add::<SynchronizeCollections, _>(synchronize_collections::run);
    registry.add::<SynchronizeFeatured, _>(synchronize_featured::run);
    registry.add::<SynchronizeFeaturedTags, _>(synchronize_featured_tags::run);
    registry.add::<SynchronizeFollowers, _>(synchronize_followers::run);
    registry.add::<UnfilterNotifications, _>(unfilter_notifications::run);
    registry.add::<UnmergeFeed, _>(feeds::unmerge);
    registry.add::<UnmergeTag, _>(feeds::unmerge_tag);
    registry.add::<VerifyLinks, _>(verify_links::run);
    registry.add::<WebPush, _>(web_push::run);
    registry.add::<WithdrawAnnouncement, _>(announcement::withdraw);
    registry
}

/// What will never succeed is not tried again.
fn given_up(done: inbox::Result<()>) -> Result<(), JobError> {
    match done {
        Err(error) if !error.is_temporary() => {
            tracing::debug!(%error, "given up");
            Err(JobError::Discard("it cannot be had"))
        }
        other => Ok(other?),
    }
}

/// What names a token in a Message-ID without giving it away.
fn mail_key(token: &str) -> String {
    let mut hash = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()));
    hash.truncate(16);
    hash
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_kind_of_job_has_a_handler() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/jobs/src");
        let mut kinds = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let source = std::fs::read_to_string(path).unwrap();
                let named = source.split("const KIND: &'static str = \"").skip(1);
                kinds.extend(named.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
        assert!(kinds.len() > 40, "{kinds:?}");
        let registry = super::registry();
        let missing: Vec<_> = kinds.iter().map(String::as_str).filter(|kind| !registry.knows(kind)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
