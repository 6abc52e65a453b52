//! An account as its owner gets it.

use db::accounts::AccountRow;
use db::users::{self, RoleRow, UserSettings};
use db::{AccountId, PgConnection};
use serde::Serialize;

use super::{Account, AccountRows, Field};
use crate::custom_emoji::Wanted;
use crate::{Id, Shared, Urls};

/// Answer of `verify_credentials` and of changes to the own profile.
#[derive(Debug, Clone, Serialize)]
pub struct CredentialAccount {
    #[serde(flatten)]
    pub account: Shared<Account>,
    pub source: Source,
    pub role: Option<Role>,
}

/// What the owner typed and chose.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    pub privacy: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub note: String,
    pub fields: Vec<Field>,
    /// At most 40 are counted.
    pub follow_requests_count: i64,
    pub hide_collections: Option<bool>,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub attribution_domains: Vec<String>,
    pub quote_policy: String,
}

/// A role with its permissions.
#[derive(Debug, Clone, Serialize)]
pub struct Role {
    pub id: Id,
    pub name: String,
    /// Decimal bitmask: own permissions and those of everyone.
    pub permissions: String,
    pub color: String,
    pub highlighted: bool,
    pub collection_limit: i32,
}

impl From<&RoleRow> for Role {
    fn from(row: &RoleRow) -> Self {
        Self {
            id: Id(row.id),
            name: row.name.clone(),
            permissions: row.effective_permissions().to_string(),
            color: row.color.clone(),
            highlighted: row.highlighted,
            collection_limit: row.collection_limit,
        }
    }
}

impl Source {
    fn new(row: &AccountRow, follow_requests_count: i64) -> Self {
        let settings = UserSettings::parse(row.user_settings.as_deref());
        Self {
            privacy: settings.default_privacy(row.locked).to_owned(),
            sensitive: settings.default_sensitive(),
            language: settings.raw_text("default_language").map(str::to_owned),
            note: row.note.clone(),
            fields: row.fields().iter().map(|field| Field::raw(field, true)).collect(),
            follow_requests_count,
            hide_collections: row.hide_collections,
            discoverable: row.discoverable,
            indexable: row.indexable,
            attribution_domains: row.attribution_domains.clone().unwrap_or_default(),
            quote_policy: settings.default_quote_policy().to_owned(),
        }
    }
}

impl CredentialAccount {
    /// `None` if there is no such account, or nobody who signs in with it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn load(conn: &mut PgConnection, urls: &Urls, id: AccountId) -> Result<Option<Self>, sqlx::Error> {
        let rows = AccountRows::load(conn, urls, Some(id), &[id]).await?;
        let Some(row) = rows.get(id) else { return Ok(None) };
        let Some(user) = users::find_by_account(conn, id).await? else { return Ok(None) };
        let role = users::role(conn, user.role_id).await?;
        let requests = waiting_follow_requests(conn, id).await?;
        let mut wanted = Wanted::default();
        rows.want_emojis(&mut wanted);
        let emojis = wanted.find(conn, urls).await?;
        let source = Source::new(row, requests);
        let account = rows.build(urls, &emojis).remove(&id);
        Ok(account.map(|account| Self { account, source, role: Some(Role::from(&role)) }))
    }
}

async fn waiting_follow_requests(conn: &mut PgConnection, id: AccountId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT 1 FROM follow_requests WHERE target_account_id = $1 LIMIT 40) AS waiting"#,
        id,
    )
    .fetch_one(conn)
    .await
}
