//! What a page says about itself, for the card under a post.

use html5ever::Attribute;
use serde_json::Value;
use url::Url;

use crate::format::escape;
use crate::html::{self, Dom, attr, decode_references};
use crate::language;
use crate::rel_me::has_word;

/// Kinds of JSON-LD object that are believed.
const STRUCTURED_TYPES: [&str; 2] = ["NewsArticle", "WebPage"];
const OEMBED_TYPES: [&str; 3] = ["application/json+oembed", "text/json+oembed", "text/xml+oembed"];

/// Texts are plain, with character references resolved; what the page does not say is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkPreview {
    pub title: String,
    pub description: String,
    pub image_url: Option<String>,
    pub image_description: String,
    /// A piece of journalism rather than any page.
    pub is_article: bool,
    pub player: Option<Player>,
    pub provider_name: String,
    pub author_name: String,
    pub author_url: String,
    /// The author's handle in the fediverse, as written.
    pub creator: Option<String>,
    pub language: Option<String>,
    /// As written: may be anything.
    pub published_at: Option<String>,
    /// Where the page says it really is, if that is on the same host.
    pub canonical_url: Option<String>,
    /// Where the page can be asked for in oEmbed.
    pub oembed_url: Option<String>,
}

/// Something to play inside the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    pub url: String,
    pub width: u32,
    pub height: u32,
}

impl Player {
    /// The frame in which it plays.
    pub fn html(&self) -> String {
        format!(
            "<iframe src=\"{}\" width=\"{}\" height=\"{}\" allowfullscreen=\"allowfullscreen\" allowtransparency=\"true\" \
             scrolling=\"no\" frameborder=\"0\"></iframe>",
            escape(&self.url),
            self.width,
            self.height,
        )
    }
}

/// Reads a page that was fetched from `url`.
pub fn read(page: &str, url: &str) -> LinkPreview {
    let dom = html::document(page);
    let page = Page { base: Url::parse(url).ok(), dom: &dom };
    let structured = page.structured();
    let structured = structured.as_ref();
    let said = |member: &str| structured.and_then(|data| string_at(data, &[member]));
    let text = |found: Option<String>| found.map(|text| decode_references(&text)).unwrap_or_default();
    LinkPreview {
        title: text(said("headline").or_else(|| page.meta("og:title")).or_else(|| page.title())).trim().to_owned(),
        description: text(said("description").or_else(|| page.meta("og:description")).or_else(|| page.meta("description"))),
        image_url: page.meta_url("og:image"),
        image_description: text(page.meta("og:image:alt")),
        is_article: structured.is_some_and(|data| is_kind(data, "NewsArticle"))
            || page.meta("og:type").as_deref() == Some("article"),
        player: page.player(),
        provider_name: text(
            structured.and_then(|data| string_at(data, &["publisher", "name"])).or_else(|| page.meta("og:site_name")),
        ),
        author_name: text(
            structured.and_then(author_name).or_else(|| page.meta("og:author")).or_else(|| page.meta("og:author:username")),
        ),
        author_url: structured.and_then(|data| string_at(data, &["author", "url"])).unwrap_or_default(),
        creator: page.meta("fediverse:creator").filter(|creator| !creator.trim().is_empty()),
        language: page.language(said("inLanguage")),
        published_at: said("datePublished").or_else(|| page.meta("article:published_time")),
        canonical_url: page.canonical(),
        oembed_url: page.oembed(),
    }
}

/// The addresses in a remote post that may get a card: no hashtags, no mentions. In the order of the post.
pub fn candidates(post_html: &str) -> Vec<String> {
    let Some(dom) = html::fragment(post_html) else { return Vec::new() };
    let is_candidate = |attrs: &[Attribute]| {
        let class = attr(attrs, "class");
        !has_word(attr(attrs, "rel"), "tag") && !has_word(class, "u-url") && !has_word(class, "h-card")
    };
    dom.elements()
        .filter(|(_, name, attrs)| *name == "a" && is_candidate(attrs))
        .filter_map(|(_, _, attrs)| attr(attrs, "href"))
        .filter(|href| Url::parse(href).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()))
        .map(str::to_owned)
        .collect()
}

struct Page<'a> {
    base: Option<Url>,
    dom: &'a Dom,
}

