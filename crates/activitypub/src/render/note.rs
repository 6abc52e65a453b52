//! `Note` and `Question`: a status as other servers read it.

mod attachment;
mod audience;
mod load;
mod poll;
mod quote;
mod tags;

pub(super) use audience::audience;
pub(super) use load::{EmojiRow, emojis};

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{StatusId, time};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use text::format::{self, Mentioned, Options};

use self::load::{MentionRow, QuoteRow, Rows, StatusRow};
use self::poll::put_poll;
use super::{Renderer, Terms};

/// Statuses of a thread's author that stand in the first page of its replies.
const INLINE_REPLIES: usize = 5;

/// A status with what its activities need.
#[derive(Debug, Clone)]
pub struct Note {
    pub id: StatusId,
    pub uri: String,
    pub account_id: db::AccountId,
    pub account_uri: String,
    pub visibility: i32,
    pub published: String,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// The object without a context.
    pub body: Value,
    pub terms: Terms,
}

impl Note {
    /// As it was when it was posted: the author's next status of the thread may be here by the time the `Create` is written.
    #[must_use]
    pub fn before_replies(mut self) -> Self {
        if let Some(shown) = self.body.get_mut("replies") {
            *shown = replies(&self.uri, &[], None);
        }
        self
    }
}

/// The first page of a status's replies, which stands in its document.
fn replies(uri: &str, items: &[String], last: Option<StatusId>) -> Value {
    let next = match last {
        Some(last) => format!("{uri}/replies?min_id={last}&page=true"),
        None => format!("{uri}/replies?only_other_accounts=true&page=true"),
    };
    json!({
        "id": format!("{uri}/replies"),
        "type": "Collection",
        "first": {"type": "CollectionPage", "next": next, "partOf": format!("{uri}/replies"), "items": items},
    })
}

