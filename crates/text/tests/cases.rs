//! Recorded answers of Mastodon 4.6.5 to thousands of inputs, one JSON object a line.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use text::account_name::{is_valid_username, normalize_domain};
use text::entity::{self, Kind};
use text::filter::{Filter, Keyword};
use text::format::{Mentioned, Options, local_field, local_html};
use text::search_query::{self, Part, Prefix};
use text::{charset, emoji, hashtag, length, link_preview, markdown, plain, sanitize, yaml};

/// Another file of cases to play: `./dev conformance text --golden DIR` names it here.
const OTHER_CASES: &str = "FERRODON_TEXT_CASES";

#[expect(clippy::disallowed_methods, reason = "told by `./dev conformance text`, not by an operator")]
static CASES: LazyLock<String> = LazyLock::new(|| match std::env::var(OTHER_CASES) {
    Ok(path) => std::fs::read_to_string(path).unwrap(),
    Err(_) => include_str!("../../../tests/conformance/text/cases.jsonl").to_owned(),
});

/// Cases that are answered otherwise on purpose, with the reason. One that passes has to leave the list.
const KNOWN: &[(&str, &str, &str)] = &[
    ("markdown", "&copy; &lt;", "the sign itself is written instead of its name; browsers show the same"),
    ("markdown", "a_b_c", "CommonMark has no emphasis inside words, which file names and handles profit from"),
];

/// How many failures of a kind a report tells in full.
const SHOWN: usize = 12;

/// Compares every case of a kind; `answer` gives what this implementation says.
fn check(kind: &str, answer: impl Fn(&Value) -> Value) {
    let cases: Vec<Value> =
        CASES.lines().map(|line| serde_json::from_str(line).unwrap()).filter(|case: &Value| case["k"] == kind).collect();
    assert!(!cases.is_empty() || std::env::var_os(OTHER_CASES).is_some(), "no cases of {kind}");
    let known: BTreeMap<&str, &str> = KNOWN.iter().filter(|(k, ..)| *k == kind).map(|(_, input, why)| (*input, *why)).collect();
    let mut failures = Vec::new();
    for case in &cases {
        let expected = if case.get("error").is_some() { json!({"error": true}) } else { case["out"].clone() };
        let got = answer(case);
        let listed = known.contains_key(case["text"].as_str().unwrap_or_default());
        if (got == expected) == listed {
            failures.push(format!("{case}\n  expected {expected}\n  got      {got}"));
        }
    }
    println!("{kind}: {} of {} right", cases.len() - failures.len(), cases.len());
    let shown: Vec<String> = failures.iter().take(SHOWN).cloned().collect();
    assert!(failures.is_empty(), "{kind}: {} of {} wrong\n{}", failures.len(), cases.len(), shown.join("\n"));
}

fn input(case: &Value) -> &str {
    case["text"].as_str().unwrap()
}

/// The recording server knew two accounts.
fn resolve(username: &str, domain: Option<&str>) -> Option<Mentioned> {
    let domain = domain.map(str::to_lowercase).filter(|domain| domain != "social.example");
    match (username.to_lowercase().as_str(), domain.as_deref()) {
        ("alice", None) => Some(Mentioned {
            username: "alice".into(),
            domain: None,
            pretty_acct: "alice".into(),
            url: "https://social.example/@alice".into(),
        }),
        ("bob", Some("remote.example")) => Some(Mentioned {
            username: "bob".into(),
            domain,
            pretty_acct: "bob@remote.example".into(),
            url: "https://remote.example/@bob".into(),
        }),
        _ => None,
    }
}

const OPTIONS: Options<'static> = Options { base_url: "https://social.example", resolve: &resolve };

#[test]
fn posts_become_html_as_in_mastodon() {
    check("local_html", |case| json!(local_html(input(case), &OPTIONS)));
}

#[test]
fn profile_fields_become_html_as_in_mastodon() {
    check("local_field", |case| json!(local_field(input(case), &OPTIONS)));
}

#[test]
fn remote_html_is_sanitised_as_in_mastodon() {
    check("remote_html", |case| json!(sanitize::remote_html(input(case))));
}

#[test]
fn remote_html_is_reduced_to_text_as_in_mastodon() {
    check("remote_plain", |case| json!(plain::remote(input(case))));
}

#[test]
fn lengths_are_counted_as_in_mastodon() {
    check("length", |case| json!(length::counted(input(case))));
}

#[test]
fn entities_are_found_as_in_mastodon() {
    check("entities", |case| {
        let text = input(case);
        let chars = |bytes: usize| text[..bytes].chars().count();
        entity::extract(text)
            .iter()
            .map(|entity| {
                let name = match entity.kind {
                    Kind::Url => "url",
                    Kind::Hashtag => "hashtag",
                    Kind::Mention => "screen_name",
                };
                json!({name: entity.value(text), "indices": [chars(entity.range.start), chars(entity.range.end)]})
            })
            .collect()
    });
}

#[test]
fn hashtag_names_are_normalised_as_in_mastodon() {
    check("hashtag", |case| {
        let name = input(case);
        json!({
            "normal": hashtag::normalize(name),
            "display": hashtag::display_name(name),
            "valid": hashtag::is_valid(name),
        })
    });
}

#[test]
fn hashtags_are_found_as_in_mastodon() {
    check("hashtags_in", |case| json!(hashtag::extract(input(case))));
}

#[test]
fn shortcodes_are_found_as_in_mastodon() {
    check("shortcodes", |case| json!(emoji::shortcodes(input(case))));
}

#[test]
fn usernames_are_judged_as_in_mastodon() {
    check("username", |case| json!({"error": !is_valid_username(input(case))}));
}

