//! Posts: notes and questions, and what other kinds of object become a post.

use chrono::NaiveDateTime;
use serde_json::Value;

use super::attachment::Attachment;
use super::tag::Tag;
use super::value::{self, first, id, integer, is_type, many, text};

/// Objects that are shown as a link to where they came from.
const CONVERTED: [&str; 6] = ["Image", "Audio", "Video", "Article", "Page", "Event"];
/// More than this are not shown and not fetched.
const MAX_ATTACHMENTS: usize = 4;
const MAX_COUNT: i64 = 100_000_000;

/// Who may see a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
}

/// What the sender says about a quoted post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Absent when the quoted post is gone.
    pub uri: Option<String>,
    /// Told only in one of the spellings from before FEP-044f.
    pub legacy: bool,
    /// Where the quoted author's consent can be read.
    pub approval_uri: Option<String>,
}

/// The addresses of an author that a post is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    pub uri: &'a str,
    pub followers_url: &'a str,
    pub following_url: &'a str,
}

/// A post as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a>(pub &'a Value);

impl<'a> Note<'a> {
    /// Whether the object is of a kind that can become a post.
    pub fn is_supported(self) -> bool {
        is_type(self.0, "Note") || is_type(self.0, "Question") || self.is_converted()
    }

    /// Whether only a link to the object is shown.
    pub fn is_converted(self) -> bool {
        CONVERTED.iter().any(|kind| is_type(self.0, kind))
    }

