//! Files of a status as `Document`s.

use serde_json::{Map, Value, json};

use super::load::{MediaRow, Rows, StatusRow};
use crate::render::{Renderer, Terms};

impl Renderer {
    pub(super) fn media(&self, status: &StatusRow, rows: &Rows, terms: &mut Terms) -> Value {
        let mut attached: Vec<&MediaRow> = rows.media.iter().filter(|media| media.status_id == Some(status.id)).collect();
        if let Some(order) = &status.ordered_media_attachment_ids {
            attached.retain(|media| order.contains(&media.id));
            attached.sort_by_key(|media| order.iter().position(|id| *id == media.id));
        }
        let documents = attached.into_iter().map(|media| {
            terms.blurhash = true;
            terms.focal_point = true;
            media.document(&self.files)
        });
        Value::Array(documents.collect())
    }
}

impl MediaRow {
    fn meta(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self.file_meta.as_ref()?, |value, key| value.get(key))
    }

    fn focal_point(&self) -> Option<Value> {
        let focus = self.meta(&["focus"])?;
        Some(json!([focus.get("x")?, focus.get("y")?]))
    }

    fn document(&self, files: &str) -> Value {
        let remote = !self.remote_url.is_empty();
        let mut document = Map::new();
        document.insert("type".to_owned(), json!("Document"));
        document.insert("mediaType".to_owned(), json!(self.file_content_type));
        let url = match &self.file_file_name {
            Some(file) => {
                let cached = media::paths::cached(self.file_storage_schema_version, remote);
                format!(
                    "{files}/{}",
                    media::paths::attachment(media::paths::Attachment::MediaFile, self.id, "original", file, cached)
                )
            }
            None => self.remote_url.clone(),
        };
        document.insert("url".to_owned(), json!(url));
        document.insert("name".to_owned(), json!(self.description));
        document.insert("blurhash".to_owned(), json!(self.blurhash));
        if let Some(point) = self.focal_point() {
            document.insert("focalPoint".to_owned(), point);
        }
        for key in ["width", "height"] {
            if let Some(size) = self.meta(&["original", key]) {
                document.insert(key.to_owned(), size.clone());
            }
        }
        if let Some(seconds) = self.meta(&["original", "duration"]).and_then(Value::as_f64) {
            document.insert("duration".to_owned(), json!(iso_duration(seconds)));
        }
        if let Some(thumbnail) = &self.thumbnail_file_name {
            let cached = media::paths::cached(self.thumbnail_storage_schema_version, remote);
            let path = media::paths::attachment(media::paths::Attachment::MediaThumbnail, self.id, "original", thumbnail, cached);
            document.insert(
                "icon".to_owned(),
                json!({"type": "Image", "mediaType": self.thumbnail_content_type, "url": format!("{files}/{path}")}),
            );
        }
        Value::Object(document)
    }
}

/// `PT1M2.5S`, the form of xsd:duration that players read.
fn iso_duration(seconds: f64) -> String {
    let whole = seconds.trunc();
    let minutes = (whole / 60.0).trunc();
    let rest = seconds - minutes * 60.0;
    let rest = if rest.fract() == 0.0 { format!("{rest:.0}") } else { format!("{rest}") };
    if minutes > 0.0 { format!("PT{minutes:.0}M{rest}S") } else { format!("PT{rest}S") }
}

#[cfg(test)]
mod tests {
    use super::iso_duration;

    #[test]
    fn a_duration_is_printed_in_iso_form() {
        assert_eq!(iso_duration(62.5), "PT1M2.5S");
        assert_eq!(iso_duration(3.0), "PT3S");
    }
}
