//! Accounts, and the forms of them that only their owners see.

mod credentials;
mod load;
mod partial;
mod relationship;

use db::accounts::{AccountRow, FieldRow};
use db::users::UserSettings;
use media::paths::{Attachment, cached};
use serde::Serialize;

pub use credentials::{CredentialAccount, Role, Source};
pub use partial::{MutedAccount, PartialAccount};
pub use relationship::{FamiliarFollowers, Relationship};

pub(crate) use load::AccountRows;

use crate::approval::{Approval, Policy, Standing, local_feature_policy};
use crate::markup::{self, Handles};
use crate::timestamp::{Date, Midnight};
use crate::urls::{Handle, acct};
use crate::{CustomEmoji, Id, Shared, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Account {
    pub id: Id,
    pub username: String,
    pub acct: String,
    pub display_name: String,
    pub locked: bool,
    pub bot: bool,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub group: bool,
    pub created_at: Midnight,
    pub note: String,
    pub url: String,
    pub uri: String,
    pub avatar: String,
    pub avatar_static: String,
    pub avatar_description: String,
    pub header: String,
    pub header_static: String,
    pub header_description: String,
    pub followers_count: i64,
    pub following_count: i64,
    pub statuses_count: i64,
    pub last_status_at: Option<Date>,
    pub hide_collections: Option<bool>,
    pub show_media: bool,
    pub show_media_replies: bool,
    pub show_featured: bool,
    /// Only `true` is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited: Option<bool>,
    /// Local accounts only; the inner one is absent if nobody signs in with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noindex: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memorial: Option<bool>,
    pub feature_approval: Approval,
    /// Of an account that moved: where to. The inner one is absent if the account is suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<Option<Shared<Account>>>,
    pub emojis: Vec<CustomEmoji>,
    /// The role of a local account, if it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<Badge>>,
    pub fields: Vec<Field>,
}

/// A role as the public sees it.
#[derive(Debug, Clone, Serialize)]
pub struct Badge {
    pub id: Id,
    pub name: String,
    pub color: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Field {
    pub name: String,
    pub value: String,
    pub verified_at: Option<String>,
}

/// Longest name and value of a field that are read, in characters.
const LOCAL_FIELD_LIMIT: usize = 255;
const REMOTE_FIELD_LIMIT: usize = 2047;

/// What accounts share while they are built.
pub(crate) struct Surroundings<'a> {
    pub(crate) urls: &'a Urls,
    pub(crate) emojis: &'a crate::custom_emoji::Found,
    pub(crate) handles: &'a Handles,
    /// `None` if nobody is signed in.
    pub(crate) standing: Option<Standing>,
}

pub(crate) fn handle(row: &AccountRow) -> Handle<'_> {
    Handle {
        id: row.id,
        username: &row.username,
        domain: row.domain.as_deref(),
        uri: &row.uri,
        url: row.url.as_deref(),
        id_scheme: row.id_scheme,
    }
}

/// All texts of an account that may hold emoji.
pub(crate) fn emoji_texts(row: &AccountRow) -> impl Iterator<Item = &str> {
    let fields = row.fields().iter().flat_map(|field| [field.name.as_deref(), field.value.as_deref()]).flatten();
    [row.note.as_str(), row.display_name.as_str()].into_iter().chain(fields)
}

impl Account {
    pub(crate) fn build(row: &AccountRow, moved: Option<Option<Shared<Self>>>, around: &Surroundings<'_>) -> Self {
        let urls = around.urls;
        let gone = row.is_suspended();
        let present = |text: String| if gone { String::new() } else { text };
        let (avatar, avatar_static) = avatar_urls(row, urls);
        let (header, header_static) = header_urls(row, urls);
        Self {
            id: Id(row.id),
            username: row.username.clone(),
            acct: acct(&row.username, row.domain.as_deref()),
            display_name: present(row.display_name.clone()),
            locked: !gone && row.locked,
            bot: !gone && matches!(row.actor_type.as_deref(), Some("Application" | "Service")),
            discoverable: if gone { Some(false) } else { row.discoverable },
            indexable: !gone && row.indexable,
            group: row.actor_type.as_deref() == Some("Group"),
            created_at: Midnight(row.created_at),
            note: if gone { String::new() } else { markup::html(&row.note, row.is_local(), urls, around.handles) },
            url: urls.account_page(handle(row)),
            uri: urls.account_uri(handle(row)),
            avatar,
            avatar_static,
            avatar_description: present(row.avatar_description.clone()),
            header,
            header_static,
            header_description: present(row.header_description.clone()),
            followers_count: row.followers_count,
            following_count: row.following_count,
            statuses_count: row.statuses_count,
            last_status_at: row.last_status_at.map(Date),
            hide_collections: row.hide_collections,
            show_media: row.show_media,
            show_media_replies: row.show_media_replies,
            show_featured: row.show_featured,
            suspended: gone.then_some(true),
            limited: row.silenced_at.is_some().then_some(true),
            noindex: row.is_local().then(|| row.user_id.map(|_| noindex(row))),
            memorial: row.memorial.then_some(true),
            feature_approval: feature_approval(row, around.standing),
            moved,
            emojis: if gone { Vec::new() } else { around.emojis.in_texts(emoji_texts(row), row.domain.as_deref()) },
            roles: row.is_local().then(|| if gone { Vec::new() } else { badges(row) }),
            fields: if gone { Vec::new() } else { row.fields().iter().map(|field| Field::new(field, row, around)).collect() },
        }
    }
}

