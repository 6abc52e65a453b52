//! A local account changes its profile.

mod fields;
mod picture;

use std::time::Duration;

use db::AccountId;
use db::users::UserSettings;
use jobs::account::{AuthorizeFollow, VerifyLinks};
use jobs::delivery::FederateAccountUpdate;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;

pub use self::fields::Field;
pub use self::picture::{PictureOf, Placed, place, remove_picture};

use self::fields::StoredField;
use crate::draft::{hashtags, without_nul};
use crate::error::{Error, Result, Validation};

/// Lengths of local profiles, in characters unless said otherwise.
pub const MAX_DISPLAY_NAME: usize = 40;
/// Counted as posts are.
pub const MAX_NOTE: usize = 500;
pub const MAX_PICTURE_DESCRIPTION: usize = 150;
const MAX_ATTRIBUTION_DOMAINS: usize = 100;
/// Changes made one after the other go out together.
const FEDERATE_AFTER: Duration = Duration::from_secs(5);

/// What is changed; what is `None` stays.
#[derive(Debug, Default)]
pub struct ProfileChange {
    pub display_name: Option<String>,
    pub note: Option<String>,
    /// All of them; those without name and value are left out.
    pub fields: Option<Vec<Field>>,
    pub avatar: Option<Placed>,
    pub avatar_description: Option<String>,
    pub header: Option<Placed>,
    pub header_description: Option<String>,
    pub locked: Option<bool>,
    pub bot: Option<bool>,
    pub discoverable: Option<bool>,
    pub indexable: Option<bool>,
    pub hide_collections: Option<bool>,
    pub show_media: Option<bool>,
    pub show_media_replies: Option<bool>,
    pub show_featured: Option<bool>,
    pub attribution_domains: Option<Vec<String>>,
    pub defaults: PostingDefaults,
}

/// What new posts are like unless they say otherwise.
#[derive(Debug, Default)]
pub struct PostingDefaults {
    pub privacy: Option<String>,
    pub sensitive: Option<bool>,
    /// `Some(None)` takes the choice back.
    pub language: Option<Option<String>>,
    pub quote_policy: Option<String>,
}

impl PostingDefaults {
    fn is_empty(&self) -> bool {
        self.privacy.is_none() && self.sensitive.is_none() && self.language.is_none() && self.quote_policy.is_none()
    }

    fn check(&self) -> Result<()> {
        let one_of = |value: &Option<String>, known: &[&str]| value.as_deref().is_none_or(|value| known.contains(&value));
        if !one_of(&self.privacy, &["", "public", "unlisted", "private", "direct"]) {
            return Err(Error::invalid("Default privacy is not included in the list"));
        }
        if !one_of(&self.quote_policy, &["", "public", "followers", "nobody"]) {
            return Err(Error::invalid("Default quote policy is not included in the list"));
        }
        Ok(())
    }
}

struct BeforeRow {
    locked: bool,
    fields: Option<Json<Value>>,
}

/// Changes the profile, and has followers' servers told of it. Unlocking lets in everybody who waits.
///
/// # Errors
/// [`Error::Invalid`] with details, in the words of the API; [`Error::NotFound`] without such a local account.
pub async fn update_account(conn: &mut PgConnection, account: AccountId, change: &ProfileChange) -> Result<()> {
    let before = sqlx::query_as!(
        BeforeRow,
        r#"SELECT locked, fields AS "fields: Json<Value>" FROM accounts WHERE id = $1 AND domain IS NULL FOR UPDATE"#,
        account
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound)?;
    let cleaned = Cleaned::new(change, before.fields.as_ref().map(|fields| &fields.0));
    cleaned.check()?;
    change.defaults.check()?;
    write(conn, account, change, &cleaned).await?;
    if let Some(placed) = &change.avatar {
        picture::set(conn, account, placed).await?;
    }
    if let Some(placed) = &change.header {
        picture::set(conn, account, placed).await?;
    }
    set_defaults(conn, account, &change.defaults).await?;
    if let Some(note) = &cleaned.note {
        retag(conn, account, note).await?;
    }
    if before.locked && change.locked == Some(false) {
        let jobs = waiting(conn, account).await?;
        jobs::enqueue_many(conn, &jobs).await?;
    }
    if cleaned.fields.as_ref().is_some_and(|fields| fields.iter().any(StoredField::may_be_verified)) {
        jobs::enqueue(conn, &VerifyLinks { account_id: account }).await?;
    }
    jobs::enqueue_in(conn, &FederateAccountUpdate { account_id: account }, FEDERATE_AFTER).await?;
    Ok(())
}