#[test]
fn domains_are_normalised_as_in_mastodon() {
    check("domain", |case| normalize_domain(input(case)).map_or(json!({"error": true}), |domain| json!(domain)));
}

#[test]
fn keyword_filters_match_as_in_mastodon() {
    check("filter", |case| {
        let keyword = case["keyword"].as_str().unwrap();
        let whole_word = case["whole_word"].as_bool().unwrap();
        json!({"match": Filter::new([Keyword { keyword, whole_word }]).matches(input(case))})
    });
}

#[test]
fn settings_are_written_as_in_mastodon() {
    check("yaml_dump", |case| json!(yaml::dump(&case["value"])));
}

#[test]
fn settings_written_by_mastodon_are_read_back() {
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["k"] == "yaml_dump" {
            assert_eq!(yaml::load(case["out"].as_str().unwrap()), case["value"], "{case}");
        }
    }
}

/// Shapes of which the recording has none: what Ruby's Psych documentation and Rails' own classes make of settings.
#[test]
fn settings_of_older_versions_are_read() {
    let cases = [
        ("--- \n", json!(null)),
        ("--- ''\n", json!("")),
        ("--- !ruby/hash:ActiveSupport::HashWithIndifferentAccess\nlimit: 3\n:name: x\n", json!({"limit": 3, "name": "x"})),
        ("---\n- :a\n- - b\n  - c\n- k: v\n  l:\n  - 1\n", json!([":a", ["b", "c"], {"k": "v", "l": [1]}])),
        ("--- |\n  a\n   b\n\n  c\n", json!("a\n b\n\nc\n")),
        ("--- >-\n  a\n  b\n\n  c\n", json!("a b\nc")),
        ("--- \"a\\\n  b \\u00e9\"\n", json!("ab é")),
        ("---\na: &1\n  b: yes\nc: {d: [1, 'e'], f: ~}\n", json!({"a": {"b": true}, "c": {"d": [1, "e"], "f": null}})),
        ("true", json!(true)),
        ("--- 2024-01-01\n...\n", json!("2024-01-01")),
    ];
    for (document, value) in cases {
        assert_eq!(yaml::load(document), value, "{document}");
    }
}

#[test]
fn markdown_becomes_html_as_in_mastodon() {
    check("markdown", |case| json!(markdown::to_html(input(case))));
}

#[test]
fn search_queries_are_understood_as_in_mastodon() {
    check("search", |case| search_query::parse(input(case)).map_or(json!({"error": true}), |clauses| recorded_form(&clauses)));
}

#[test]
fn pages_become_link_cards_as_in_mastodon() {
    check("card", |case| {
        let url = case["url"].as_str().unwrap();
        let bytes = match case["bytes"].as_str() {
            Some(encoded) => from_base64(encoded),
            None => input(case).as_bytes().to_vec(),
        };
        let preview = link_preview::read(&charset::decode(&bytes, case["charset"].as_str()), url);
        json!({
            "title": preview.title,
            "description": preview.description,
            "image_remote_url": preview.image_url,
            "image_description": preview.image_description,
            "type": if preview.player.is_some() { "video" } else { "link" },
            "link_type": if preview.is_article { "article" } else { "unknown" },
            "width": preview.player.as_ref().map_or(json!(0), |player| json!(player.width.to_string())),
            "height": preview.player.as_ref().map_or(json!(0), |player| json!(player.height.to_string())),
            "html": preview.player.as_ref().map(link_preview::Player::html).unwrap_or_default(),
            "provider_name": preview.provider_name,
            "provider_url": "",
            "author_name": preview.author_name,
            "author_url": preview.author_url,
            "embed_url": "",
            "language": preview.language,
            "published_at": preview.published_at,
        })
    });
}

fn from_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.chars().filter_map(|c| ALPHABET.find(c)) {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    bytes
}

/// The recording shows what the query became for Elasticsearch.
fn recorded_form(clauses: &[search_query::Clause]) -> Value {
    let mut form = json!({"must": [], "must_not": [], "filter": [], "flags": {}});
    for clause in clauses {
        let positive = if clause.negated { "must_not" } else { "must" };
        let (list, query) = match &clause.part {
            Part::Term(term) if term.starts_with('#') => {
                (positive, json!({"match": {"tags": {"query": term, "operator": "and"}}}))
            }
            Part::Term(term) => (
                positive,
                json!({"multi_match": {"type": "most_fields", "query": term, "fields": ["text", "text.stemmed"], "operator": "and"}}),
            ),
            Part::Phrase(phrase) => (positive, json!({"match_phrase": {"text": {"query": phrase}}})),
            Part::Filter { prefix: Prefix::In, value } => {
                form["flags"]["in"] = json!(value);
                continue;
            }
            Part::Filter { prefix, value } => ("filter", recorded_filter(*prefix, value)),
        };
        form[list].as_array_mut().unwrap().push(query);
    }
    form
}

fn recorded_filter(prefix: Prefix, value: &str) -> Value {
    let range = |bounds: Value| {
        let mut bounds = bounds;
        bounds["time_zone"] = json!("UTC");
        json!({"range": {"created_at": bounds}})
    };
    match prefix {
        Prefix::Has | Prefix::Is => json!({"term": {"properties": value}}),
        Prefix::Language => json!({"term": {"language": value}}),
        Prefix::Before => range(json!({"lt": value})),
        Prefix::After => range(json!({"gt": value})),
        Prefix::During => range(json!({"gte": value, "lte": value})),
        Prefix::From | Prefix::In => json!({"term": {"account_id": match value {
            "me" | "alice" | "alice@social.example" => json!("<alice>"),
            "bob@remote.example" => json!("<bob>"),
            _ => json!(-1),
        }}}),
    }
}