impl Page<'_> {
    /// The content of the first `<meta>` with this property or name.
    fn meta(&self, wanted: &str) -> Option<String> {
        let is_wanted = |attrs: &[Attribute]| {
            ["property", "name"].iter().any(|key| attr(attrs, key).is_some_and(|value| value.eq_ignore_ascii_case(wanted)))
        };
        self.dom
            .elements()
            .find(|(_, name, attrs)| *name == "meta" && is_wanted(attrs))
            .and_then(|(_, _, attrs)| attr(attrs, "content"))
            .map(str::to_owned)
    }

    fn meta_url(&self, wanted: &str) -> Option<String> {
        self.web_url(&self.meta(wanted)?)
    }

    /// Only the head's: pictures in the page may have titles too.
    fn title(&self) -> Option<String> {
        let (head, ..) = self.dom.elements().find(|(_, name, _)| *name == "head")?;
        self.dom.children(head).iter().find(|child| self.dom.is_element(**child, "title")).map(|child| self.dom.text(*child))
    }

    /// An address of the page in full, if it leads to the web.
    fn web_url(&self, address: &str) -> Option<String> {
        if address.trim().is_empty() {
            return None;
        }
        let url = match &self.base {
            Some(base) => base.join(address).ok()?,
            None => Url::parse(address).ok()?,
        };
        matches!(url.scheme(), "http" | "https").then(|| url.into())
    }

    fn player(&self) -> Option<Player> {
        let number = |wanted: &str| self.meta(wanted)?.trim().parse().ok();
        Some(Player {
            url: self.meta_url("twitter:player")?,
            width: number("twitter:player:width")?,
            height: number("twitter:player:height")?,
        })
    }

    fn language(&self, structured: Option<String>) -> Option<String> {
        let declared = || {
            let html = self.dom.elements().find(|(_, name, _)| *name == "html");
            html.and_then(|(_, _, attrs)| attr(attrs, "lang").map(str::to_owned))
        };
        let code = structured.or_else(|| self.meta("og:locale")).or_else(declared)?;
        language::supported_or_base(&code).map(str::to_owned)
    }

    fn canonical(&self) -> Option<String> {
        let link = self.dom.elements().find(|(_, name, attrs)| *name == "link" && has_word(attr(attrs, "rel"), "canonical"));
        let address = link.and_then(|(_, _, attrs)| attr(attrs, "href").map(str::to_owned)).or_else(|| self.meta("og:url"))?;
        let url = Url::parse(&self.web_url(&address)?).ok()?;
        (url.host_str() == self.base.as_ref()?.host_str()).then(|| url.into())
    }

    fn oembed(&self) -> Option<String> {
        let is_oembed = |attrs: &[Attribute]| {
            let kind = attr(attrs, "type");
            has_word(attr(attrs, "rel"), "alternate") && OEMBED_TYPES.iter().any(|wanted| has_word(kind, wanted))
        };
        let (_, _, attrs) = self.dom.elements().find(|(_, name, attrs)| *name == "link" && is_oembed(attrs))?;
        self.web_url(attr(attrs, "href")?)
    }

    /// The first JSON-LD object of a kind that is believed.
    fn structured(&self) -> Option<Value> {
        let is_data = |attrs: &[Attribute]| attr(attrs, "type") == Some("application/ld+json");
        self.dom.elements().filter(|(_, name, attrs)| *name == "script" && is_data(attrs)).find_map(|(id, ..)| {
            let data: Value = serde_json::from_str(without_cdata(&self.dom.text(id))).ok()?;
            let is_believed = |data: &Value| STRUCTURED_TYPES.iter().any(|kind| is_kind(data, kind));
            match data {
                Value::Array(items) => items.into_iter().find(is_believed),
                one => Some(one).filter(is_believed),
            }
        })
    }
}

/// Some pages hide their data from old browsers in a comment.
fn without_cdata(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix("//").unwrap_or(text).trim_start();
    let text = text.strip_prefix("<![CDATA[").unwrap_or(text).trim();
    let text = text.strip_suffix("]]>").unwrap_or(text).trim_end();
    text.strip_suffix("//").unwrap_or(text).trim()
}

fn is_kind(data: &Value, wanted: &str) -> bool {
    match data.get("@type") {
        Some(Value::String(kind)) => kind == wanted,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        _ => false,
    }
}

/// The text at a path; of a list on the way the first counts.
fn string_at(data: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(data, |value, member| first(value)?.get(member))?;
    first(found)?.as_str().map(str::to_owned)
}

fn first(value: &Value) -> Option<&Value> {
    match value {
        Value::Array(items) => items.first(),
        one => Some(one),
    }
}

fn author_name(data: &Value) -> Option<String> {
    string_at(data, &["author", "name"])
}
