//! Collections of accounts (FEP-7aa9): the documents, the requests to stand in one, and the stamps that show consent.

use chrono::NaiveDateTime;
use db::{AccountId, time};
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use super::{PUBLIC, Rendered, Renderer, Terms};

/// A local collection as others see it.
#[derive(Debug, Clone)]
pub struct FeaturedCollection {
    pub id: i64,
    pub account_id: AccountId,
    pub uri: String,
    pub updated_at: NaiveDateTime,
    actor: String,
    /// The list of all collections of the owner.
    list: String,
    body: Value,
    terms: Terms,
}

impl FeaturedCollection {
    #[must_use]
    pub fn rendered(&self) -> Rendered {
        Rendered { body: self.body.clone(), terms: self.terms }
    }

    /// It is new. Mastodon gives neither id nor audience (recorded: `collections/local_collection_features_remote`).
    #[must_use]
    pub fn add(&self) -> Rendered {
        Rendered {
            body: json!({"type": "Add", "actor": self.actor, "target": self.list, "object": self.body}),
            terms: self.terms,
        }
    }

    /// Something of it has changed; the time makes the id.
    #[must_use]
    pub fn update(&self) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#updates/{}", self.uri, self.updated_at.and_utc().timestamp()),
                "type": "Update",
                "actor": self.actor,
                "to": [PUBLIC],
                "object": self.body,
            }),
            terms: self.terms,
        }
    }

    /// It is gone. Built before its row goes.
    #[must_use]
    pub fn remove(&self) -> Rendered {
        Rendered {
            body: json!({"type": "Remove", "actor": self.actor, "target": self.list, "object": self.uri}),
            terms: Terms::NONE,
        }
    }
}

/// An account in a local collection.
#[derive(Debug, Clone)]
pub struct FeaturedItem {
    pub collection_id: i64,
    pub owner: AccountId,
    uri: String,
    actor: String,
    collection: String,
    body: Value,
}

impl FeaturedItem {
    #[must_use]
    pub fn rendered(&self) -> Rendered {
        Rendered { body: self.body.clone(), terms: ITEM }
    }

    #[must_use]
    pub fn add(&self) -> Rendered {
        Rendered {
            body: json!({"type": "Add", "actor": self.actor, "target": self.collection, "object": self.body}),
            terms: ITEM,
        }
    }

    /// Built before the row goes.
    #[must_use]
    pub fn remove(&self) -> Rendered {
        Rendered {
            body: json!({"type": "Remove", "actor": self.actor, "target": self.collection, "object": self.uri}),
            terms: Terms::NONE,
        }
    }
}

const ITEM: Terms = Terms { featured_collection: true, ..Terms::NONE };

/// A local collection asks an account of another server whether it may stand there. `id` is kept with the item.
#[must_use]
pub fn feature_request(id: &str, collection: &str, account: &str) -> Rendered {
    Rendered {
        body: json!({"id": id, "type": "FeatureRequest", "instrument": collection, "object": account}),
        terms: Terms { feature_request: true, ..Terms::NONE },
    }
}

/// The answer of a local account to somebody else's request.
#[derive(Debug, Clone)]
pub struct FeatureAnswer<'a> {
    /// The id of the request.
    pub request: &'a str,
    /// The local account that was asked.
    pub account: &'a str,
    /// The owner of the collection.
    pub owner: &'a str,
}

impl FeatureAnswer<'_> {
    /// `result` is the stamp.
    #[must_use]
    pub fn accept(&self, item_id: i64, result: &str) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#accepts/feature_requests/{item_id}", self.account),
                "type": "Accept",
                "actor": self.account,
                "to": self.owner,
                "object": self.request,
                "result": result,
            }),
            terms: Terms::NONE,
        }
    }

    /// No item was stored, so that the id ends with the slash.
    #[must_use]
    pub fn reject(&self) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#rejects/feature_requests/", self.account),
                "type": "Reject",
                "actor": self.account,
                "to": self.owner,
                "object": self.request,
            }),
            terms: Terms::NONE,
        }
    }
}

/// The consent of a local account to stand in a collection.
#[derive(Debug, Clone)]
pub struct FeatureAuthorization<'a> {
    pub id: &'a str,
    pub account: &'a str,
    pub collection: &'a str,
}

impl FeatureAuthorization<'_> {
    fn body(&self) -> Value {
        json!({
            "id": self.id,
            "type": "FeatureAuthorization",
            "interactingObject": self.collection,
            "interactionTarget": self.account,
        })
    }

    #[must_use]
    pub fn rendered(&self) -> Rendered {
        Rendered { body: self.body(), terms: Terms { feature_authorization: true, ..Terms::NONE } }
    }

    /// It holds no longer.
    #[must_use]
    pub fn delete(&self) -> Rendered {
        Rendered {
            body: json!({
                "id": format!("{}#delete", self.id),
                "type": "Delete",
                "actor": self.account,
                "to": [PUBLIC],
                "object": self.body(),
            }),
            terms: Terms { feature_authorization: true, ..Terms::NONE },
        }
    }
}

struct CollectionRow {
    id: i64,
    account_id: AccountId,
    username: String,
    id_scheme: Option<i32>,
    name: String,
    description: Option<String>,
    language: Option<String>,
    sensitive: bool,
    discoverable: bool,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    tag: Option<String>,
    tag_name: Option<String>,
}

struct ItemRow {
    id: i64,
    collection_id: i64,
    owner: AccountId,
    account_id: AccountId,
    username: String,
    domain: Option<String>,
    uri: String,
    id_scheme: Option<i32>,
    approval_uri: Option<String>,
    created_at: NaiveDateTime,
}

