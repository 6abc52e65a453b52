//! How Mastodon 4.6.5 read made-up objects of other servers, one JSON object a line.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use activitypub::document::note::Author;
use activitypub::document::{Attachment, Note, Question, Visibility};
use chrono::{DateTime, NaiveDateTime};
use serde_json::{Value, json};

const CASES: &str = include_str!("../../../tests/conformance/text/cases.jsonl");
const AUTHOR: Author<'static> = Author {
    uri: "https://remote.example/users/bob",
    followers_url: "https://remote.example/users/bob/followers",
    following_url: "https://remote.example/users/bob/following",
};

/// Compares every member of every case of a kind. `stored` turns a recorded reading into what the database keeps of it.
fn check(kind: &str, answer: impl Fn(&Value) -> Value, stored: impl Fn(&str, &Value, &Value) -> Value) {
    let mut failures = Vec::new();
    let mut count = 0;
    for case in CASES.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|case| case["k"] == kind) {
        count += 1;
        let got = answer(&case["json"]);
        for (member, recorded) in case["out"].as_object().unwrap() {
            let expected = stored(member, recorded, &got[member]);
            if expected != got[member] {
                failures.push(format!("{}\n  {member}: expected {expected}, got {}", case["json"], got[member]));
            }
        }
    }
    println!("{kind}: {count} cases, {} members wrong", failures.len());
    assert!(count > 0 && failures.is_empty(), "{kind}: {} wrong\n{}", failures.len(), failures.join("\n"));
}

/// Whole seconds since 1970: the recording has no fractions.
fn seconds(time: Option<NaiveDateTime>) -> Value {
    json!(time.map(|time| time.and_utc().timestamp()))
}

fn recorded_seconds(recorded: &Value) -> Value {
    json!(recorded.as_str().map(|time| DateTime::parse_from_rfc3339(time).unwrap().timestamp()))
}

/// Text columns keep the spelling of what is no text, and nothing of what is empty.
fn as_text(recorded: &Value) -> Value {
    match recorded {
        Value::String(_) | Value::Null => recorded.clone(),
        other => json!(other.to_string()),
    }
}

/// Where Mastodon fails on a member this implementation takes it for missing.
fn is_failure(recorded: &Value) -> bool {
    recorded.get("error").is_some() || recorded == "error"
}

#[test]
fn posts_are_read_as_in_mastodon() {
    let answer = |object: &Value| {
        let note = Note(object);
        let quote = note.quote();
        json!({
            "uri": note.uri(),
            "url": note.url(),
            "text": note.text(),
            "processed_text": note.stored_text(),
            "spoiler_text": note.spoiler_text(),
            "processed_spoiler_text": note.stored_spoiler_text(),
            "title": note.title(),
            "created_at": seconds(note.created_at()),
            "edited_at": seconds(note.edited_at()),
            "reply": note.is_reply(),
            "sensitive": note.sensitive(),
            "visibility": match note.visibility(AUTHOR) {
                Visibility::Public => "public",
                Visibility::Unlisted => "unlisted",
                Visibility::Private => "private",
                Visibility::Direct => "direct",
            },
            "language": note.language(),
            "favourites_count": note.favourites_count(),
            "reblogs_count": note.reblogs_count(),
            "quote?": quote.is_some(),
            "quote_uri": quote.and_then(|quote| quote.uri),
            "quote_policy": note.quote_policy(AUTHOR),
        })
    };
    check("status", answer, |member, recorded, _| match member {
        "quote_policy" if is_failure(recorded) => json!(0),
        _ if is_failure(recorded) => Value::Null,
        "text" | "processed_text" | "spoiler_text" | "processed_spoiler_text" | "title" => as_text(recorded),
        "created_at" | "edited_at" => recorded_seconds(recorded),
        "sensitive" => json!(!matches!(recorded, Value::Null | Value::Bool(false)) && *recorded != 0),
        "favourites_count" | "reblogs_count" => {
            let count = recorded.as_i64().or_else(|| recorded.as_str()?.parse().ok());
            json!(count.map(|count| count.clamp(0, 100_000_000)))
        }
        "quote_uri" if recorded == "" => Value::Null,
        _ => recorded.clone(),
    });
}

#[test]
fn attachments_are_read_as_in_mastodon() {
    let answer = |object: &Value| {
        let attachment = Attachment(object);
        json!({
            "remote_url": attachment.remote_url(),
            "thumbnail_remote_url": attachment.thumbnail_remote_url(),
            "description": attachment.description(),
            "focus": attachment.focus(),
            "blurhash": attachment.blurhash(),
            "file_content_type": attachment.content_type(),
        })
    };
    check("attachment", answer, |member, recorded, _| match member {
        _ if is_failure(recorded) => Value::Null,
        // A point needs both coordinates.
        "focus" if recorded.as_array().is_some_and(|point| point.len() != 2) => Value::Null,
        _ => recorded.clone(),
    });
}

#[test]
fn polls_are_read_as_in_mastodon() {
    let now = DateTime::parse_from_rfc3339("2026-11-25T01:51:22Z").unwrap().naive_utc();
    let answer = |object: &Value| {
        let question = Question(object);
        json!({
            "valid?": question.is_valid(),
            "options": question.options(),
            "multiple": question.multiple(),
            "expires_at": seconds(question.expires_at(now)),
            "voters_count": question.voters_count(),
            "cached_tallies": question.cached_tallies(),
        })
    };
    check("poll", answer, |member, recorded, _| match member {
        "options" | "cached_tallies" if is_failure(recorded) => json!([]),
        "expires_at" if recorded == "2026-11-25T01:51:22Z" => seconds(Some(now)),
        "expires_at" => recorded_seconds(recorded),
        "voters_count" => json!(recorded.as_i64()),
        "cached_tallies" => {
            recorded.as_array().unwrap().iter().map(|votes| json!(votes.as_i64().unwrap_or_default().max(0))).collect()
        }
        _ => recorded.clone(),
    });
}
