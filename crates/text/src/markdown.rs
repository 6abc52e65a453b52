//! Markdown of the about page, the rules and the terms of service.

use pulldown_cmark::{Event, Options, Parser, html};

/// HTML in the shape of Mastodon's own renderer: no tables, no strikethrough; blocks are set apart by an empty line.
///
/// The text comes from administrators, so HTML in it is kept.
pub fn to_html(text: &str) -> String {
    let mut depth = 0_usize;
    let mut blocks: Vec<String> = Vec::new();
    let mut current = Vec::new();
    for event in Parser::new_ext(text, Options::empty()) {
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends_block = depth == 0 && !matches!(&event, Event::Start(_));
        current.push(event);
        if ends_block {
            let mut block = String::new();
            html::push_html(&mut block, current.drain(..));
            blocks.push(block);
        }
    }
    blocks.join("\n").replace("<hr />", "<hr>").replace("<br />", "<br>")
}
