//! The text of a post for readers that know nothing of warnings, polls and custom emoji.

use std::borrow::Cow;
use std::fmt::Write as _;

use entities::{CustomEmoji, Poll, Status};
use text::format::escape;

const EMOJI_STYLE: &str = "width: 1.1em; height: 1.1em; object-fit: contain; vertical-align: middle; margin: -.2ex .15em .2ex";

pub(super) fn html(status: &Status) -> String {
    let mut html = String::new();
    if !status.spoiler_text.trim().is_empty() {
        html.push_str("<p><strong>Content warning:</strong>");
        html.push_str(&escape(&status.spoiler_text));
        html.push_str("</p><hr>");
    }
    html.push_str(status.content.as_deref().unwrap_or_default());
    if let Some(poll) = &status.poll {
        html.push_str(&options(poll));
    }
    let emojis: Vec<&CustomEmoji> = status.emojis.iter().chain(status.poll.iter().flat_map(|poll| &poll.emojis)).collect();
    if emojis.is_empty() { html } else { with_pictures(&html, &emojis) }
}

/// The elements are Mastodon's invention: readers show what stands in them.
fn options(poll: &Poll) -> String {
    let element = if poll.multiple { "checkbox" } else { "radio" };
    let options: Vec<String> = poll
        .options
        .iter()
        .map(|option| format!(r#"<{element} disabled="disabled">{}</{element}>"#, escape(&option.title)))
        .collect();
    format!("<p>{}</p>", options.join("<br>"))
}

/// Puts pictures where the short names of emoji stand in the text, not within tags.
fn with_pictures(html: &str, emojis: &[&CustomEmoji]) -> String {
    let mut out = String::with_capacity(html.len() * 2);
    let mut rest = html;
    while !rest.is_empty() {
        let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        push_text(&mut out, &plain_quotes(text), emojis);
        let (tag, after) = after.split_at(after.find('>').map_or(after.len(), |end| end + 1));
        out.push_str(tag);
        rest = after;
    }
    out
}

/// A document that was parsed and written again has quotes as they are.
fn plain_quotes(text: &str) -> Cow<'_, str> {
    if text.contains("&#39;") || text.contains("&quot;") {
        Cow::Owned(text.replace("&#39;", "'").replace("&quot;", "\""))
    } else {
        Cow::Borrowed(text)
    }
}

fn push_text(out: &mut String, text: &str, emojis: &[&CustomEmoji]) {
    let mut done = 0;
    for (at, shortcode) in text::emoji::in_text(text) {
        let end = at + shortcode.len() + 2;
        let Some(emoji) = emojis.iter().find(|emoji| emoji.shortcode == shortcode) else { continue };
        let (Some(before), true) = (text.get(done..at), text.get(at..end).is_some_and(|code| code.starts_with(':'))) else {
            continue;
        };
        out.push_str(before);
        let _written = write!(
            out,
            r#"<img rel="emoji" draggable="false" width="16" height="16" class="emojione" style="{EMOJI_STYLE}" alt=":{shortcode}:" title=":{shortcode}:" src="{}">"#,
            escape(&emoji.url)
        );
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use entities::CustomEmoji;

    use super::with_pictures;

    #[test]
    fn emoji_become_pictures_in_the_text_only() {
        let cat = CustomEmoji {
            shortcode: "cat".to_owned(),
            url: "https://here.example/cat.png".to_owned(),
            static_url: String::new(),
            visible_in_picker: true,
            category: None,
            featured: None,
        };
        let html = with_pictures("<p title=\":cat:\">it&#39;s :cat: &amp; :dog:</p>", &[&cat]);
        assert!(html.starts_with("<p title=\":cat:\">it's <img rel=\"emoji\""), "{html}");
        assert!(html.ends_with("src=\"https://here.example/cat.png\"> &amp; :dog:</p>"), "{html}");
    }
}