impl Renderer {
    /// The notes of these statuses, in the order asked; what does not exist (any more) and boosts are left out.
    /// Ten statements, however many ids.
    ///
    /// # Errors
    /// The database fails.
    pub async fn notes(&self, conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<Note>, sqlx::Error> {
        let rows = load::load(conn, ids).await?;
        let statuses: HashMap<StatusId, &StatusRow> = rows.statuses.iter().map(|row| (row.id, row)).collect();
        Ok(ids.iter().filter_map(|id| statuses.get(id)).map(|status| self.note_of(status, &rows)).collect())
    }

    /// One note.
    ///
    /// # Errors
    /// As [`Renderer::notes`].
    pub async fn note(&self, conn: &mut PgConnection, id: StatusId) -> Result<Option<Note>, sqlx::Error> {
        Ok(self.notes(conn, &[id]).await?.pop())
    }

    fn note_of(&self, status: &StatusRow, rows: &Rows) -> Note {
        let account_uri = match &status.account_uri {
            Some(uri) if status.account_domain.is_some() => uri.clone(),
            _ => self.uris.account(status.account_id, &status.username, status.id_scheme),
        };
        let uri = status.uri.clone().unwrap_or_else(|| self.uris.status(&account_uri, status.id));
        let mentions: Vec<&MentionRow> = rows.mentions.iter().filter(|m| m.status_id == status.id).collect();
        let (to, cc) = self.audience(status, &account_uri, &mentions);
        let mut terms = Terms::NOTE;
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        let poll = rows.polls.iter().find(|poll| poll.status_id == status.id);
        let quote = rows.quotes.iter().find(|quote| quote.status_id == status.id);
        let content = self.content(status, &mentions, quote);
        let conversation = self.conversation(status);

        put("id", json!(uri));
        put("type", json!(if poll.is_some() { "Question" } else { "Note" }));
        put("summary", json!(Some(&status.spoiler_text).filter(|text| !text.is_empty())));
        put("inReplyTo", json!(self.parent_uri(status)));
        put("published", json!(time::seconds(status.created_at)));
        put("url", json!(self.url(status, &uri)));
        put("attributedTo", json!(account_uri));
        put("to", json!(to));
        put("cc", json!(cc));
        put("sensitive", json!(status.sensitive || status.account_sensitized));
        put("atomUri", json!(uri));
        put("inReplyToAtomUri", json!(self.parent_uri(status)));
        put("conversation", json!(conversation));
        put("context", json!(conversation));
        put("content", json!(content));
        if let Some(language) = status.language.as_deref().filter(|language| !language.is_empty()) {
            put("contentMap", json!({ language: content }));
        }
        if let Some(edited_at) = status.edited_at {
            put("updated", json!(time::seconds(edited_at)));
        }
        let media = self.media(status, rows, &mut terms);
        put("attachment", media);
        let tags = self.tags(status, &mentions, rows, &mut terms);
        put("tag", tags);
        if status.local {
            put("replies", self.replies(&uri, status.id, rows));
        }
        if status.local {
            put("likes", json!({"id": format!("{uri}/likes"), "type": "Collection", "totalItems": status.favourites_count}));
            put("shares", json!({"id": format!("{uri}/shares"), "type": "Collection", "totalItems": status.reblogs_count}));
        }
        put("interactionPolicy", json!({"canQuote": {"automaticApproval": self.quote_approval(status, &account_uri)}}));
        if let Some(poll) = poll {
            put_poll(&mut body, poll);
        }
        if let Some(quote) = quote {
            self.put_quote(&mut body, quote);
        }
        Note {
            id: status.id,
            uri,
            account_id: status.account_id,
            account_uri,
            visibility: status.visibility,
            published: time::seconds(status.created_at),
            to,
            cc,
            body: Value::Object(body),
            terms,
        }
    }

    fn mentioned_uri(&self, mention: &MentionRow) -> String {
        match mention.domain {
            Some(_) => mention.uri.clone(),
            None => self.uris.account(mention.account_id, &mention.username, mention.id_scheme),
        }
    }

    fn mentioned_page(&self, mention: &MentionRow) -> String {
        match mention.domain {
            Some(_) => mention.url.clone().filter(|url| !url.is_empty()).unwrap_or_else(|| mention.uri.clone()),
            None => self.uris.account_page(&mention.username),
        }
    }

    fn content(&self, status: &StatusRow, mentions: &[&MentionRow], quote: Option<&QuoteRow>) -> String {
        if !status.local {
            return status.text.clone();
        }
        let resolve = |username: &str, domain: Option<&str>| {
            let found = mentions.iter().find(|mention| {
                mention.username.eq_ignore_ascii_case(username)
                    && match (domain, mention.domain.as_deref()) {
                        (None, None) => true,
                        (Some(asked), Some(known)) => asked.eq_ignore_ascii_case(known),
                        (Some(asked), None) => asked.eq_ignore_ascii_case(&self.local_domain),
                        (None, Some(_)) => false,
                    }
            })?;
            Some(Mentioned {
                username: found.username.clone(),
                domain: found.domain.clone(),
                pretty_acct: found.acct(),
                url: self.mentioned_page(found),
            })
        };
        let html = format::local_html(&status.text, &Options { base_url: self.uris.base(), resolve: &resolve });
        match quote.and_then(|quote| self.quoted_page(quote)) {
            Some(page) => format::with_quote_fallback(&html, &page),
            None => html,
        }
    }

    fn conversation(&self, status: &StatusRow) -> Option<String> {
        status.conversation_id?;
        status.conversation_uri.clone().or_else(|| match (status.root_account_id, status.root_status_id) {
            (Some(account), Some(root)) => Some(format!("{}/contexts/{account}-{root}", self.uris.base())),
            _ => status.conversation_created_at.map(|created| {
                format!(
                    "tag:{},{}:objectId={}:objectType=Conversation",
                    self.local_domain,
                    created.format("%Y-%m-%d"),
                    status.conversation_id.unwrap_or_default()
                )
            }),
        })
    }

    fn parent_uri(&self, status: &StatusRow) -> Option<String> {
        let id = status.in_reply_to_id?;
        status.parent_uri.clone().or_else(|| {
            let username = status.parent_username.as_deref()?;
            let account = self.uris.account(status.in_reply_to_account_id?, username, status.parent_id_scheme);
            Some(self.uris.status(&account, id))
        })
    }

    fn url(&self, status: &StatusRow, uri: &str) -> String {
        if status.local {
            return self.uris.status_page(&status.username, status.id);
        }
        status.url.clone().filter(|url| !url.is_empty()).unwrap_or_else(|| uri.to_owned())
    }

    fn replies(&self, uri: &str, id: StatusId, rows: &Rows) -> Value {
        let own: Vec<&load::ReplyRow> =
            rows.replies.iter().filter(|reply| reply.in_reply_to_id == Some(id)).take(INLINE_REPLIES).collect();
        let items: Vec<String> = own
            .iter()
            .map(|reply| {
                reply.uri.clone().unwrap_or_else(|| {
                    self.uris.status(&self.uris.account(reply.account_id, &reply.username, reply.id_scheme), reply.id)
                })
            })
            .collect();
        replies(uri, &items, own.last().map(|last| last.id))
    }
}

impl MentionRow {
    fn acct(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.username),
            None => self.username.clone(),
        }
    }
}

/// When a status was last changed, for the id of its `Update`.
#[must_use]
pub fn changed_at(edited_at: Option<NaiveDateTime>, created_at: NaiveDateTime) -> NaiveDateTime {
    edited_at.unwrap_or(created_at)
}
