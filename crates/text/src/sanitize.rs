//! HTML of other servers reduced to what Mastodon shows.

mod oembed;

use html5ever::{Attribute, LocalName, ns};

use crate::format::is_blank;
use crate::html::{self, Dom, NodeData, attr};

pub use oembed::oembed_html;

const LINK_SCHEMES: [&str; 11] = ["http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini"];

/// Safe HTML for a post, bio or field of another server.
///
/// HTML nested too deeply gives an empty string.
pub fn remote_html(source: &str) -> String {
    if is_blank(source) {
        return String::new();
    }
    if !source.contains(['<', '&', '\r']) && !source.contains(is_unsuitable) {
        // Without markup there is nothing to parse.
        let mut out = String::with_capacity(source.len());
        push_escaped(&mut out, source, false);
        return out;
    }
    let cleaned: String = source.chars().filter(|c| !is_unsuitable(*c)).collect();
    let Some(dom) = html::fragment(&cleaned) else { return String::new() };
    Writer { dom: &dom, out: String::with_capacity(source.len()) }.write()
}

enum Step {
    Node(usize),
    /// Inside `select`, where only text and the choices themselves may stand.
    Bare(usize),
    Text(&'static str),
    Close(LocalName),
}

struct Writer<'a> {
    dom: &'a Dom,
    out: String,
}

impl Writer<'_> {
    fn write(mut self) -> String {
        let mut steps = Vec::new();
        self.descend(Dom::ROOT, &mut steps);
        while let Some(step) = steps.pop() {
            match step {
                Step::Node(id) => self.node(id, &mut steps),
                Step::Bare(id) => self.bare(id, &mut steps),
                Step::Text(text) => self.out.push_str(text),
                Step::Close(name) => {
                    self.out.push_str("</");
                    self.out.push_str(&name);
                    self.out.push('>');
                }
            }
        }
        self.out
    }

    fn descend(&self, id: usize, steps: &mut Vec<Step>) {
        steps.extend(self.dom.children(id).iter().rev().map(|child| Step::Node(*child)));
    }

    fn node(&mut self, id: usize, steps: &mut Vec<Step>) {
        match self.dom.data(id) {
            NodeData::Text(text) => push_escaped(&mut self.out, text, false),
            NodeData::Element { name, attrs } => self.element(id, &name.local, attrs, steps),
            NodeData::Root | NodeData::Other => {}
        }
    }

    fn bare(&mut self, id: usize, steps: &mut Vec<Step>) {
        match self.dom.data(id) {
            NodeData::Text(text) => push_escaped(&mut self.out, text, false),
            NodeData::Element { name, .. } if html::is_never_shown(&name.local) => {}
            _ => steps.extend(self.dom.children(id).iter().rev().map(|child| Step::Bare(*child))),
        }
    }

    fn element(&mut self, id: usize, name: &LocalName, attrs: &[Attribute], steps: &mut Vec<Step>) {
        match &**name {
            "math" => {
                if let Some(formula) = self.formula(id, attrs) {
                    push_escaped(&mut self.out, &formula, false);
                }
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.out.push_str("<p><strong");
                self.push_attributes("strong", attrs);
                self.out.push('>');
                steps.push(Step::Text("</strong></p>"));
                self.descend(id, steps);
            }
            "a" if !has_link_scheme(attr(attrs, "href")) => push_escaped(&mut self.out, &self.dom.text(id), false),
            "br" => {
                self.out.push_str("<br");
                self.push_attributes("br", attrs);
                self.out.push('>');
            }
            kept if is_kept(kept) => {
                self.out.push('<');
                self.out.push_str(kept);
                self.push_attributes(kept, attrs);
                self.out.push('>');
                steps.push(Step::Close(name.clone()));
                self.descend(id, steps);
            }
            _ if html::is_never_shown(name) => {}
            "select" => self.bare(id, steps),
            dropped => {
                if separates(dropped) {
                    self.out.push(' ');
                    if !self.dom.children(id).is_empty() {
                        steps.push(Step::Text(" "));
                    }
                }
                self.descend(id, steps);
            }
        }
    }

    fn push_attributes(&mut self, element: &str, attrs: &[Attribute]) {
        let mut rel_written = false;
        for attr in attrs.iter().filter(|attr| attr.name.ns == ns!()) {
            let name = &*attr.name.local;
            match (element, name) {
                ("a", "rel") => {
                    rel_written = true;
                    self.push_attribute("rel", "nofollow noopener");
                }
                ("a", "href") => self.push_attribute("href", &attr.value.replace(' ', "%20").replace('"', "%22")),
                ("a" | "span" | "p", "class") => self.push_attribute("class", &kept_classes(&attr.value)),
                ("a" | "span", "translate") if &*attr.value == "no" => self.push_attribute("translate", "no"),
                ("ol", "start" | "reversed") | ("li", "value") | (_, "lang") => self.push_attribute(name, &attr.value),
                _ => {}
            }
        }
        if element == "a" {
            if !rel_written {
                self.push_attribute("rel", "nofollow noopener");
            }
            self.push_attribute("target", "_blank");
        }
    }

    fn push_attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        push_escaped(&mut self.out, value, true);
        self.out.push('"');
    }

    /// The source of a formula, from the annotation that its author's tool left in it.
    fn formula(&self, id: usize, attrs: &[Attribute]) -> Option<String> {
        let semantics = self.child_element(id, "semantics", None)?;
        if let Some(tex) = self.child_element(semantics, "annotation", Some("application/x-tex")) {
            let sign = if attr(attrs, "display") == Some("block") { "$$" } else { "$" };
            return Some(format!("{sign}{}{sign}", self.dom.text(tex)));
        }
        self.child_element(semantics, "annotation", Some("text/plain")).map(|plain| self.dom.text(plain))
    }

    fn child_element(&self, id: usize, wanted: &str, encoding: Option<&str>) -> Option<usize> {
        self.dom.children(id).iter().copied().find(|child| match self.dom.data(*child) {
            NodeData::Element { name, attrs } => {
                &*name.local == wanted && (encoding.is_none() || attr(attrs, "encoding") == encoding)
            }
            _ => false,
        })
    }
}

fn is_kept(name: &str) -> bool {
    matches!(
        name,
        "p" | "br"
            | "span"
            | "a"
            | "del"
            | "s"
            | "pre"
            | "blockquote"
            | "code"
            | "b"
            | "strong"
            | "u"
            | "i"
            | "em"
            | "ul"
            | "ol"
            | "li"
            | "ruby"
            | "rt"
            | "rp"
    )
}

/// Elements that keep words apart when they are taken away.
fn separates(name: &str) -> bool {
    matches!(
        name,
        "address" | "article" | "aside" | "dd" | "div" | "dl" | "dt" | "footer" | "header" | "hgroup" | "hr" | "nav" | "section"
    )
}

fn kept_classes(value: &str) -> String {
    let kept = |class: &&str| {
        matches!(*class, "mention" | "hashtag" | "ellipsis" | "invisible" | "quote-inline")
            || ["h-", "p-", "u-", "dt-", "e-"].iter().any(|prefix| class.starts_with(prefix))
    };
    value.split_ascii_whitespace().filter(kept).collect::<Vec<_>>().join(" ")
}

fn has_link_scheme(href: Option<&str>) -> bool {
    let scheme = href.map(str::trim_start).and_then(|href| href.split_once(':')).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| LINK_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)))
}

/// Control characters and code points that are no characters.
fn is_unsuitable(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '<' if !in_attribute => out.push_str("&lt;"),
            '>' if !in_attribute => out.push_str("&gt;"),
            _ => out.push(c),
        }
    }
}
