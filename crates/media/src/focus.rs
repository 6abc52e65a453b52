//! The point of a picture that must stay visible when it is cropped.

use serde_json::{Number, Value, json};

/// Both numbers are meant to lie within -1 and 1, but Mastodon stores what it is sent (recorded: 5.0), and a single
/// number leaves `y` null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Focus {
    pub x: f64,
    pub y: Option<f64>,
}

impl Focus {
    /// Reads `"x,y"` with as much forgiveness as Ruby's `to_f`: garbage counts as zero. Nothing for an empty text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        let mut parts = text.split(',').map(leading_number);
        Some(Self { x: parts.next()?, y: parts.next() })
    }

    /// From numbers of another server, of which only finite ones within -1 and 1 are believed.
    #[must_use]
    pub fn from_remote(x: f64, y: f64) -> Option<Self> {
        let sane = |number: f64| (-1.0..=1.0).contains(&number);
        (sane(x) && sane(y)).then_some(Self { x, y: Some(y) })
    }

    #[must_use]
    pub fn to_json(self) -> Value {
        json!({ "x": Number::from_f64(self.x), "y": self.y.and_then(Number::from_f64) })
    }
}

/// The longest start of the text that reads as a finite number.
fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e' | 'E')).unwrap_or(text.len());
    let candidate = text.get(..end).unwrap_or_default();
    (1..=candidate.len())
        .rev()
        .filter_map(|length| candidate.get(..length)?.parse::<f64>().ok())
        .find(|number| number.is_finite())
        .unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_of(text: &str) -> String {
        Focus::parse(text).unwrap().to_json().to_string()
    }

    // The first four are file_meta rows of a recorded server.
    #[test]
    fn focus_is_stored_as_it_was_recorded() {
        assert_eq!(json_of("0.5,-0.25"), r#"{"x":0.5,"y":-0.25}"#);
        assert_eq!(json_of("-1.0,1.0"), r#"{"x":-1.0,"y":1.0}"#);
        assert_eq!(json_of("5,5"), r#"{"x":5.0,"y":5.0}"#);
        assert_eq!(json_of("nonsense"), r#"{"x":0.0,"y":null}"#);
        assert_eq!(json_of("0.1abc,-.5e1x"), r#"{"x":0.1,"y":-5.0}"#);
        assert_eq!(Focus::parse(" "), None);
    }

    #[test]
    fn strange_numbers_of_other_servers_are_dropped() {
        assert!(Focus::from_remote(1e308, 0.0).is_none());
        assert!(Focus::from_remote(f64::NAN, 0.0).is_none());
        assert!(Focus::from_remote(-1.0, 1.0).is_some());
    }
}
