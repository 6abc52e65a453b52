//! Statuses in batches: a number of statements that does not depend on how many there are.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use db::media_attachments::MediaAttachmentRow;
use db::mentions::MentionRow;
use db::polls::PollRow;
use db::preview_cards::PreviewCardRow;
use db::statuses::{AversionRow, StatusRow, ViewerRow};
use db::tags::StatusTagRow;
use db::{AccountId, PgConnection, PollId, StatusId};

use super::Status;
use crate::account::AccountRows;
use crate::custom_emoji::{Found, Wanted};
use crate::filter::ActiveFilters;
use crate::{Account, Collection, Shared, Urls};

/// Everything that some statuses, what they boost and what these quote are made of.
pub(super) struct Parts<'a> {
    pub(super) urls: &'a Urls,
    pub(super) viewer: Option<AccountId>,
    pub(super) rows: HashMap<StatusId, StatusRow>,
    pub(super) media: HashMap<StatusId, Vec<MediaAttachmentRow>>,
    pub(super) mentions: HashMap<StatusId, Vec<MentionRow>>,
    pub(super) tags: HashMap<StatusId, Vec<StatusTagRow>>,
    pub(super) polls: HashMap<PollId, PollRow>,
    pub(super) cards: HashMap<StatusId, PreviewCardRow>,
    pub(super) collections: HashMap<StatusId, Vec<Collection>>,
    pub(super) marks: HashMap<StatusId, ViewerRow>,
    pub(super) filters: ActiveFilters,
    pub(super) quotes: Quotable,
    pub(super) account_rows: AccountRows,
    pub(super) accounts: HashMap<AccountId, Shared<Account>>,
    pub(super) emojis: Found,
    /// What was typed stands in place of the HTML.
    pub(super) as_typed: bool,
}

/// Which quoted statuses exist and may be seen, and what the viewer has against their authors.
#[derive(Default)]
pub(super) struct Quotable {
    pub(super) existing: HashSet<StatusId>,
    pub(super) visible: HashSet<StatusId>,
    pub(super) aversions: HashMap<StatusId, AversionRow>,
}

impl Quotable {
    async fn load(
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: &HashMap<StatusId, StatusRow>,
    ) -> Result<Self, sqlx::Error> {
        let ids: Vec<StatusId> = rows.values().filter_map(|row| row.quoted_status_id).collect();
        if ids.is_empty() {
            return Ok(Self::default());
        }
        Ok(Self {
            existing: db::statuses::existing(conn, &ids).await?.into_iter().collect(),
            visible: db::statuses::visible(conn, viewer, &ids).await?.into_iter().collect(),
            aversions: match viewer {
                Some(_) => {
                    db::statuses::aversions(conn, viewer, &ids).await?.into_iter().map(|row| (row.status_id, row)).collect()
                }
                None => HashMap::new(),
            },
        })
    }
}

impl<'a> Parts<'a> {
    pub(super) async fn load(
        conn: &mut PgConnection,
        urls: &'a Urls,
        viewer: Option<AccountId>,
        ids: &[StatusId],
    ) -> Result<Self, sqlx::Error> {
        let rows = by_key(db::statuses::load_with_nested(conn, ids).await?, |row| row.id);
        let all: Vec<StatusId> = rows.keys().copied().collect();
        let poll_ids: Vec<PollId> = rows.values().filter_map(|row| row.poll_id).collect();
        let polls = if poll_ids.is_empty() { Vec::new() } else { db::polls::load(conn, viewer, &poll_ids).await? };
        let cards = db::preview_cards::of_statuses(conn, &all).await?;
        let (marks, filters) = match viewer {
            Some(viewer) => {
                (db::statuses::viewer_marks(conn, viewer, &all).await?, ActiveFilters::load(conn, viewer, urls.now()).await?)
            }
            None => (Vec::new(), ActiveFilters::default()),
        };
        let authors = rows.values().map(|row| row.account_id);
        let account_ids: HashSet<AccountId> = authors.chain(cards.iter().filter_map(|card| card.author_account_id)).collect();
        let account_ids: Vec<AccountId> = account_ids.into_iter().collect();
        let account_rows = AccountRows::load(conn, urls, viewer, &account_ids).await?;
        let polls = by_key(polls, |row| row.id);
        let emojis = wanted_emojis(&rows, &polls, &account_rows).find(conn, urls).await?;
        Ok(Self {
            media: groups(db::media_attachments::of_statuses(conn, &all).await?, |row| row.status_id),
            mentions: groups(db::mentions::load(conn, &all).await?, |row| Some(row.status_id)),
            tags: groups(db::tags::of_statuses(conn, &all).await?, |row| Some(row.status_id)),
            collections: Collection::tagged_in(conn, urls, viewer, &all).await?,
            quotes: Quotable::load(conn, viewer, &rows).await?,
            accounts: account_rows.build(urls, &emojis),
            cards: cards.into_iter().filter_map(|card| Some((card.status_id?, card))).collect(),
            marks: by_key(marks, |row| row.status_id),
            urls,
            viewer,
            rows,
            polls,
            filters,
            account_rows,
            emojis,
            as_typed: false,
        })
    }
}

fn wanted_emojis(rows: &HashMap<StatusId, StatusRow>, polls: &HashMap<PollId, PollRow>, accounts: &AccountRows) -> Wanted {
    let mut wanted = Wanted::default();
    accounts.want_emojis(&mut wanted);
    for row in rows.values() {
        let domain = accounts.get(row.account_id).and_then(|author| author.domain.as_deref());
        wanted.add(&row.spoiler_text, domain);
        wanted.add(&row.text, domain);
    }
    for poll in polls.values() {
        for option in &poll.options {
            wanted.add(option, poll.domain.as_deref());
        }
    }
    wanted
}

fn by_key<K: Eq + Hash, T>(rows: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, T> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

fn groups<T>(rows: Vec<T>, key: impl Fn(&T) -> Option<StatusId>) -> HashMap<StatusId, Vec<T>> {
    let mut groups: HashMap<StatusId, Vec<T>> = HashMap::new();
    for row in rows {
        if let Some(key) = key(&row) {
            groups.entry(key).or_default().push(row);
        }
    }
    groups
}

impl Status {
    /// Statuses in the order of `ids` for whoever is signed in; those that do not exist are left out.
    ///
    /// Whether `viewer` may see them must have been decided before: `db::statuses::visible`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[StatusId],
    ) -> Result<Vec<Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let parts = Parts::load(conn, urls, viewer, ids).await?;
        Ok(ids.iter().filter_map(|id| parts.build(*id)).collect())
    }

    /// One status. A boost that stands alone says what the viewer did with the boosted status, as Mastodon answers it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        id: StatusId,
    ) -> Result<Option<Self>, sqlx::Error> {
        let status = Self::load_many(conn, urls, viewer, &[id]).await?.into_iter().next();
        Ok(status.map(Self::with_marks_of_boosted))
    }

    /// The form in which a deletion is answered: what was typed in place of the HTML, to be written anew, also of the quoted
    /// status, which is shown whatever became of the quote.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_as_typed(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: AccountId,
        id: StatusId,
    ) -> Result<Option<Self>, sqlx::Error> {
        let parts = Parts::load(conn, urls, Some(viewer), &[id]).await?;
        Ok(Parts { as_typed: true, ..parts }.build(id).map(Self::with_marks_of_boosted))
    }

    fn with_marks_of_boosted(mut self) -> Self {
        if let Some(boosted) = &self.reblog {
            self.favourited = boosted.favourited;
            self.reblogged = boosted.reblogged;
            self.bookmarked = boosted.bookmarked;
        }
        self
    }
}
