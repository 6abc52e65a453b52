//! `Note` and `Question`: a status as other servers read it.

mod load;

pub(super) use load::{EmojiRow, emojis};

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{StatusId, time};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use text::format::{self, Mentioned, Options};

use self::load::{MediaRow, MentionRow, PollRow, QuoteRow, Rows, StatusRow};
use super::{PUBLIC, Renderer, Terms};

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

    /// `to` and `cc`. Statuses of silenced authors only address those who chose to follow them.
    fn audience(&self, status: &StatusRow, account_uri: &str, mentions: &[&MentionRow]) -> (Vec<String>, Vec<String>) {
        let mentioned: Vec<String> = mentions
            .iter()
            .filter(|mention| !mention.silent && (!status.account_silenced || mention.follows_author))
            .flat_map(|mention| self.addresses_of(mention))
            .collect();
        audience(status.visibility, format!("{account_uri}/followers"), mentioned)
    }

    /// A group is addressed with its followers, so that it passes the status on to them.
    fn addresses_of(&self, mention: &MentionRow) -> Vec<String> {
        let mut addresses = vec![self.mentioned_uri(mention)];
        if mention.actor_type.as_deref() == Some("Group") {
            let followers = if mention.followers_url.is_empty() { None } else { Some(mention.followers_url.clone()) };
            addresses.extend(followers);
        }
        addresses
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

    fn media(&self, status: &StatusRow, rows: &Rows, terms: &mut Terms) -> Value {
        let mut attached: Vec<&MediaRow> = rows.media.iter().filter(|media| media.status_id == Some(status.id)).collect();
        if let Some(order) = &status.ordered_media_attachment_ids {
            attached.retain(|media| order.contains(&media.id));
            attached.sort_by_key(|media| order.iter().position(|id| *id == media.id));
        }
        let documents = attached.into_iter().map(|media| {
            terms.blurhash = true;
            terms.focal_point = true;
            media.document(&self.files)
        });
        Value::Array(documents.collect())
    }

    fn tags(&self, status: &StatusRow, mentions: &[&MentionRow], rows: &Rows, terms: &mut Terms) -> Value {
        let mut tags: Vec<Value> = mentions
            .iter()
            .filter(|mention| !mention.silent)
            .map(|mention| {
                let domain = mention.domain.as_deref();
                let name = match domain {
                    Some(domain) => format!("@{}@{domain}", mention.username),
                    None => format!("@{}", mention.username),
                };
                json!({"type": "Mention", "href": self.mentioned_uri(mention), "name": name})
            })
            .collect();
        for tag in rows.tags.iter().filter(|tag| tag.status_id == status.id) {
            terms.hashtag = true;
            tags.push(json!({"type": "Hashtag", "href": self.uris.tag(&tag.name), "name": format!("#{}", tag.name)}));
        }
        let used: Vec<&str> = text::emoji::shortcodes(&status.spoiler_text)
            .into_iter()
            .chain(text::emoji::shortcodes(&status.text))
            .chain(
                rows.polls
                    .iter()
                    .filter(|p| p.status_id == status.id)
                    .flat_map(|p| p.options.iter().flat_map(|option| text::emoji::shortcodes(option))),
            )
            .collect();
        for emoji in
            rows.emojis.iter().filter(|emoji| emoji.domain == status.account_domain && used.contains(&emoji.shortcode.as_str()))
        {
            terms.emoji = true;
            // The picture of an emoji is an image object, whose terms come with it.
            terms.focal_point = true;
            tags.push(self.emoji(emoji));
        }
        Value::Array(tags)
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

    fn quote_approval(&self, status: &StatusRow, account_uri: &str) -> Vec<String> {
        let automatic = status.quote_approval_policy >> 16;
        let mut approved = Vec::new();
        if automatic & 2 != 0 {
            approved.push(PUBLIC.to_owned());
        }
        if automatic & 4 != 0 {
            approved.push(format!("{account_uri}/followers"));
        }
        if automatic & 8 != 0 {
            approved.push(format!("{account_uri}/following"));
        }
        if approved.is_empty() {
            approved.push(account_uri.to_owned());
        }
        approved
    }

    fn quoted_page(&self, quote: &QuoteRow) -> Option<String> {
        if quote.quoted_domain.is_some() {
            return quote.quoted_url.clone().filter(|url| !url.is_empty()).or_else(|| quote.quoted_uri.clone());
        }
        Some(self.uris.status_page(quote.quoted_username.as_deref()?, quote.quoted_id?))
    }

    /// A quoted status that is gone leaves a tombstone in `quote`, the one place where its loss can be said.
    fn put_quote(&self, body: &mut Map<String, Value>, quote: &QuoteRow) {
        match &quote.quoted_uri {
            Some(uri) => {
                for key in ["quote", "_misskey_quote", "quoteUri"] {
                    body.insert(key.to_owned(), json!(uri));
                }
            }
            None => {
                body.insert("quote".to_owned(), json!({"type": "Tombstone"}));
            }
        }
        if let Some(authorization) = self.quote_authorization(quote) {
            body.insert("quoteAuthorization".to_owned(), json!(authorization));
        }
    }

    /// The stamp of the quoted author's server; ours for local authors.
    fn quote_authorization(&self, quote: &QuoteRow) -> Option<String> {
        if quote.quoted_domain.is_some() {
            return quote.approval_uri.clone();
        }
        let account = self.uris.account(quote.quoted_account_id?, quote.quoted_username.as_deref()?, quote.quoted_id_scheme);
        quote.accepted.then(|| format!("{account}/quote_authorizations/{}", quote.id))
    }

    /// A custom emoji as a tag, in notes and in actors.
    pub(super) fn emoji(&self, emoji: &EmojiRow) -> Value {
        let id = match &emoji.domain {
            None => format!("{}/emojis/{}", self.uris.base(), emoji.id),
            Some(_) => emoji.uri.clone().unwrap_or_default(),
        };
        let cached = media::paths::cached(emoji.image_storage_schema_version, emoji.domain.is_some());
        let file = emoji.image_file_name.as_deref().unwrap_or_default();
        let path = media::paths::attachment(media::paths::Attachment::CustomEmojiImage, emoji.id, "original", file, cached);
        json!({
            "id": id,
            "type": "Emoji",
            "name": format!(":{}:", emoji.shortcode),
            "updated": time::seconds(emoji.updated_at),
            "icon": {"type": "Image", "mediaType": emoji.image_content_type, "url": format!("{}/{path}", self.files)},
        })
    }
}

/// Where a status of this visibility (`statuses.visibility`) goes.
pub(super) fn audience(visibility: i32, followers: String, mentioned: Vec<String>) -> (Vec<String>, Vec<String>) {
    let with = |first: String| std::iter::once(first).chain(mentioned.iter().cloned()).collect::<Vec<_>>();
    match visibility {
        0 => (vec![PUBLIC.to_owned()], with(followers)),
        1 => (vec![followers], with(PUBLIC.to_owned())),
        2 => (vec![followers], mentioned),
        _ => (mentioned, Vec::new()),
    }
}

fn put_poll(body: &mut Map<String, Value>, poll: &PollRow) {
    let options: Vec<Value> = poll
        .options
        .iter()
        .enumerate()
        .map(|(at, option)| {
            // Whoever hides the totals hides them from other servers too, until the end.
            let shown = poll.expired || !poll.hide_totals;
            let votes = shown.then(|| poll.cached_tallies.get(at).copied().unwrap_or(0));
            json!({"type": "Note", "name": option, "replies": {"type": "Collection", "totalItems": votes}})
        })
        .collect();
    body.insert(if poll.multiple { "anyOf" } else { "oneOf" }.to_owned(), Value::Array(options));
    if let Some(expires_at) = poll.expires_at {
        body.insert("endTime".to_owned(), json!(time::seconds(expires_at)));
        if poll.expired {
            body.insert("closed".to_owned(), json!(time::seconds(expires_at)));
        }
    }
    if let Some(voters) = poll.voters_count {
        body.insert("votersCount".to_owned(), json!(voters));
    }
}

impl MediaRow {
    fn meta(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self.file_meta.as_ref()?, |value, key| value.get(key))
    }

    fn focal_point(&self) -> Option<Value> {
        let focus = self.meta(&["focus"])?;
        Some(json!([focus.get("x")?, focus.get("y")?]))
    }

    fn document(&self, files: &str) -> Value {
        let remote = !self.remote_url.is_empty();
        let mut document = Map::new();
        document.insert("type".to_owned(), json!("Document"));
        document.insert("mediaType".to_owned(), json!(self.file_content_type));
        let url = match &self.file_file_name {
            Some(file) => {
                let cached = media::paths::cached(self.file_storage_schema_version, remote);
                format!(
                    "{files}/{}",
                    media::paths::attachment(media::paths::Attachment::MediaFile, self.id, "original", file, cached)
                )
            }
            None => self.remote_url.clone(),
        };
        document.insert("url".to_owned(), json!(url));
        document.insert("name".to_owned(), json!(self.description));
        document.insert("blurhash".to_owned(), json!(self.blurhash));
        if let Some(point) = self.focal_point() {
            document.insert("focalPoint".to_owned(), point);
        }
        for key in ["width", "height"] {
            if let Some(size) = self.meta(&["original", key]) {
                document.insert(key.to_owned(), size.clone());
            }
        }
        if let Some(seconds) = self.meta(&["original", "duration"]).and_then(Value::as_f64) {
            document.insert("duration".to_owned(), json!(iso_duration(seconds)));
        }
        if let Some(thumbnail) = &self.thumbnail_file_name {
            let cached = media::paths::cached(self.thumbnail_storage_schema_version, remote);
            let path = media::paths::attachment(media::paths::Attachment::MediaThumbnail, self.id, "original", thumbnail, cached);
            document.insert(
                "icon".to_owned(),
                json!({"type": "Image", "mediaType": self.thumbnail_content_type, "url": format!("{files}/{path}")}),
            );
        }
        Value::Object(document)
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

/// `PT1M2.5S`, the form of xsd:duration that players read.
fn iso_duration(seconds: f64) -> String {
    let whole = seconds.trunc();
    let minutes = (whole / 60.0).trunc();
    let rest = seconds - minutes * 60.0;
    let rest = if rest.fract() == 0.0 { format!("{rest:.0}") } else { format!("{rest}") };
    if minutes > 0.0 { format!("PT{minutes:.0}M{rest}S") } else { format!("PT{rest}S") }
}

/// When a status was last changed, for the id of its `Update`.
#[must_use]
pub fn changed_at(edited_at: Option<NaiveDateTime>, created_at: NaiveDateTime) -> NaiveDateTime {
    edited_at.unwrap_or(created_at)
}

#[cfg(test)]
mod tests {
    use super::{audience, iso_duration};
    use crate::render::PUBLIC;

    #[test]
    fn each_visibility_has_its_audience() {
        let of = |visibility| audience(visibility, "f".to_owned(), vec!["m".to_owned()]);
        assert_eq!(of(0), (vec![PUBLIC.to_owned()], vec!["f".to_owned(), "m".to_owned()]));
        assert_eq!(of(1), (vec!["f".to_owned()], vec![PUBLIC.to_owned(), "m".to_owned()]));
        assert_eq!(of(2), (vec!["f".to_owned()], vec!["m".to_owned()]));
        assert_eq!(of(3), (vec!["m".to_owned()], vec![]));
    }

    #[test]
    fn a_duration_is_printed_in_iso_form() {
        assert_eq!(iso_duration(62.5), "PT1M2.5S");
        assert_eq!(iso_duration(3.0), "PT3S");
    }
}