/// Texts as they are stored.
struct Cleaned {
    display_name: Option<String>,
    note: Option<String>,
    fields: Option<Vec<StoredField>>,
    avatar_description: Option<String>,
    header_description: Option<String>,
    attribution_domains: Option<Vec<String>>,
}

impl Cleaned {
    fn new(change: &ProfileChange, fields_before: Option<&Value>) -> Self {
        let trimmed = |text: &Option<String>| text.as_deref().map(|text| without_nul(text).trim().to_owned());
        Self {
            display_name: trimmed(&change.display_name),
            note: trimmed(&change.note),
            fields: change.fields.as_ref().map(|fields| fields::stored(fields, fields_before)),
            avatar_description: trimmed(&change.avatar_description),
            header_description: trimmed(&change.header_description),
            attribution_domains: change.attribution_domains.as_ref().map(|domains| attribution_domains(domains)),
        }
    }

    fn check(&self) -> Result<()> {
        let mut found = Validation { with_details: true, ..Validation::default() };
        let mut limit = |attribute: &str, human: &str, length: usize, limit: usize| {
            if length > limit {
                found.add(attribute, human, "ERR_TOO_LONG", &format!("is too long (maximum is {limit} characters)"));
            }
        };
        let chars = |text: &Option<String>| text.as_deref().map_or(0, |text| text.chars().count());
        limit("avatar_description", "Avatar description", chars(&self.avatar_description), MAX_PICTURE_DESCRIPTION);
        limit("header_description", "Header description", chars(&self.header_description), MAX_PICTURE_DESCRIPTION);
        limit("display_name", "Display name", chars(&self.display_name), MAX_DISPLAY_NAME);
        limit("note", "Note", self.note.as_deref().map_or(0, text::length::counted), MAX_NOTE);
        if let Some(fields) = &self.fields {
            fields::check(fields, &mut found);
        }
        self.check_attribution_domains(&mut found);
        found.into_result()
    }

    fn check_attribution_domains(&self, found: &mut Validation) {
        let domains = self.attribution_domains.as_deref().unwrap_or_default();
        for domain in domains {
            if !is_domain(domain) {
                let complaint = format!("{domain} is not a valid domain name");
                found.add("attribution_domains", "Attribution domains", "ERR_INVALID_DOMAIN_ON_LINE", &complaint);
            }
        }
        if domains.len() > MAX_ATTRIBUTION_DOMAINS {
            let complaint = format!("is too long (maximum is {MAX_ATTRIBUTION_DOMAINS} characters)");
            found.add("attribution_domains", "Attribution domains", "ERR_TOO_LONG", &complaint);
        }
    }
}

/// People paste addresses where domains are wanted.
fn attribution_domains(given: &[String]) -> Vec<String> {
    let mut domains: Vec<String> = Vec::new();
    for text in given {
        let text = without_nul(text);
        let text = text.trim();
        let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let text = text.strip_prefix("*.").unwrap_or(text).to_owned();
        if !text.is_empty() && !domains.contains(&text) {
            domains.push(text);
        }
    }
    domains
}

/// Whether a host could have this name.
pub(crate) fn is_domain(name: &str) -> bool {
    text::account_name::normalize_domain(name).is_ok_and(|name| {
        !name.is_empty()
            && name.len() < 256
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
            && name.split('.').all(|label| !label.is_empty() && label.len() < 64)
    })
}

