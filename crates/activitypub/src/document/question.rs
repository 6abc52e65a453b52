//! Polls.

use chrono::NaiveDateTime;
use serde_json::Value;

use super::value::{self, integer, is_type, text};

const MAX_OPTIONS: usize = 500;

/// A poll as it arrived; its text is read by [`super::Note`].
#[derive(Debug, Clone, Copy)]
pub struct Question<'a>(pub &'a Value);

impl<'a> Question<'a> {
    /// Whether the object is a poll at all.
    pub fn is_valid(self) -> bool {
        is_type(self.0, "Question") && (self.0.get("anyOf").is_some_and(is_given) || self.0.get("oneOf").is_some_and(is_given))
    }

    /// Whether several options may be chosen.
    pub fn multiple(self) -> bool {
        self.0.get("anyOf").is_some_and(Value::is_array)
    }

    /// The titles, in order.
    pub fn options(self) -> Vec<String> {
        let title = |item: &Value| text(item.get("name")).or_else(|| text(item.get("content"))).unwrap_or_default();
        self.items().map(title).collect()
    }

    /// The votes for each option, as its server counts them.
    pub fn cached_tallies(self) -> Vec<i64> {
        let votes = |item: &Value| integer(item.get("replies").and_then(|replies| replies.get("totalItems")));
        self.items().map(|item| votes(item).unwrap_or_default().max(0)).collect()
    }

    pub fn voters_count(self) -> Option<i64> {
        integer(self.0.get("votersCount"))
    }

    /// When it ends or ended. `now` is taken for a poll that is closed without saying when.
    pub fn expires_at(self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        match self.0.get("closed") {
            Some(closed @ Value::String(_)) => value::time(Some(closed)),
            Some(closed) if value::truth(Some(closed)) == Some(true) => Some(now),
            _ => value::time(self.0.get("endTime")),
        }
    }

    fn items(self) -> impl Iterator<Item = &'a Value> {
        let member = if self.multiple() { "anyOf" } else { "oneOf" };
        self.0.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter().take(MAX_OPTIONS)
    }
}

fn is_given(items: &Value) -> bool {
    items.is_array() || items.is_object()
}
