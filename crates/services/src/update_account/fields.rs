//! The table on a profile.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::draft::without_nul;
use crate::error::Validation;

const MAX_FIELDS: usize = 4;
/// Name and value are cut here.
const MAX_CHARS: usize = 255;

/// One line as somebody typed it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// One line as `accounts.fields` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StoredField {
    name: String,
    value: String,
    /// Kept while the value stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_at: Option<String>,
}

impl StoredField {
    /// A link that may lead back to the profile.
    pub(super) fn may_be_verified(&self) -> bool {
        self.verified_at.is_none() && self.value.starts_with("https://")
    }
}

/// Without empty lines; what was verified before stays so.
pub(super) fn stored(fields: &[Field], before: Option<&Value>) -> Vec<StoredField> {
    let before = before.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let cut = |text: &str| -> String { without_nul(text).chars().take(MAX_CHARS).collect() };
    let verified = |value: &str| {
        let known = before.iter().find(|field| field.get("value").and_then(Value::as_str) == Some(value))?;
        known.get("verified_at").and_then(Value::as_str).filter(|time| !time.is_empty()).map(str::to_owned)
    };
    fields
        .iter()
        .filter(|field| !field.name.trim().is_empty() || !field.value.trim().is_empty())
        .map(|field| {
            let value = cut(&field.value);
            StoredField { name: cut(&field.name), verified_at: verified(&value), value }
        })
        .collect()
}

pub(super) fn check(fields: &[StoredField], found: &mut Validation) {
    if fields.len() > MAX_FIELDS {
        found.add("fields", "Fields", "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_FIELDS} characters)"));
    }
    if fields.iter().any(|field| field.name.trim().is_empty() && !field.value.trim().is_empty()) {
        found.add("fields", "Fields", "ERR_FIELDS_WITH_VALUES_MISSING_LABELS", "contains values with missing labels");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Field, stored};

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn a_verified_link_stays_verified_under_another_name() {
        let before = json!([{"name": "site", "value": "https://a.example", "verified_at": "2026-01-01T00:00:00.000+00:00"}]);
        let after =
            stored(&[field("blog", "https://a.example"), field("", ""), field("new", "https://b.example")], Some(&before));
        assert_eq!(after.len(), 2);
        assert!(!after[0].may_be_verified());
        assert!(after[1].may_be_verified());
    }
}