async fn write(conn: &mut PgConnection, account: AccountId, change: &ProfileChange, cleaned: &Cleaned) -> Result<()> {
    let fields = cleaned.fields.as_ref().map(serde_json::to_value).transpose().map_err(anyhow::Error::from)?;
    let actor_type = change.bot.map(|bot| if bot { "Service" } else { "Person" });
    sqlx::query!(
        r#"
        UPDATE accounts SET display_name = COALESCE($2, display_name), note = COALESCE($3, note), fields = COALESCE($4, fields),
          avatar_description = COALESCE($5, avatar_description), header_description = COALESCE($6, header_description),
          locked = COALESCE($7, locked), actor_type = COALESCE($8, actor_type), discoverable = COALESCE($9, discoverable),
          indexable = COALESCE($10, indexable), hide_collections = COALESCE($11, hide_collections),
          show_media = COALESCE($12, show_media), show_media_replies = COALESCE($13, show_media_replies),
          show_featured = COALESCE($14, show_featured), attribution_domains = COALESCE($15, attribution_domains),
          updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        account,
        cleaned.display_name,
        cleaned.note,
        fields,
        cleaned.avatar_description,
        cleaned.header_description,
        change.locked,
        actor_type,
        change.discoverable,
        change.indexable,
        change.hide_collections,
        change.show_media,
        change.show_media_replies,
        change.show_featured,
        cleaned.attribution_domains.as_deref()
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn set_defaults(conn: &mut PgConnection, account: AccountId, defaults: &PostingDefaults) -> Result<()> {
    if defaults.is_empty() {
        return Ok(());
    }
    let column = sqlx::query_scalar!("SELECT settings FROM users WHERE account_id = $1 FOR UPDATE", account)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    let mut settings = UserSettings::parse(column.as_deref());
    let text = |value: &String| Value::String(without_nul(value));
    if let Some(privacy) = &defaults.privacy {
        settings.set("default_privacy", Some(text(privacy)));
    }
    if let Some(sensitive) = defaults.sensitive {
        settings.set("default_sensitive", Some(sensitive.into()));
    }
    if let Some(language) = &defaults.language {
        settings.set("default_language", language.as_ref().map(text));
    }
    if let Some(policy) = &defaults.quote_policy {
        settings.set("default_quote_policy", Some(text(policy)));
    }
    sqlx::query!(
        "UPDATE users SET settings = $2, updated_at = now() AT TIME ZONE 'utc' WHERE account_id = $1",
        account,
        settings.to_column()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The hashtags in the bio are those by which the account is found in the directory.
async fn retag(conn: &mut PgConnection, account: AccountId, note: &str) -> Result<()> {
    let names: Vec<String> = text::hashtag::extract(note).into_iter().map(str::to_owned).collect();
    let tags = hashtags::find_or_create(conn, &names).await?;
    sqlx::query!("DELETE FROM accounts_tags WHERE account_id = $1 AND tag_id <> ALL($2)", account, &tags)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO accounts_tags (account_id, tag_id) SELECT $1, id FROM unnest($2::bigint[]) AS t (id) ON CONFLICT DO NOTHING",
        account,
        &tags
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn waiting(conn: &mut PgConnection, account: AccountId) -> Result<Vec<AuthorizeFollow>> {
    let sources = sqlx::query_scalar!("SELECT account_id FROM follow_requests WHERE target_account_id = $1 ORDER BY id", account)
        .fetch_all(conn)
        .await?;
    Ok(sources.into_iter().map(|source_id| AuthorizeFollow { source_id, target_id: account }).collect())
}

#[cfg(test)]
mod tests {
    use super::{attribution_domains, is_domain};

    #[test]
    fn addresses_become_the_domains_in_them() {
        let given = ["https://a.example", " *.b.example ", "a.example", ""].map(str::to_owned);
        assert_eq!(attribution_domains(&given), ["a.example", "b.example"]);
    }

    #[test]
    fn words_are_no_domains() {
        assert!(is_domain("news.example.com") && is_domain("bücher.example"));
        assert!(!is_domain("not a domain") && !is_domain("a..b") && !is_domain(""));
    }
}
