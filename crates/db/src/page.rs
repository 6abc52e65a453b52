//! Mastodon's cursors: `max_id`, `since_id`, `min_id`, `limit` → bounds and order of one query.

use serde::{Deserialize, Deserializer};

/// As a client sends it. Ids that are no numbers count as absent or as far as their digits go, like Ruby's `to_i`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct PageParams {
    #[serde(default, deserialize_with = "lenient_id")]
    pub max_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient_id")]
    pub since_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient_id")]
    pub min_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient_id")]
    pub limit: Option<i64>,
}

/// Bounds for a query `WHERE id < below AND id > above ORDER BY id {ASC if ascending else DESC} LIMIT limit`.
/// All bounds are exclusive. Rows of an ascending page are turned round by [`Page::arrange`]: clients always get newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub below: i64,
    pub above: i64,
    pub ascending: bool,
    pub limit: i64,
}

impl PageParams {
    /// With `min_id`: the rows right above it. It wins over `since_id` and may stand beside `max_id`.
    #[must_use]
    pub fn page(&self, default_limit: i64, max_limit: i64) -> Page {
        Page {
            below: self.max_id.unwrap_or(i64::MAX),
            above: self.min_id.or(self.since_id).unwrap_or(i64::MIN),
            ascending: self.min_id.is_some(),
            limit: clamp_limit(self.limit, default_limit, max_limit),
        }
    }

    /// For lists that know no `min_id` (blocks, follows, favourited_by …).
    #[must_use]
    pub fn page_since(&self, default_limit: i64, max_limit: i64) -> Page {
        Page { ascending: false, above: self.since_id.unwrap_or(i64::MIN), ..self.page(default_limit, max_limit) }
    }
}

impl Page {
    /// Any one row, for loading by id.
    pub const ONE: Self = Self { below: i64::MAX, above: i64::MIN, ascending: false, limit: 1 };

    /// Newest first, whatever order the query used.
    pub fn arrange<T>(&self, rows: &mut [T]) {
        if self.ascending {
            rows.reverse();
        }
    }
}

/// A negative limit counts as its absolute value, zero stays zero (recorded: `limit=-5` gives five).
fn clamp_limit(limit: Option<i64>, default: i64, max: i64) -> i64 {
    limit.map_or(default, |limit| limit.saturating_abs().min(max))
}

fn lenient_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Number(i64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::<Raw>::deserialize(deserializer)? {
        Some(Raw::Number(number)) => Some(number),
        Some(Raw::Text(text)) if !text.trim().is_empty() => Some(to_i(&text)),
        _ => None,
    })
}

/// Ruby's `String#to_i`: leading digits, 0 without any; too large becomes the largest.
#[must_use]
pub(crate) fn to_i(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let digits = digits.get(..end).unwrap_or_default();
    if digits.is_empty() {
        return 0;
    }
    let value = digits.parse::<i64>().unwrap_or(i64::MAX);
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::{PageParams, to_i};

    #[test]
    fn ids_are_read_like_ruby_reads_them() {
        assert_eq!(to_i("12abc"), 12);
        assert_eq!(to_i("abc"), 0);
        assert_eq!(to_i("-3"), -3);
        assert_eq!(to_i("99999999999999999999"), i64::MAX);
    }

    #[test]
    fn min_id_wins_over_since_id_and_turns_the_order() {
        let params = PageParams { min_id: Some(5), since_id: Some(9), max_id: Some(20), limit: Some(-3) };
        let page = params.page(20, 40);
        assert_eq!((page.above, page.below, page.ascending, page.limit), (5, 20, true, 3));
        assert_eq!(params.page_since(20, 40).above, 9);
    }
}