impl Renderer {
    /// `None`: there is no such local collection.
    ///
    /// # Errors
    /// The database fails.
    pub async fn featured_collection(&self, conn: &mut PgConnection, id: i64) -> Result<Option<FeaturedCollection>, sqlx::Error> {
        Ok(self.featured_collections(conn, &[id]).await?.pop())
    }

    /// In the order of `ids`, with the accounts that agreed. What does not exist or is not ours is left out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn featured_collections(
        &self,
        conn: &mut PgConnection,
        ids: &[i64],
    ) -> Result<Vec<FeaturedCollection>, sqlx::Error> {
        let rows = sqlx::query_as!(
            CollectionRow,
            r#"
            SELECT c.id, c.account_id, a.username, a.id_scheme, c.name, c.description, c.language, c.sensitive, c.discoverable,
              c.created_at, c.updated_at, t.name AS "tag?", COALESCE(t.display_name, t.name) AS "tag_name?"
            FROM collections c JOIN accounts a ON a.id = c.account_id AND a.domain IS NULL LEFT JOIN tags t ON t.id = c.tag_id
            WHERE c.id = ANY($1) AND c.local
            ORDER BY array_position($1, c.id)
            "#,
            ids
        )
        .fetch_all(&mut *conn)
        .await?;
        let items = sqlx::query_as!(
            ItemRow,
            r#"
            SELECT i.id, i.collection_id, c.account_id AS owner, a.id AS account_id, a.username, a.domain, a.uri, a.id_scheme,
              i.approval_uri, i.created_at
            FROM collection_items i JOIN collections c ON c.id = i.collection_id JOIN accounts a ON a.id = i.account_id
            WHERE i.collection_id = ANY($1) AND i.state = 1
            ORDER BY i.position, i.id
            "#,
            ids
        )
        .fetch_all(conn)
        .await?;
        Ok(rows
            .iter()
            .map(|row| {
                let items = items.iter().filter(|item| item.collection_id == row.id).map(|item| self.item_body(item));
                self.collection_of(row, items.collect())
            })
            .collect())
    }

    /// An item of a local collection, whatever its state.
    ///
    /// # Errors
    /// The database fails.
    pub async fn featured_item(&self, conn: &mut PgConnection, id: i64) -> Result<Option<FeaturedItem>, sqlx::Error> {
        let row = sqlx::query!(
            r#"
            SELECT i.id, i.collection_id, c.account_id AS owner, o.username AS owner_username, o.id_scheme AS owner_scheme,
              a.id AS account_id, a.username, a.domain, a.uri, a.id_scheme, i.approval_uri, i.created_at
            FROM collection_items i
            JOIN collections c ON c.id = i.collection_id AND c.local
            JOIN accounts o ON o.id = c.account_id AND o.domain IS NULL
            JOIN accounts a ON a.id = i.account_id
            WHERE i.id = $1
            "#,
            id
        )
        .fetch_optional(conn)
        .await?;
        Ok(row.map(|row| FeaturedItem {
            collection_id: row.collection_id,
            owner: row.owner,
            uri: self.uris.collection_item(row.owner, row.id),
            actor: self.uris.account(row.owner, &row.owner_username, row.owner_scheme),
            collection: self.uris.collection(row.owner, row.collection_id),
            body: self.item_body(&ItemRow {
                id: row.id,
                collection_id: row.collection_id,
                owner: row.owner,
                account_id: row.account_id,
                username: row.username,
                domain: row.domain,
                uri: row.uri,
                id_scheme: row.id_scheme,
                approval_uri: row.approval_uri,
                created_at: row.created_at,
            }),
        }))
    }

    fn item_body(&self, row: &ItemRow) -> Value {
        let (account, authorization) = match row.domain {
            Some(_) => (row.uri.clone(), row.approval_uri.clone()),
            None => (
                self.uris.account(row.account_id, &row.username, row.id_scheme),
                Some(self.uris.feature_authorization(row.account_id, row.id)),
            ),
        };
        json!({
            "id": self.uris.collection_item(row.owner, row.id),
            "type": "FeaturedItem",
            "featuredObject": account,
            "featureAuthorization": authorization,
            "published": time::seconds(row.created_at),
        })
    }

    fn collection_of(&self, row: &CollectionRow, items: Vec<Value>) -> FeaturedCollection {
        let uri = self.uris.collection(row.account_id, row.id);
        let actor = self.uris.account(row.account_id, &row.username, row.id_scheme);
        let topic = row.tag.as_ref().map(|name| {
            let shown = row.tag_name.as_ref().unwrap_or(name);
            json!({"type": "Hashtag", "href": self.uris.tag(name), "name": format!("#{shown}")})
        });
        let mut terms = Terms { featured_collection: true, sensitive: true, discoverable: true, ..Terms::NONE };
        terms.hashtag = topic.is_some();
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("id", json!(uri));
        put("type", json!("FeaturedCollection"));
        put("totalItems", json!(items.len()));
        put("name", json!(row.name));
        put("attributedTo", json!(actor));
        put("url", json!(self.uris.collection_page(row.id)));
        put("sensitive", json!(row.sensitive));
        put("discoverable", json!(row.discoverable));
        put("published", json!(time::seconds(row.created_at)));
        put("updated", json!(time::seconds(row.updated_at)));
        match row.language.as_deref().filter(|language| !language.is_empty()) {
            Some(language) => put("summaryMap", json!({ language: row.description })),
            None => put("summary", json!(row.description)),
        };
        put("topic", json!(topic));
        put("orderedItems", Value::Array(items));
        FeaturedCollection {
            id: row.id,
            account_id: row.account_id,
            list: self.uris.featured_collections(row.account_id),
            uri,
            updated_at: row.updated_at,
            actor,
            body: Value::Object(body),
            terms,
        }
    }
}
