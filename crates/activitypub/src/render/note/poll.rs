//! What makes a `Question` of a `Note`.

use db::time;
use serde_json::{Map, Value, json};

use super::load::PollRow;

pub(super) fn put_poll(body: &mut Map<String, Value>, poll: &PollRow) {
    let options: Vec<Value> = poll
        .options
        .iter()
        .enumerate()
        .map(|(at, option)| {
            // Whoever hides the totals hides them from other servers too, until the end.
            let shown = poll.expired || !poll.hide_totals;
            let votes = shown.then(|| poll.cached_tallies.get(at).copied().unwrap_or(0));
            json!({"type": "Note", "name": option, "replies": {"type": "Collection", "totalItems": votes}})
        })
        .collect();
    body.insert(if poll.multiple { "anyOf" } else { "oneOf" }.to_owned(), Value::Array(options));
    if let Some(expires_at) = poll.expires_at {
        body.insert("endTime".to_owned(), json!(time::seconds(expires_at)));
        if poll.expired {
            body.insert("closed".to_owned(), json!(time::seconds(expires_at)));
        }
    }
    if let Some(voters) = poll.voters_count {
        body.insert("votersCount".to_owned(), json!(voters));
    }
}