    /// The id, from which a `bear:` capability is peeled off.
    pub fn uri(self) -> Option<String> {
        let id = self.0.get("id")?.as_str()?;
        match id.strip_prefix("bear:").and_then(|rest| rest.split_once('?')) {
            Some((_, query)) => {
                url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "u").map(|(_, uri)| uri.into_owned())
            }
            None => Some(id.to_owned()),
        }
    }

    /// Where people read it.
    pub fn url(self) -> Option<&'a str> {
        value::web_href(self.0.get("url"))
    }

    pub fn title(self) -> Option<String> {
        value::localised(self.0, "name", "nameMap")
    }

    /// The content as it was sent, not sanitised.
    pub fn text(self) -> Option<String> {
        value::localised(self.0, "content", "contentMap")
    }

    /// The content warning as it was sent.
    pub fn spoiler_text(self) -> Option<String> {
        value::localised(self.0, "summary", "summaryMap")
    }

    /// The text to store: the content, or for converted objects title, summary and link.
    pub fn stored_text(self) -> String {
        if !self.is_converted() {
            return self.text().unwrap_or_default();
        }
        let link = self.url().map(str::to_owned).or_else(|| self.uri()).unwrap_or_default();
        let link = text::format::local_html(&link, &text::format::Options { base_url: "", resolve: &|_, _| None });
        let title = self.title().map(|title| format!("<h2>{title}</h2>"));
        let parts = [title, self.spoiler_text(), Some(link).filter(|link| !link.is_empty())];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
    }

    /// The content warning to store: converted objects have theirs in the text.
    pub fn stored_spoiler_text(self) -> String {
        if self.is_converted() { String::new() } else { self.spoiler_text().unwrap_or_default() }
    }

    pub fn created_at(self) -> Option<NaiveDateTime> {
        value::time(self.0.get("published"))
    }

    /// Absent when the post has not been changed since it was published.
    pub fn edited_at(self) -> Option<NaiveDateTime> {
        let updated = self.0.get("updated").filter(|updated| Some(*updated) != self.0.get("published"));
        value::time(updated)
    }

    /// Whether it answers something, even if that cannot be named.
    pub fn is_reply(self) -> bool {
        text(self.0.get("inReplyTo")).is_some()
    }

    /// The address of what it answers.
    pub fn in_reply_to(self) -> Option<&'a str> {
        id(first(self.0.get("inReplyTo"))).filter(|uri| !uri.is_empty())
    }

    pub fn sensitive(self) -> bool {
        value::truth(self.0.get("sensitive")).unwrap_or_default()
    }

    /// The language code, corrected where it is known.
    pub fn language(self) -> Option<&'a str> {
        let code = ["contentMap", "nameMap", "summaryMap"].iter().find_map(|map| value::language_entry(self.0, map))?.0;
        text::language::of_remote(code)
    }

    /// Judged by the addresses alone; a direct post may turn out to be limited when its mentions are known.
    pub fn visibility(self, author: Author<'_>) -> Visibility {
        let (to, cc) = (self.0.get("to"), self.0.get("cc"));
        if value::includes_public(to) {
            Visibility::Public
        } else if value::includes_public(cc) {
            Visibility::Unlisted
        } else if many(to).iter().any(|receiver| id(Some(receiver)) == Some(author.followers_url)) {
            Visibility::Private
        } else {
            Visibility::Direct
        }
    }

    /// Everybody in `to` and `cc`, each as an address.
    pub fn receivers(self) -> impl Iterator<Item = &'a str> {
        let object = self.0;
        many(object.get("to")).iter().chain(many(object.get("cc"))).filter_map(|receiver| id(Some(receiver)))
    }

    /// How often it was favourited according to its server.
    pub fn favourites_count(self) -> Option<i64> {
        self.count("likes")
    }

    /// How often it was boosted according to its server.
    pub fn reblogs_count(self) -> Option<i64> {
        self.count("shares")
    }

    fn count(self, member: &str) -> Option<i64> {
        integer(self.0.get(member)?.get("totalItems")).map(|count| count.clamp(0, MAX_COUNT))
    }

    pub fn conversation(self) -> Option<&'a str> {
        self.0.get("conversation")?.as_str().filter(|uri| !uri.is_empty())
    }

    pub fn in_reply_to_atom_uri(self) -> Option<&'a str> {
        self.0.get("inReplyToAtomUri")?.as_str().filter(|uri| !uri.is_empty())
    }

    /// The quoted post, by the first of its four spellings that says anything.
    pub fn quote(self) -> Option<Quote> {
        let members = ["quote", "_misskey_quote", "quoteUrl", "quoteUri"];
        let quoted = members.iter().find_map(|member| self.0.get(member).filter(|value| text(Some(value)).is_some()))?;
        let approval = id(first(self.0.get("quoteAuthorization"))).filter(|uri| value::is_web_url(uri));
        let gone = is_type(quoted, "Tombstone");
        Some(Quote {
            uri: id(first(Some(quoted))).filter(|_| !gone).map(str::to_owned),
            legacy: self.0.get("quote").is_none(),
            approval_uri: approval.map(str::to_owned),
        })
    }

    /// Who may quote it, as the bitmap in `statuses.quote_approval_policy`.
    pub fn quote_policy(self, author: Author<'_>) -> i32 {
        let policy = self.0.get("interactionPolicy").and_then(|policy| policy.get("canQuote"));
        let Some(policy) = policy else { return 0 };
        approvers(policy.get("automaticApproval"), author) << 16 | approvers(policy.get("manualApproval"), author)
    }

    /// The attachments that count.
    pub fn attachments(self) -> impl Iterator<Item = Attachment<'a>> {
        let usable = |attachment: &Attachment<'_>| attachment.remote_url().is_some();
        many(self.0.get("attachment")).iter().map(Attachment).filter(usable).take(MAX_ATTACHMENTS)
    }

    pub fn tags(self) -> impl Iterator<Item = Tag<'a>> {
        many(self.0.get("tag")).iter().filter_map(Tag::read)
    }
}

const UNSUPPORTED: i32 = 1;
const PUBLIC: i32 = 1 << 1;
const FOLLOWERS: i32 = 1 << 2;
const FOLLOWING: i32 = 1 << 3;

/// The author is always allowed, so naming only them says nobody else.
fn approvers(list: Option<&Value>, author: Author<'_>) -> i32 {
    let flag = |entry: &Value| {
        let uri = id(Some(entry)).unwrap_or_default();
        if value::includes_public(Some(entry)) {
            PUBLIC
        } else if uri.is_empty() || uri == author.uri {
            0
        } else if uri == author.followers_url {
            FOLLOWERS
        } else if uri == author.following_url {
            FOLLOWING
        } else {
            UNSUPPORTED
        }
    };
    many(list).iter().map(flag).fold(0, |all, flag| all | flag)
}
