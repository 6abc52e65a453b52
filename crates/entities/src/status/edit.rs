//! Earlier wordings of a status, and what was typed.

use chrono::NaiveDateTime;
use db::media_attachments::MediaAttachmentRow;
use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use super::build::{Depth, of};
use super::load::Parts;
use super::{Quote, QuoteState};
use crate::account;
use crate::custom_emoji::{Found, Wanted};
use crate::markup::Participants;
use crate::timestamp::Millis;
use crate::{Account, CustomEmoji, Id, MediaAttachment, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct StatusEdit {
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub created_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollTitles>,
    pub account: Shared<Account>,
    /// With the descriptions of that revision.
    pub media_attachments: Vec<MediaAttachment>,
    pub emojis: Vec<CustomEmoji>,
    /// Of a revision that quoted. Of what was quoted only at that time nothing is told but that it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PollTitles {
    pub options: Vec<TitleOnly>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TitleOnly {
    pub title: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct StatusSource {
    pub id: Id,
    pub text: String,
    pub spoiler_text: String,
}

/// A row of `status_edits`, or the present state of a status that was never edited.
struct RevisionRow {
    text: String,
    spoiler_text: String,
    sensitive: Option<bool>,
    created_at: NaiveDateTime,
    ordered_media_attachment_ids: Option<Vec<i64>>,
    media_descriptions: Option<Vec<Option<String>>>,
    poll_options: Option<Vec<String>>,
    quote_id: Option<i64>,
}

impl StatusEdit {
    /// All revisions of a status, oldest first; one if it was never edited. `None` if there is no such status.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_all(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        status: StatusId,
    ) -> Result<Option<Vec<Self>>, sqlx::Error> {
        let parts = Parts::load(conn, urls, viewer, &[status]).await?;
        if !parts.rows.contains_key(&status) {
            return Ok(None);
        }
        let mut revisions = revisions(conn, status).await?;
        if revisions.is_empty() {
            revisions.extend(parts.present_revision(status));
        }
        let mut wanted = Wanted::default();
        let domain = parts.rows.get(&status).and_then(|row| parts.account_rows.get(row.account_id)?.domain.clone());
        for revision in &revisions {
            wanted.add(&revision.spoiler_text, domain.as_deref());
            wanted.add(&revision.text, domain.as_deref());
        }
        let emojis = wanted.find(conn, urls).await?;
        Ok(Some(revisions.iter().filter_map(|revision| parts.edit(status, revision, &emojis)).collect()))
    }
}

impl StatusSource {
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, status: StatusId) -> Result<Option<Self>, sqlx::Error> {
        let row = sqlx::query!("SELECT text, spoiler_text FROM statuses WHERE id = $1 AND deleted_at IS NULL", status)
            .fetch_optional(conn)
            .await?;
        Ok(row.map(|row| Self { id: Id(status), text: row.text, spoiler_text: row.spoiler_text }))
    }
}

async fn revisions(conn: &mut PgConnection, status: StatusId) -> Result<Vec<RevisionRow>, sqlx::Error> {
    sqlx::query_as!(
        RevisionRow,
        r#"
        SELECT text, spoiler_text, sensitive, created_at, ordered_media_attachment_ids,
               media_descriptions AS "media_descriptions: Vec<Option<String>>", poll_options, quote_id
        FROM status_edits WHERE status_id = $1 ORDER BY id
        "#,
        status,
    )
    .fetch_all(conn)
    .await
}

impl Parts<'_> {
    fn present_revision(&self, id: StatusId) -> Option<RevisionRow> {
        let row = self.rows.get(&id)?;
        let media: Vec<&MediaAttachmentRow> = self.ordered_media(row).collect();
        Some(RevisionRow {
            text: row.text.clone(),
            spoiler_text: row.spoiler_text.clone(),
            sensitive: Some(row.sensitive),
            created_at: row.edited_at.unwrap_or(row.created_at),
            ordered_media_attachment_ids: Some(media.iter().map(|file| file.id).collect()),
            media_descriptions: Some(media.iter().map(|file| file.description.clone()).collect()),
            poll_options: row.poll_id.and_then(|poll| self.polls.get(&poll)).map(|poll| poll.options.clone()),
            quote_id: row.quote_id,
        })
    }

    fn edit(&self, id: StatusId, revision: &RevisionRow, emojis: &Found) -> Option<StatusEdit> {
        let row = self.rows.get(&id)?;
        let author = self.account_rows.get(row.account_id)?;
        // Mastodon knows the author alone here: other mentions stay text.
        let participants = Participants(vec![account::handle(author)]);
        let options = revision.poll_options.as_ref().filter(|options| !options.is_empty());
        Some(StatusEdit {
            content: self.html(row, &revision.text, &participants),
            spoiler_text: revision.spoiler_text.clone(),
            sensitive: revision.sensitive.unwrap_or(false),
            created_at: Millis(revision.created_at),
            poll: options
                .map(|options| PollTitles { options: options.iter().map(|title| TitleOnly { title: title.clone() }).collect() }),
            account: self.accounts.get(&row.account_id)?.clone(),
            media_attachments: self.media_of(id, revision),
            emojis: emojis.in_texts([revision.spoiler_text.as_str(), revision.text.as_str()], author.domain.as_deref()),
            quote: revision.quote_id.and_then(|quote| {
                if row.quote_id == Some(quote) {
                    self.quote(row, Depth::Outer)
                } else {
                    Some(Quote::Full { state: QuoteState::Pending, quoted_status: None })
                }
            }),
        })
    }

    fn media_of(&self, id: StatusId, revision: &RevisionRow) -> Vec<MediaAttachment> {
        let files = of(&self.media, id);
        let descriptions = revision.media_descriptions.as_deref().unwrap_or_default();
        let order = revision.ordered_media_attachment_ids.as_deref().unwrap_or_default();
        order
            .iter()
            .enumerate()
            .filter_map(|(n, id)| Some((n, files.iter().find(|file| file.id == *id)?)))
            .map(|(n, file)| MediaAttachment {
                description: descriptions.get(n).cloned().flatten(),
                ..MediaAttachment::new(file, self.urls)
            })
            .collect()
    }
}
