//! The own profile as it is edited.

use db::{AccountId, PgConnection};
use serde::Serialize;

use crate::account::{self, AccountRows, Field};
use crate::custom_emoji::Found;
use crate::{Account, FeaturedTag, Id, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Profile {
    pub id: Id,
    pub display_name: String,
    /// As it was typed.
    pub note: String,
    pub fields: Vec<Field>,
    pub formatted_note: String,
    pub formatted_fields: Vec<Field>,
    /// Absent if there is none, unlike in [`Account`].
    pub avatar: Option<String>,
    pub avatar_static: Option<String>,
    pub avatar_description: String,
    pub header: Option<String>,
    pub header_static: Option<String>,
    pub header_description: String,
    pub locked: bool,
    pub bot: bool,
    pub hide_collections: Option<bool>,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub show_media: bool,
    pub show_media_replies: bool,
    pub show_featured: bool,
    pub attribution_domains: Vec<String>,
    pub featured_tags: Vec<FeaturedTag>,
}

impl Profile {
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, urls: &Urls, id: AccountId) -> Result<Option<Self>, sqlx::Error> {
        let rows = AccountRows::load(conn, urls, Some(id), &[id]).await?;
        let featured_tags = FeaturedTag::load_all(conn, urls, id).await?;
        let (Some(row), Some(shown)) = (rows.get(id), rows.build(urls, &Found::default()).remove(&id)) else { return Ok(None) };
        let shown: Account = shown.into_inner();
        let has_avatar = row.avatar_file_name.is_some();
        let has_header = row.header_file_name.is_some();
        Ok(Some(Self {
            id: Id(id),
            display_name: row.display_name.clone(),
            note: row.note.clone(),
            fields: row.fields().iter().map(|field| account::Field::raw(field, row.is_local())).collect(),
            formatted_note: shown.note,
            formatted_fields: shown.fields,
            avatar: has_avatar.then_some(shown.avatar),
            avatar_static: has_avatar.then_some(shown.avatar_static),
            avatar_description: row.avatar_description.clone(),
            header: has_header.then_some(shown.header),
            header_static: has_header.then_some(shown.header_static),
            header_description: row.header_description.clone(),
            locked: shown.locked,
            bot: shown.bot,
            hide_collections: row.hide_collections,
            discoverable: row.discoverable,
            indexable: row.indexable,
            show_media: row.show_media,
            show_media_replies: row.show_media_replies,
            show_featured: row.show_featured,
            attribution_domains: row.attribution_domains.clone().unwrap_or_default(),
            featured_tags,
        }))
    }
}
