//! What a subscription wants to hear of: the column `data` of `web_push_subscriptions`.

use serde_json::{Map, Value, json};

use crate::notifications::TYPES;

/// What was asked for, as it was sent: Mastodon stores `"1"` and `"true"` too and reads them as booleans.
#[derive(Debug, Clone, Default)]
pub struct Preferences(Value);

impl Preferences {
    pub(super) fn stored(data: Option<Value>) -> Self {
        Self(data.unwrap_or_default())
    }

    /// What of a client's parameter `data` is kept: known types and a policy, single values only.
    #[must_use]
    pub fn permitted(data: &Map<String, Value>) -> Self {
        let mut kept = Map::new();
        if let Some(policy) = data.get("policy").filter(|policy| is_single(policy)) {
            kept.insert("policy".to_owned(), policy.clone());
        }
        if let Some(Value::Object(sent)) = data.get("alerts") {
            let alerts = TYPES.into_iter().filter_map(|kind| Some((kind, sent.get(kind).filter(|value| is_single(value))?)));
            let alerts: Map<String, Value> = alerts.map(|(kind, value)| (kind.to_owned(), value.clone())).collect();
            kept.insert("alerts".to_owned(), Value::Object(alerts));
        }
        Self(Value::Object(kept))
    }

    /// What a browser begins with: everything or nothing, from everybody; what it asked for counts before that.
    #[must_use]
    pub fn of_browser(all: bool, asked: &Map<String, Value>) -> Self {
        let mut alerts: Map<String, Value> = TYPES.into_iter().map(|kind| (kind.to_owned(), json!(all))).collect();
        let Self(mut asked) = Self::permitted(asked);
        if let Some(Value::Object(asked)) = asked.get_mut("alerts") {
            alerts.append(asked);
        }
        let policy = asked.get("policy").cloned().unwrap_or_else(|| json!("all"));
        Self(json!({ "policy": policy, "alerts": alerts }))
    }

    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// The types that were named; `None` where neither yes nor no was said.
    #[must_use]
    pub fn alerts(&self) -> Vec<(String, Option<bool>)> {
        let alerts = self.0.get("alerts").and_then(Value::as_object);
        alerts.into_iter().flatten().map(|(kind, value)| (kind.clone(), cast(value))).collect()
    }

    /// From whom: `all`, `followed`, `follower`, `none`.
    #[must_use]
    pub fn policy(&self) -> &str {
        self.0.get("policy").and_then(Value::as_str).unwrap_or("all")
    }

    /// Whether a notification of this type is pushed. `followed`: the recipient follows the sender; `follower`: the sender follows them.
    #[must_use]
    pub fn want(&self, kind: &str, followed: bool, follower: bool) -> bool {
        let alert = self.0.get("alerts").and_then(|alerts| alerts.get(kind)).and_then(cast);
        let sender = match self.policy() {
            "all" => true,
            "followed" => followed,
            "follower" => follower,
            _ => false,
        };
        alert == Some(true) && sender
    }
}

fn is_single(value: &Value) -> bool {
    match value {
        Value::Array(_) | Value::Object(_) => false,
        // Longer than any that means something, or not to be read back by PostgreSQL.
        Value::String(text) => text.len() <= 255 && !text.contains('\0'),
        _ => true,
    }
}

/// Active Model's booleans.
fn cast(value: &Value) -> Option<bool> {
    match value {
        Value::Null => None,
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(!matches!(text.as_str(), "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF")),
        Value::Array(_) | Value::Object(_) => Some(true),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Preferences;

    fn permitted(data: &Value) -> Preferences {
        Preferences::permitted(data.as_object().unwrap())
    }

    #[test]
    fn unknown_types_and_nested_values_are_not_kept() {
        let data = json!({ "policy": "followed", "alerts": { "poll": "1", "nothing": true, "mention": [true] }, "other": 1 });
        assert_eq!(permitted(&data).as_json(), &json!({ "policy": "followed", "alerts": { "poll": "1" } }));
        assert_eq!(permitted(&json!({ "policy": ["all"], "alerts": true })).as_json(), &json!({}));
    }

    #[test]
    fn only_what_was_asked_for_is_pushed() {
        let data = permitted(&json!({ "alerts": { "mention": "1", "follow": "false", "poll": "" } }));
        let wanted = |kind| data.want(kind, false, false);
        assert!(wanted("mention"));
        assert!(!wanted("follow") && !wanted("poll") && !wanted("reblog"));
        assert!(!Preferences::stored(None).want("mention", true, true));
    }

    #[test]
    fn the_policy_asks_who_follows_whom() {
        let wants = |policy: &str, followed, follower| {
            permitted(&json!({ "policy": policy, "alerts": { "mention": true } })).want("mention", followed, follower)
        };
        assert!(wants("all", false, false));
        assert!(wants("followed", true, false) && !wants("followed", false, true));
        assert!(wants("follower", false, true) && !wants("follower", true, false));
        assert!(!wants("none", true, true) && !wants("nonsense", true, true));
    }

    #[test]
    fn a_phones_browser_begins_with_everything() {
        let all = Preferences::of_browser(true, json!({ "alerts": { "poll": false } }).as_object().unwrap());
        assert!(all.want("mention", false, false) && all.want("collection_update", false, false));
        assert!(!all.want("poll", false, false));
        assert!(!Preferences::of_browser(false, json!({}).as_object().unwrap()).want("mention", false, false));
    }
}
