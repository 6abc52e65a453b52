//! Collections: lists of accounts that somebody recommends.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{AccountId, PgConnection, StatusId};
use serde::Serialize;

use crate::timestamp::Millis;
use crate::urls::is_web_url;
use crate::{Id, ShallowTag, Urls};

#[derive(Debug, Clone, Serialize)]
pub struct Collection {
    pub id: Id,
    pub uri: String,
    pub name: String,
    /// Plain text of local ones, HTML of others.
    pub description: Option<String>,
    pub language: Option<String>,
    pub account_id: Id,
    pub local: bool,
    pub sensitive: bool,
    pub discoverable: bool,
    pub url: Option<String>,
    pub item_count: usize,
    pub created_at: Millis,
    pub updated_at: Millis,
    pub tag: Option<ShallowTag>,
    pub items: Vec<CollectionItem>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CollectionItem {
    pub id: Id,
    pub state: &'static str,
    pub created_at: Millis,
    /// Of items that wait or were accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<Id>,
}

struct CollectionRow {
    id: i64,
    uri: Option<String>,
    name: String,
    description: Option<String>,
    description_html: Option<String>,
    language: Option<String>,
    account_id: AccountId,
    local: bool,
    sensitive: bool,
    discoverable: bool,
    url: Option<String>,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    tag: Option<String>,
}

struct ItemRow {
    id: i64,
    collection_id: i64,
    account_id: Option<AccountId>,
    state: i32,
    created_at: NaiveDateTime,
}

/// `collection_items.state`.
const PENDING: i32 = 0;
const ACCEPTED: i32 = 1;

impl Collection {
    /// In the order of `ids`; those that do not exist are left out. Owners see the items that wait as well; accounts that the
    /// viewer blocks or that block the viewer are left out.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load_many(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        ids: &[i64],
    ) -> Result<Vec<Self>, sqlx::Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows: HashMap<i64, CollectionRow> = rows(conn, ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let mut items: HashMap<i64, Vec<ItemRow>> = HashMap::new();
        for item in item_rows(conn, viewer, ids).await? {
            items.entry(item.collection_id).or_default().push(item);
        }
        Ok(ids
            .iter()
            .filter_map(|id| rows.get(id))
            .map(|row| Self::new(row, items.get(&row.id).map_or(&[], Vec::as_slice), urls))
            .collect())
    }

    /// Those that statuses link to, by status.
    pub(crate) async fn tagged_in(
        conn: &mut PgConnection,
        urls: &Urls,
        viewer: Option<AccountId>,
        statuses: &[StatusId],
    ) -> Result<HashMap<StatusId, Vec<Self>>, sqlx::Error> {
        let links = sqlx::query!(
            r#"SELECT status_id, object_id AS "object_id!" FROM tagged_objects
               WHERE status_id = ANY($1) AND object_type = 'Collection' AND object_id IS NOT NULL ORDER BY id"#,
            statuses,
        )
        .fetch_all(&mut *conn)
        .await?;
        let ids: Vec<i64> = links.iter().map(|link| link.object_id).collect();
        let known: HashMap<i64, Self> = Self::load_many(conn, urls, viewer, &ids)
            .await?
            .into_iter()
            .map(|collection| (collection.id.0, collection))
            .collect();
        let mut tagged: HashMap<StatusId, Vec<Self>> = HashMap::new();
        for link in links {
            if let Some(collection) = known.get(&link.object_id) {
                tagged.entry(link.status_id).or_default().push(collection.clone());
            }
        }
        Ok(tagged)
    }

    fn new(row: &CollectionRow, items: &[ItemRow], urls: &Urls) -> Self {
        let (uri, url) = if row.local {
            (urls.uris().collection(row.account_id, row.id), Some(urls.uris().collection_page(row.id)))
        } else {
            (row.uri.clone().unwrap_or_default(), row.url.clone().filter(|url| is_web_url(url)))
        };
        let description =
            if row.local { row.description.clone() } else { row.description_html.as_deref().map(text::sanitize::remote_html) };
        Self {
            id: Id(row.id),
            uri,
            name: row.name.clone(),
            description,
            language: row.language.clone(),
            account_id: Id(row.account_id),
            local: row.local,
            sensitive: row.sensitive,
            discoverable: row.discoverable,
            url,
            item_count: items.len(),
            created_at: Millis(row.created_at),
            updated_at: Millis(row.updated_at),
            tag: row.tag.as_deref().map(|name| ShallowTag::new(name, urls)),
            items: items.iter().map(CollectionItem::new).collect(),
        }
    }
}

impl CollectionItem {
    fn new(row: &ItemRow) -> Self {
        Self {
            id: Id(row.id),
            state: match row.state {
                PENDING => "pending",
                ACCEPTED => "accepted",
                2 => "rejected",
                _ => "revoked",
            },
            created_at: Millis(row.created_at),
            account_id: row.account_id.filter(|_| matches!(row.state, PENDING | ACCEPTED)).map(Id),
        }
    }
}

async fn rows(conn: &mut PgConnection, ids: &[i64]) -> Result<Vec<CollectionRow>, sqlx::Error> {
    sqlx::query_as!(
        CollectionRow,
        r#"
        SELECT c.id AS "id!", c.uri, c.name AS "name!", c.description, c.description_html, c.language,
               c.account_id AS "account_id!", c.local AS "local!",
               c.sensitive AS "sensitive!", c.discoverable AS "discoverable!", c.url, c.created_at AS "created_at!",
               c.updated_at AS "updated_at!", t.name AS "tag?"
        FROM collections c LEFT JOIN tags t ON t.id = c.tag_id
        WHERE c.id = ANY($1)
        "#,
        ids,
    )
    .fetch_all(conn)
    .await
}

async fn item_rows(conn: &mut PgConnection, viewer: Option<AccountId>, ids: &[i64]) -> Result<Vec<ItemRow>, sqlx::Error> {
    sqlx::query_as!(
        ItemRow,
        r#"
        SELECT i.id, i.collection_id, i.account_id, i.state, i.created_at
        FROM collection_items i JOIN collections c ON c.id = i.collection_id
        WHERE i.collection_id = ANY($1)
          AND (i.state = 1 OR (i.state = 0 AND c.account_id = $2))
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = $2 AND b.target_account_id = i.account_id)
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = i.account_id AND b.target_account_id = $2)
        ORDER BY i.position, i.id
        "#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}
