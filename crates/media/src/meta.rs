//! `file_meta`, key for key and in the order in which Mastodon writes it.

use serde_json::{Map, Value, json};

use crate::colors::Palette;
use crate::focus::Focus;
use crate::geometry::Size;

/// `{"width","height","size","aspect"}` of a picture.
pub(crate) fn picture((width, height): Size) -> Value {
    json!({
        "width": width,
        "height": height,
        "size": format!("{width}x{height}"),
        "aspect": f64::from(width) / f64::from(height.max(1)),
    })
}

#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) colors: Option<Palette>,
    pub(crate) original: Option<Value>,
    pub(crate) small: Option<Value>,
    pub(crate) focus: Option<Focus>,
}

impl Parts {
    pub(crate) fn into_json(self) -> Value {
        let mut map = Map::new();
        let colors = self.colors.map(|palette| palette.to_json());
        let focus = self.focus.map(Focus::to_json);
        for (key, value) in [("colors", colors), ("original", self.original), ("small", self.small), ("focus", focus)] {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        }
        Value::Object(map)
    }
}

/// Lays new keys over the stored ones, as happens when a delayed original, another thumbnail or a new focus arrives.
/// `stored` that is not an object counts as empty.
#[must_use]
pub fn merge(stored: Option<&Value>, new: &Value) -> Value {
    let mut map = stored.and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in new.as_object().into_iter().flatten() {
        map.insert(key.clone(), value.clone());
    }
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_is_written_as_recorded() {
        let parts = Parts {
            original: Some(picture((1200, 900))),
            small: Some(picture((554, 416))),
            focus: Focus::parse("0.5,0.5"),
            ..Parts::default()
        };
        assert_eq!(
            parts.into_json().to_string(),
            r#"{"original":{"width":1200,"height":900,"size":"1200x900","aspect":1.3333333333333333},"small":{"width":554,"height":416,"size":"554x416","aspect":1.3317307692307692},"focus":{"x":0.5,"y":0.5}}"#
        );
    }

    #[test]
    fn a_new_focus_keeps_the_rest() {
        let stored = json!({"original": {"width": 1}, "focus": {"x": 0.0, "y": 0.0}});
        let new = json!({"focus": {"x": 1.0, "y": -1.0}});
        assert_eq!(merge(Some(&stored), &new).to_string(), r#"{"original":{"width":1},"focus":{"x":1.0,"y":-1.0}}"#);
        assert_eq!(merge(None, &new), new);
    }
}
