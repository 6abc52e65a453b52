//! Players that other sites offer through oEmbed.

use html5ever::Attribute;

use super::push_escaped;
use crate::html::{self, Dom, NodeData};

const SANDBOX: &str = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms";

/// The frames, videos and sounds in `source`; frames are sandboxed and lead to the web only. What else it holds becomes
/// text.
pub fn oembed_html(source: &str) -> String {
    let Some(dom) = html::fragment(source) else { return String::new() };
    let mut out = String::with_capacity(source.len());
    let mut steps = vec![Step::Node(Dom::ROOT)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Node(id) => match dom.data(id) {
                NodeData::Text(text) => push_escaped(&mut out, text, false),
                NodeData::Element { name, attrs } => element(&dom, id, &name.local, attrs, &mut out, &mut steps),
                NodeData::Root => descend(&dom, id, &mut steps),
                NodeData::Other => {}
            },
        }
    }
    out
}

enum Step {
    Node(usize),
    Text(&'static str),
}

fn element(dom: &Dom, id: usize, name: &str, attrs: &[Attribute], out: &mut String, steps: &mut Vec<Step>) {
    let end = match name {
        "audio" => "</audio>",
        "video" => "</video>",
        "source" => "",
        // What stands inside a frame's element is markup for browsers without frames.
        "iframe" => {
            open(name, attrs, out);
            out.push_str("</iframe>");
            return;
        }
        "script" | "style" | "noscript" | "noembed" | "noframes" | "plaintext" | "xmp" | "svg" | "math" => return,
        _ => return descend(dom, id, steps),
    };
    open(name, attrs, out);
    steps.push(Step::Text(end));
    descend(dom, id, steps);
}

fn descend(dom: &Dom, id: usize, steps: &mut Vec<Step>) {
    steps.extend(dom.children(id).iter().rev().map(|child| Step::Node(*child)));
}

fn open(name: &str, attrs: &[Attribute], out: &mut String) {
    out.push('<');
    out.push_str(name);
    for attr in attrs {
        let key = &*attr.name.local;
        if is_kept(name, key, &attr.value) {
            push_attribute(key, &attr.value, out);
        }
    }
    if name == "iframe" {
        push_attribute("sandbox", SANDBOX, out);
    }
    out.push('>');
}

fn push_attribute(key: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(key);
    out.push_str("=\"");
    push_escaped(out, value, true);
    out.push('"');
}

fn is_kept(element: &str, key: &str, value: &str) -> bool {
    match (element, key) {
        ("iframe" | "source", "src") => {
            let scheme = value.trim_start().split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
            matches!(scheme.as_deref(), Some("http" | "https"))
        }
        ("iframe", "allowfullscreen" | "frameborder" | "height" | "scrolling" | "width")
        | ("audio", "controls")
        | ("source", "type")
        | ("video", "controls" | "height" | "loop" | "width") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_sandboxed() {
        let html = oembed_html(
            "<iframe src=\"https://a.example/?a=1&amp;b\" width=\"1\" onload=\"x()\">text</iframe><script>x</script>y",
        );
        assert_eq!(html, format!("<iframe src=\"https://a.example/?a=1&amp;b\" width=\"1\" sandbox=\"{SANDBOX}\"></iframe>y"));
    }

    #[test]
    fn a_frame_leads_to_the_web_only() {
        assert_eq!(oembed_html("<iframe src=\" javascript:x\">"), format!("<iframe sandbox=\"{SANDBOX}\"></iframe>"));
    }

    #[test]
    fn a_video_keeps_its_sources() {
        let source =
            "<div><video controls=\"\" poster=\"x\"><source src=\"http://a.example/v\" type=\"video/mp4\"></video></div>";
        let expected = "<video controls=\"\"><source src=\"http://a.example/v\" type=\"video/mp4\"></video>";
        assert_eq!(oembed_html(source), expected);
    }
}
