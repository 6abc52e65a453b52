//! Input made to hurt: nothing panics, nothing takes more than linear time, nothing overflows the stack.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use text::format::{Options, local_html};
use text::{emoji, entity, hashtag, length, markdown, mention, plain, sanitize, search_query, yaml};

const OPTIONS: Options<'static> = Options { base_url: "https://social.example", resolve: &|_, _| None };

fn everything(text: &str) {
    local_html(text, &OPTIONS);
    let _ = sanitize::remote_html(text);
    let _ = plain::remote(text);
    length::counted(text);
    emoji::shortcodes(text);
    hashtag::normalize(text);
    mention::extract(text);
    let _ = search_query::parse(text);
    yaml::load(text);
    markdown::to_html(text);
    text::link_preview::read(text, "https://a.example/");
    text::charset::decode(text.as_bytes(), None);
}

/// Four times the text may take about four times as long, not sixteen times. Generous, for busy machines: what is
/// quadratic takes many seconds here.
fn assert_linear(name: &str, make: impl Fn(usize) -> String, run: impl Fn(&str)) {
    let time = |size| {
        let text = make(size);
        (0..2)
            .map(|_| Instant::now())
            .map(|start| {
                run(&text);
                start.elapsed()
            })
            .min()
            .unwrap_or_default()
    };
    let (small, large) = (time(10_000), time(40_000));
    assert!(large < small * 12 + Duration::from_millis(300), "{name}: {small:?} became {large:?}");
}

#[test]
fn long_texts_take_linear_time() {
    let pieces = [
        "a",
        "日",
        "日a",
        "a.",
        "日.",
        "com.",
        "-",
        "_",
        ".",
        "@",
        "@a",
        "@a.",
        "a@a.b@",
        "#",
        " #a",
        "#a·",
        "·",
        ":",
        ":aa",
        ":aa:",
        "(",
        "http://a.com/(",
        "http://",
        "https://a.com/?",
        "xmpp:a@",
        "xmpp:",
        "//a",
        "/",
        "\n",
        "\n\n",
        " ",
        "\r\n",
        "&",
        "<",
        "xn--",
        "a\u{301}",
        "क्",
        "\u{200d}",
        "://",
        "日http://",
    ];
    for piece in pieces {
        let make = |size: usize| piece.repeat(size / piece.len());
        assert_linear(&format!("entities of {piece:?}"), make, |text| drop(entity::extract(text)));
        assert_linear(&format!("html of {piece:?}"), make, |text| drop(local_html(text, &OPTIONS)));
        assert_linear(&format!("length of {piece:?}"), make, |text| drop(length::counted(text).to_string()));
        assert_linear(&format!("shortcodes of {piece:?}"), make, |text| drop(emoji::shortcodes(text)));
    }
}

#[test]
fn long_html_takes_linear_time() {
    let pieces = [
        "<p>",
        "<b>",
        "<a href=x>",
        "<div>",
        "<table>",
        "<ul><li>",
        "</p>",
        "<br>",
        "<",
        "&",
        "<!--",
        "<h1>",
        "<select>",
        "<svg>",
        "<math>",
        "<template>",
        "<p><b>x",
        "<b><p>",
        "<i><b></i>",
        "<font><p></font>",
        "<table>x",
        "<td>",
        "<script>",
        "<plaintext>",
        "<a><b>",
    ];
    for piece in pieces {
        let make = |size: usize| piece.repeat(size / piece.len());
        assert_linear(&format!("sanitising {piece:?}"), make, |text| drop(sanitize::remote_html(text)));
        assert_linear(&format!("text of {piece:?}"), make, |text| drop(plain::remote(text)));
    }
}

#[test]
fn html_nested_too_deeply_is_nothing() {
    let nested = format!("{}x{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
    assert_eq!(sanitize::remote_html(&nested), "");
    assert_eq!(plain::remote(&nested), "");
}

#[test]
fn yaml_nested_too_deeply_does_no_harm() {
    yaml::load(&"[".repeat(100_000));
    yaml::load(&"{a: ".repeat(100_000));
    yaml::load(&"- ".repeat(100_000));
    yaml::load(&(0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>());
}

fn html() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<p>",
        "</p>",
        "<a href=\"https://a.example/\">",
        "</a>",
        "<b>",
        "</b>",
        "<h1>",
        "</h1>",
        "<table>",
        "<tr>",
        "<td>",
        "<select>",
        "<div>",
        "</div>",
        "<svg>",
        "<math>",
        "<style>",
        "<template>",
        "</template>",
        "x",
        " ",
        "&lt;",
        "&amp;",
        "<",
        "\"",
        "\u{a0}",
        "<br>",
        "<ul>",
        "<li>",
        "<span class=\"mention x\">",
        "</span>",
        "<pre>\n",
        "<ol start=\"3\">",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<plaintext>",
        "<ruby>",
        "<rt>",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_panics_on_any_text(text in any::<String>()) {
        everything(&text);
    }

    #[test]
    fn nothing_panics_on_pieces_of_syntax(text in "[@#:.a-c/()<>&\\[\\]{}'\"|\n日 ·_?-]{0,60}") {
        everything(&text);
    }

    #[test]
    fn sanitised_html_holds_no_scripts(source in html()) {
        let clean = sanitize::remote_html(&source);
        prop_assert!(!clean.contains("<script") && !clean.contains("<style") && !clean.contains("<svg"), "{clean}");
    }

    #[test]
    fn sanitising_again_changes_nothing_in_what_is_shown(source in html()) {
        let once = sanitize::remote_html(&source);
        let twice = sanitize::remote_html(&once);
        prop_assert_eq!(plain::remote(&once).split_whitespace().collect::<String>(), plain::remote(&twice).split_whitespace().collect::<String>());
    }

    #[test]
    fn what_is_written_as_yaml_is_read_back(text in "[a-c0-9 :#'\"\n|>~.,\\-\\[\\]{}!&*?%@é😀\t\\\\]{0,40}") {
        let value = serde_json::Value::String(text);
        prop_assert_eq!(yaml::load(&yaml::dump(&value)), value);
    }
}
