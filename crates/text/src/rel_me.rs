//! Links with which a page says that it belongs to the same person.

use crate::html;

/// The addresses of all `<a>` and `<link>` with `rel="me"`, in the order of the page, as they are written.
pub fn links(page: &str) -> Vec<String> {
    let dom = html::document(page);
    dom.elements()
        .filter(|(_, name, attrs)| matches!(*name, "a" | "link") && has_word(html::attr(attrs, "rel"), "me"))
        .filter_map(|(_, _, attrs)| html::attr(attrs, "href").map(str::to_owned))
        .collect()
}

/// Whether a page links back to a profile. Case does not matter, as in Mastodon.
pub fn links_to(page: &str, profile_url: &str) -> bool {
    links(page).iter().any(|href| href.to_lowercase() == profile_url.to_lowercase())
}

pub(crate) fn has_word(value: Option<&str>, word: &str) -> bool {
    value.is_some_and(|value| value.split_ascii_whitespace().any(|part| part.eq_ignore_ascii_case(word)))
}

/// The address of the first link in a piece of HTML, as it is written.
pub fn first_link(source: &str) -> Option<String> {
    let dom = html::document(source);
    dom.elements().find_map(|(_, name, attrs)| html::attr(attrs, "href").filter(|_| name == "a").map(str::to_owned))
}
