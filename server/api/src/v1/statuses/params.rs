//! What clients send when they post and edit.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde::Deserialize;
use serde_json::{Map, Value};
use services::draft::polls::PollDraft;
use services::edit_status::{Edit, MediaAttributes};
use services::post_status::Draft;
use shared::{ApiResult, Error, Flag, IdParam, OneOrMany};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Create {
    status: String,
    spoiler_text: Option<String>,
    visibility: Option<String>,
    sensitive: Flag,
    language: Option<String>,
    in_reply_to_id: IdParam,
    quoted_status_id: IdParam,
    quote_approval_policy: Option<String>,
    media_ids: OneOrMany<String>,
    allowed_mentions: Option<OneOrMany<i64>>,
    poll: Poll,
    scheduled_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Update {
    pub(super) id: i64,
    status: String,
    spoiler_text: Option<String>,
    sensitive: Flag,
    language: Option<String>,
    quote_approval_policy: Option<String>,
    media_ids: OneOrMany<String>,
    media_attributes: Vec<Media>,
    poll: Poll,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Poll {
    options: OneOrMany<String>,
    expires_in: IdParam,
    multiple: Flag,
    hide_totals: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Media {
    id: i64,
    description: Option<String>,
    focus: Option<String>,
}

impl Poll {
    /// `None` unless the client sent one.
    fn draft(&self, raw: &Map<String, Value>) -> Option<PollDraft> {
        let sent = raw.get("poll").and_then(Value::as_object).is_some_and(|poll| !poll.is_empty());
        sent.then(|| PollDraft {
            options: self.options.0.clone(),
            expires_in: self.expires_in.get(),
            multiple: self.multiple.is_true(),
            hide_totals: self.hide_totals.is_true(),
        })
    }
}

impl Create {
    /// All but what stands in the headers.
    pub(super) fn draft(&self, raw: &Map<String, Value>) -> Draft {
        Draft {
            text: self.status.clone(),
            spoiler_text: self.spoiler_text.clone(),
            visibility: self.visibility.clone(),
            sensitive: self.sensitive.given(),
            language: self.language.clone(),
            in_reply_to_id: self.in_reply_to_id.get(),
            media_ids: self.media_ids.0.clone(),
            poll: self.poll.draft(raw),
            quoted_status_id: self.quoted_status_id.get(),
            quote_approval_policy: self.quote_approval_policy.clone().filter(|word| !word.is_empty()),
            allowed_mentions: self.allowed_mentions.as_ref().map(|ids| ids.0.clone()),
            ..Draft::default()
        }
    }

    /// `None` for a status that is to be posted at once, as one is whose time has passed.
    ///
    /// # Errors
    /// 422 for a text that is no time.
    pub(super) fn scheduled_at(&self, now: NaiveDateTime) -> ApiResult<Option<NaiveDateTime>> {
        let Some(text) = self.scheduled_at.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        let at = time(text).ok_or_else(|| Error::unprocessable("Record invalid"))?;
        Ok(Some(at).filter(|at| *at > now))
    }
}

impl Update {
    pub(super) fn edit(&self, raw: &Map<String, Value>) -> Edit {
        Edit {
            text: self.status.clone(),
            spoiler_text: self.spoiler_text.clone(),
            sensitive: self.sensitive.given(),
            language: self.language.clone(),
            media_ids: self.media_ids.0.clone(),
            media_attributes: self
                .media_attributes
                .iter()
                .map(|media| MediaAttributes { id: media.id, description: media.description.clone(), focus: media.focus.clone() })
                .collect(),
            poll: self.poll.draft(raw),
            quote_approval_policy: self.quote_approval_policy.clone().filter(|word| !word.is_empty()),
        }
    }
}

/// ISO 8601, with or without seconds and zone; without a zone it is UTC.
pub(in crate::v1) fn time(text: &str) -> Option<NaiveDateTime> {
    const ZONED: [&str; 4] =
        ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];
    const BARE: [&str; 4] = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let zoned = text.strip_suffix(" UTC").map(|bare| format!("{bare} +00:00")).unwrap_or_else(|| text.to_owned());
    DateTime::parse_from_rfc3339(text)
        .ok()
        .or_else(|| ZONED.iter().find_map(|format| DateTime::parse_from_str(&zoned, format).ok()))
        .map(|time| time.naive_utc())
        .or_else(|| BARE.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok()))
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN)))
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let read = |text| time(text).map(|time| time.to_string());
        assert_eq!(read("2099-01-01T10:00:00.000Z").as_deref(), Some("2099-01-01 10:00:00"));
        assert_eq!(read("2099-01-01T10:00:00+02:00").as_deref(), Some("2099-01-01 08:00:00"));
        assert_eq!(read("2099-01-01T10:00:00+0200").as_deref(), Some("2099-01-01 08:00:00"));
        assert_eq!(read("2099-01-01 10:00:00 UTC").as_deref(), Some("2099-01-01 10:00:00"));
        assert_eq!(read("2099-01-01T10:00").as_deref(), Some("2099-01-01 10:00:00"));
        assert_eq!(read("2099-01-01").as_deref(), Some("2099-01-01 00:00:00"));
        assert_eq!(read("whenever"), None);
    }
}