impl Field {
    fn new(field: &FieldRow, row: &AccountRow, around: &Surroundings<'_>) -> Self {
        let local = row.is_local();
        let raw = Self::raw(field, local);
        let value = markup::field_html(&raw.value, local, raw.verified_at.is_some(), around.urls, around.handles);
        Self { value, ..raw }
    }

    /// As it was entered.
    pub(crate) fn raw(field: &FieldRow, local: bool) -> Self {
        let limit = if local { LOCAL_FIELD_LIMIT } else { REMOTE_FIELD_LIMIT };
        let cut = |text: &Option<String>| text.as_deref().unwrap_or_default().chars().take(limit).collect();
        Self {
            name: cut(&field.name),
            value: cut(&field.value),
            verified_at: field.verified_at.as_deref().filter(|time| !time.is_empty()).map(verified_at),
        }
    }
}

/// The stored time with milliseconds and its offset in figures.
fn verified_at(stored: &str) -> String {
    chrono::DateTime::parse_from_rfc3339(stored)
        .map_or_else(|_| stored.to_owned(), |time| time.format("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string())
}

pub(crate) fn avatar_urls(row: &AccountRow, urls: &Urls) -> (String, String) {
    let file = row.avatar_file_name.as_deref().filter(|_| !row.is_suspended());
    let kept = cached(row.avatar_storage_schema_version, !row.is_local());
    picture_urls(Attachment::Avatar, row.id, file, row.avatar_content_type.as_deref(), kept, urls)
        .unwrap_or_else(|| (urls.missing_avatar(), urls.missing_avatar()))
}

pub(crate) fn header_urls(row: &AccountRow, urls: &Urls) -> (String, String) {
    let file = row.header_file_name.as_deref().filter(|_| !row.is_suspended());
    let kept = cached(row.header_storage_schema_version, !row.is_local());
    picture_urls(Attachment::Header, row.id, file, row.header_content_type.as_deref(), kept, urls)
        .unwrap_or_else(|| (urls.missing_header(), urls.missing_header()))
}

/// The picture and what to show instead where nothing may move: only GIFs have a second file.
fn picture_urls(
    kind: Attachment,
    id: i64,
    file_name: Option<&str>,
    content_type: Option<&str>,
    cached: bool,
    urls: &Urls,
) -> Option<(String, String)> {
    let file_name = file_name?;
    let original = urls.file(kind, id, "original", file_name, cached);
    let still =
        if content_type == Some("image/gif") { urls.file(kind, id, "static", file_name, cached) } else { original.clone() };
    Some((original, still))
}

fn noindex(row: &AccountRow) -> bool {
    UserSettings::parse(row.user_settings.as_deref())
        .noindex()
        .unwrap_or_else(|| db::settings::flag_column(row.noindex_setting.as_deref(), false))
}

fn badges(row: &AccountRow) -> Vec<Badge> {
    let (Some(id), Some(name), Some(color)) = (row.badge_id, &row.badge_name, &row.badge_color) else { return Vec::new() };
    vec![Badge { id: Id(id), name: name.clone(), color: color.clone() }]
}

fn feature_approval(row: &AccountRow, standing: Option<Standing>) -> Approval {
    let policy = if row.is_local() {
        local_feature_policy(row.discoverable.unwrap_or(false), row.locked)
    } else {
        Policy(row.feature_approval_policy)
    };
    let current_user = match standing {
        None => "denied",
        Some(_) if policy.0 == 0 => {
            if row.is_local() {
                "denied"
            } else {
                "missing"
            }
        }
        Some(standing) => policy.applied_to(standing),
    };
    policy.to_entity(current_user)
}
