//! Rows → one status.

use db::AccountId;
use db::StatusId;
use db::accounts::AccountRow;
use db::statuses::{StatusRow, Visibility};
use db::users::UserSettings;

use super::load::Parts;
use super::{Quote, QuoteState, Status, StatusApplication};
use crate::approval::{Approval, Policy};
use crate::filter::{FilterResult, searchable_text};
use crate::markup::{self, Participants};
use crate::timestamp::Millis;
use crate::urls::is_web_url;
use crate::{Id, MediaAttachment, Mention, Poll, PreviewCard, ShallowTag, account, mention};

/// More files are not shown, whatever other servers send.
const MEDIA_LIMIT: usize = 4;

/// How deep in quotes a status stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    Outer,
    Quoted,
}

impl Parts<'_> {
    /// `None` if there is no such status, or its author is gone.
    pub(super) fn build(&self, id: StatusId) -> Option<Status> {
        self.build_at(id, Depth::Outer)
    }

    fn build_at(&self, id: StatusId, depth: Depth) -> Option<Status> {
        let row = self.rows.get(&id)?;
        let author = self.account_rows.get(row.account_id)?;
        let proper = row.reblog_of_id.and_then(|original| self.rows.get(&original)).unwrap_or(row);
        let own = self.viewer == Some(row.account_id);
        let marks = self.viewer.map(|_| self.marks.get(&id).copied().unwrap_or_default());
        let pinnable = own && row.reblog_of_id.is_none() && !matches!(row.visibility(), Visibility::Direct | Visibility::Limited);
        let boost = row.reblog_of_id.is_some();
        let (uri, url) = self.addresses(row, author, boost);
        Some(Status {
            id: Id(id),
            created_at: Millis(row.created_at),
            in_reply_to_id: row.in_reply_to_id.map(Id),
            in_reply_to_account_id: row.in_reply_to_account_id.map(Id),
            sensitive: row.sensitive || (!own && author.sensitized_at.is_some()),
            spoiler_text: row.spoiler_text.clone(),
            visibility: row.visibility().name(),
            language: row.language.clone(),
            uri,
            url,
            replies_count: row.replies_count,
            reblogs_count: row.reblogs_count,
            favourites_count: row.favourites_count,
            quotes_count: row.quotes_count,
            edited_at: row.edited_at.map(Millis),
            favourited: marks.map(|marks| marks.favourited),
            reblogged: marks.map(|marks| marks.reblogged),
            muted: marks.map(|marks| marks.muted),
            bookmarked: marks.map(|marks| marks.bookmarked),
            pinned: marks.filter(|_| pinnable).map(|marks| marks.pinned),
            content: (!self.as_typed).then(|| self.content(row, author)),
            filtered: self.viewer.map(|_| self.filtered(row, proper)),
            text: self.as_typed.then(|| row.text.clone()),
            reblog: row.reblog_of_id.and_then(|original| self.build_at(original, Depth::Outer)).map(Box::new),
            application: self.application(row, author, own),
            account: self.accounts.get(&row.account_id)?.clone(),
            media_attachments: self.media(row),
            mentions: of(&self.mentions, id).iter().map(|mention| Mention::new(mention, self.urls)).collect(),
            tags: of(&self.tags, id).iter().map(|tag| ShallowTag::new(&tag.name, self.urls)).collect(),
            emojis: self.emojis(row, author),
            tagged_collections: self.collections.get(&id).cloned().unwrap_or_default(),
            quote: self.quote(row, depth),
            card: self.cards.get(&id).map(|card| PreviewCard::new(card, self.viewer, self.urls, &self.accounts)),
            poll: row
                .poll_id
                .and_then(|poll| self.polls.get(&poll))
                .map(|poll| Poll::new(poll, self.viewer, self.urls, &self.emojis)),
            quote_approval: self.quote_approval(proper),
        })
    }

    fn addresses(&self, row: &StatusRow, author: &AccountRow, boost: bool) -> (String, Option<String>) {
        if row.is_local() {
            let author = account::handle(author);
            (self.urls.status_uri(author, row.id, boost), Some(self.urls.status_page(author, row.id, boost)))
        } else {
            (row.uri.clone().unwrap_or_default(), row.url.clone().filter(|url| is_web_url(url)))
        }
    }

    fn content(&self, row: &StatusRow, author: &AccountRow) -> String {
        let mentions = of(&self.mentions, row.id).iter().map(mention::handle);
        let participants = Participants(std::iter::once(account::handle(author)).chain(mentions).collect());
        self.html(row, &row.text, &participants)
    }

    /// HTML of a text of this status, with the link to what it quotes.
    pub(super) fn html(&self, row: &StatusRow, text: &str, participants: &Participants<'_>) -> String {
        let html = markup::html(text, row.is_local(), self.urls, participants);
        match self.quoted_address(row).filter(|_| row.is_local()) {
            Some(url) => text::format::with_quote_fallback(&html, &url),
            None => html,
        }
    }

    /// Where readers that know no quotes are sent.
    fn quoted_address(&self, row: &StatusRow) -> Option<String> {
        let quoted = self.rows.get(&row.quoted_status_id?)?;
        let author = self.account_rows.get(quoted.account_id)?;
        let (uri, url) = self.addresses(quoted, author, quoted.reblog_of_id.is_some());
        Some(url.unwrap_or(uri)).filter(|url| !url.is_empty())
    }

    /// Of a boost the filters that the boosted status meets.
    fn filtered(&self, row: &StatusRow, proper: &StatusRow) -> Vec<FilterResult> {
        if self.filters.is_empty() {
            return Vec::new();
        }
        let plain = if proper.is_local() { proper.text.clone() } else { text::plain::remote(&proper.text) };
        let poll = proper.poll_id.and_then(|poll| self.polls.get(&poll)).map(|poll| poll.options.as_slice());
        let descriptions = self.ordered_media(proper).map(|file| file.description.as_deref());
        let text = searchable_text(&proper.spoiler_text, &plain, poll, descriptions);
        let ids: Vec<StatusId> = std::iter::once(row.id).chain(row.reblog_of_id).collect();
        self.filters.apply(&ids, &text)
    }

    fn application(&self, row: &StatusRow, author: &AccountRow, own: bool) -> Option<Option<StatusApplication>> {
        let shown = author.user_id.is_some() && UserSettings::parse(author.user_settings.as_deref()).shows_application();
        (shown || own).then(|| {
            row.application_name.as_ref().map(|name| StatusApplication {
                name: name.clone(),
                website: row.application_website.clone().filter(|website| !website.trim().is_empty()),
            })
        })
    }

    pub(super) fn ordered_media<'a>(
        &'a self,
        row: &'a StatusRow,
    ) -> Box<dyn Iterator<Item = &'a db::media_attachments::MediaAttachmentRow> + 'a> {
        let files = of(&self.media, row.id);
        match &row.ordered_media_attachment_ids {
            None => Box::new(files.iter().take(MEDIA_LIMIT)),
            Some(order) => Box::new(order.iter().filter_map(|id| files.iter().find(|file| file.id == *id)).take(MEDIA_LIMIT)),
        }
    }

    fn media(&self, row: &StatusRow) -> Vec<MediaAttachment> {
        self.ordered_media(row).map(|file| MediaAttachment::new(file, self.urls)).collect()
    }

    fn emojis(&self, row: &StatusRow, author: &AccountRow) -> Vec<crate::CustomEmoji> {
        let poll = row.poll_id.and_then(|poll| self.polls.get(&poll));
        let options = poll.into_iter().flat_map(|poll| poll.options.iter().map(String::as_str));
        let texts = [row.spoiler_text.as_str(), row.text.as_str()].into_iter().chain(options);
        self.emojis.in_texts(texts, author.domain.as_deref())
    }

    /// Absent for a link that only looks like a quote and was never accepted.
    pub(super) fn quote(&self, row: &StatusRow, depth: Depth) -> Option<Quote> {
        let stored = QuoteState::from_column(row.quote_state?);
        if row.quote_legacy.unwrap_or(false) && stored != QuoteState::Accepted {
            return None;
        }
        let state = self.quote_state(stored, row.quoted_status_id);
        let shown = row.quoted_status_id.filter(|_| stored == QuoteState::Accepted || self.as_typed);
        let shown = shown.filter(|_| !matches!(state, QuoteState::Deleted | QuoteState::Unauthorized));
        Some(match depth {
            Depth::Outer => {
                let quoted =
                    shown.and_then(|quoted| self.build_at(quoted, Depth::Quoted)).filter(|quoted| quoted.reblog.is_none());
                Quote::Full { state, quoted_status: quoted.map(Box::new) }
            }
            Depth::Quoted => Quote::Shallow { state, quoted_status_id: shown.map(Id) },
        })
    }

    fn quote_state(&self, stored: QuoteState, quoted: Option<StatusId>) -> QuoteState {
        if stored != QuoteState::Accepted {
            return stored;
        }
        let Some(quoted) = quoted.filter(|quoted| self.quotes.existing.contains(quoted)) else { return QuoteState::Deleted };
        if !self.quotes.visible.contains(&quoted) {
            return QuoteState::Unauthorized;
        }
        match self.quotes.aversions.get(&quoted) {
            Some(row) if row.blocking_domain => QuoteState::BlockedDomain,
            Some(row) if row.blocking => QuoteState::BlockedAccount,
            Some(row) if row.muting => QuoteState::MutedAccount,
            _ => stored,
        }
    }

    /// The policy of the boosted status, if it is a boost.
    fn quote_approval(&self, proper: &StatusRow) -> Approval {
        let policy = Policy(proper.quote_approval_policy);
        policy.to_entity(self.quote_approval_for_viewer(policy, proper))
    }

    fn quote_approval_for_viewer(&self, policy: Policy, proper: &StatusRow) -> &'static str {
        let Some(standing) = self.standing(proper.account_id) else { return "denied" };
        let closed = proper.visibility() == Visibility::Direct || proper.reblog_of_id.is_some();
        if closed { "denied" } else { policy.applied_to(standing) }
    }

    fn standing(&self, author: AccountId) -> Option<crate::approval::Standing> {
        self.account_rows.standing(author)
    }
}

pub(super) fn of<T>(groups: &std::collections::HashMap<StatusId, Vec<T>>, id: StatusId) -> &[T] {
    groups.get(&id).map_or(&[], Vec::as_slice)
}
