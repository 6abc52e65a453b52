//! HTML reduced to text, for search, filters, previews and mails.

use crate::html::{self, Dom, NodeData};

/// Text of remote HTML: line breaks and ends of paragraphs become line ends, what browsers do not show goes.
///
/// HTML nested too deeply gives an empty string.
pub fn remote(source: &str) -> String {
    let mut text = stripped(&with_newlines(source));
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// The same without line breaks: tags go, as does what browsers do not show, and nothing takes their place.
pub fn stripped(source: &str) -> String {
    let Some(dom) = html::fragment(source) else { return String::new() };
    let mut text = String::with_capacity(source.len());
    let mut waiting = vec![Dom::ROOT];
    while let Some(id) = waiting.pop() {
        match dom.data(id) {
            NodeData::Text(piece) => text.push_str(piece),
            NodeData::Element { name, .. } if name.ns == html5ever::ns!(html) && html::is_never_shown(&name.local) => continue,
            _ => {}
        }
        dom.push_children(id, &mut waiting);
    }
    text
}

/// Adds a line end behind every group of `<br>`, `<br />` and `</p>`.
fn with_newlines(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        let (before, tags) = rest.split_at(at);
        out.push_str(before);
        let length = break_tags(tags);
        if length == 0 {
            out.push('<');
            rest = tags.get(1..).unwrap_or_default();
        } else {
            let (group, after) = tags.split_at(length);
            out.push_str(group);
            out.push('\n');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn break_tags(tags: &str) -> usize {
    let mut rest = tags;
    while let Some(after) = ["<br />", "<br>", "</p>"].iter().find_map(|tag| rest.strip_prefix(tag)) {
        rest = after;
    }
    tags.len() - rest.len()
}
