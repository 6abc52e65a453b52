//! Local accounts as actors.

use chrono::NaiveDateTime;
use db::AccountId;
use db::uri::INSTANCE_ACTOR;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use text::format::{self, Mentioned, Options};

use super::note::{EmojiRow, emojis};
use super::{PUBLIC, Rendered, Renderer, Terms};

/// Of each part of a profile field, in characters; older versions let longer ones in.
const MAX_FIELD: usize = 255;

struct ActorRow {
    id: AccountId,
    username: String,
    id_scheme: Option<i32>,
    display_name: String,
    note: String,
    fields: Option<Value>,
    actor_type: Option<String>,
    locked: bool,
    discoverable: Option<bool>,
    indexable: bool,
    memorial: bool,
    show_featured: bool,
    show_media: bool,
    show_media_replies: bool,
    feature_approval_policy: i32,
    attribution_domains: Option<Vec<String>>,
    also_known_as: Option<Vec<String>>,
    moved_to_uri: Option<String>,
    moved_to_id: Option<i64>,
    moved_to_username: Option<String>,
    moved_to_domain: Option<String>,
    moved_to_scheme: Option<i32>,
    suspended: bool,
    public_key: String,
    avatar_file_name: Option<String>,
    avatar_content_type: Option<String>,
    avatar_description: String,
    header_file_name: Option<String>,
    header_content_type: Option<String>,
    header_description: String,
    created_at: NaiveDateTime,
}

struct MentionedRow {
    username: String,
    domain: Option<String>,
    url: Option<String>,
    uri: String,
}

impl Renderer {
    /// The actor document of a local account, or `None` if there is no such local account.
    /// A suspended one keeps its keys and addresses and loses what it said of itself.
    ///
    /// # Errors
    /// The database fails.
    pub async fn actor(&self, conn: &mut PgConnection, id: AccountId) -> Result<Option<Rendered>, sqlx::Error> {
        let Some(actor) = actor_row(conn, id).await? else { return Ok(None) };
        if actor.id == INSTANCE_ACTOR {
            return Ok(Some(self.instance_actor(&actor)));
        }
        let field_texts: Vec<String> = actor.field_pairs().into_iter().flat_map(|(name, value)| [name, value]).collect();
        let shortcodes: Vec<String> = std::iter::once(&actor.display_name)
            .chain(std::iter::once(&actor.note))
            .chain(&field_texts)
            .flat_map(|text| text::emoji::shortcodes(text))
            .map(str::to_owned)
            .collect();
        let emojis: Vec<EmojiRow> = emojis(conn, &shortcodes).await?.into_iter().filter(|emoji| emoji.domain.is_none()).collect();
        let tags = bio_tags(conn, id).await?;
        let mentioned = mentioned(conn, &actor, &field_texts).await?;
        Ok(Some(self.person(&actor, &emojis, &tags, &mentioned)))
    }

    fn instance_actor(&self, actor: &ActorRow) -> Rendered {
        let uri = self.uris.account(actor.id, &actor.username, actor.id_scheme);
        Rendered {
            body: json!({
                "id": uri,
                "type": "Application",
                "preferredUsername": actor.username,
                "inbox": format!("{uri}/inbox"),
                "outbox": format!("{uri}/outbox"),
                "publicKey": public_key(&uri, &actor.public_key),
                "endpoints": {"sharedInbox": self.uris.shared_inbox()},
                "url": format!("{}/about/more?instance_actor=true", self.uris.base()),
                "manuallyApprovesFollowers": true,
            }),
            terms: Terms::ACTOR,
        }
    }

    fn person(&self, actor: &ActorRow, emojis: &[EmojiRow], tags: &[String], mentioned: &[MentionedRow]) -> Rendered {
        let uri = self.uris.account(actor.id, &actor.username, actor.id_scheme);
        let shown = !actor.suspended;
        let mut terms = Terms::ACTOR;
        let mut body = Map::new();
        let mut put = |key: &str, value: Value| body.insert(key.to_owned(), value);
        put("id", json!(uri));
        put("webfinger", json!(format!("{}@{}", actor.username, self.local_domain)));
        put("type", json!(actor.kind()));
        for collection in ["following", "followers", "inbox", "outbox"] {
            put(collection, json!(format!("{uri}/{collection}")));
        }
        put("featured", json!(format!("{uri}/collections/featured")));
        put("featuredTags", json!(format!("{uri}/collections/tags")));
        put("preferredUsername", json!(actor.username));
        let named = shown && !actor.display_name.is_empty();
        put("name", json!(if named { &actor.display_name } else { &actor.username }));
        put("summary", json!(if shown { self.format(&actor.note, mentioned, format::local_html) } else { String::new() }));
        put("url", json!(self.uris.account_page(&actor.username)));
        put("manuallyApprovesFollowers", json!(shown && actor.locked));
        put("discoverable", json!(shown && actor.discoverable.unwrap_or(false)));
        put("indexable", json!(shown && actor.indexable));
        put("published", json!(actor.created_at.format("%Y-%m-%dT00:00:00Z").to_string()));
        put("memorial", json!(actor.memorial));
        put("showFeatured", json!(actor.show_featured));
        put("showMedia", json!(actor.show_media));
        put("showRepliesInMedia", json!(actor.show_media_replies));
        put("interactionPolicy", json!({"canFeature": {"automaticApproval": [actor.feature_approval(&uri)]}}));
        put("featuredCollections", json!(format!("{}/ap/users/{}/featured_collections", self.uris.base(), actor.id)));
        if let Some(domains) = actor.attribution_domains.as_ref().filter(|domains| !domains.is_empty()) {
            put("attributionDomains", json!(domains));
        }
        put("publicKey", public_key(&uri, &actor.public_key));
        let mut tag_objects: Vec<Value> = Vec::new();
        if shown {
            terms.emoji = !emojis.is_empty();
            terms.focal_point = terms.emoji;
            terms.hashtag = !tags.is_empty();
            tag_objects.extend(emojis.iter().map(|emoji| self.emoji(emoji)));
            tag_objects.extend(
                tags.iter().map(|name| json!({"type": "Hashtag", "href": self.uris.tag(name), "name": format!("#{name}")})),
            );
        }
        put("tag", Value::Array(tag_objects));
        put("attachment", if shown { self.fields(actor, mentioned) } else { json!([]) });
        put("endpoints", json!({"sharedInbox": self.uris.shared_inbox()}));
        if shown {
            for (key, image) in self.images(actor) {
                terms.focal_point = true;
                put(key, image);
            }
        }
        if let Some(target) = self.moved_to(actor) {
            put("movedTo", json!(target));
        }
        if let Some(known) = actor.also_known_as.as_ref().filter(|known| !known.is_empty()) {
            put("alsoKnownAs", json!(known));
        }
        if actor.suspended {
            put("suspended", json!(true));
        }
        Rendered { body: Value::Object(body), terms }
    }

    fn format(&self, text: &str, mentioned: &[MentionedRow], as_html: fn(&str, &Options<'_>) -> String) -> String {
        let resolve = |username: &str, domain: Option<&str>| {
            let domain = domain.filter(|domain| !domain.eq_ignore_ascii_case(&self.local_domain));
            let found = mentioned.iter().find(|known| {
                known.username.eq_ignore_ascii_case(username)
                    && known.domain.as_deref().map(str::to_lowercase) == domain.map(str::to_lowercase)
            })?;
            Some(Mentioned {
                username: found.username.clone(),
                domain: found.domain.clone(),
                pretty_acct: match &found.domain {
                    Some(domain) => format!("{}@{domain}", found.username),
                    None => found.username.clone(),
                },
                url: match found.domain {
                    Some(_) => found.url.clone().filter(|url| !url.is_empty()).unwrap_or_else(|| found.uri.clone()),
                    None => self.uris.account_page(&found.username),
                },
            })
        };
        as_html(text, &Options { base_url: self.uris.base(), resolve: &resolve })
    }

    fn fields(&self, actor: &ActorRow, mentioned: &[MentionedRow]) -> Value {
        let fields = actor.field_pairs().into_iter().map(|(name, value)| {
            json!({"type": "PropertyValue", "name": name, "value": self.format(&value, mentioned, format::local_field)})
        });
        Value::Array(fields.collect())
    }

    fn images(&self, actor: &ActorRow) -> Vec<(&'static str, Value)> {
        use media::paths::{Attachment, attachment};
        let avatar = (Attachment::Avatar, &actor.avatar_file_name, &actor.avatar_content_type, &actor.avatar_description);
        let header = (Attachment::Header, &actor.header_file_name, &actor.header_content_type, &actor.header_description);
        [("icon", avatar), ("image", header)]
            .into_iter()
            .filter_map(|(key, (kind, file, content_type, description))| {
                let url = format!("{}/{}", self.files, attachment(kind, actor.id, "original", file.as_deref()?, false));
                let mut image = json!({"type": "Image", "mediaType": content_type, "url": url});
                if let (Value::Object(image), false) = (&mut image, description.is_empty()) {
                    image.insert("summary".to_owned(), json!(description));
                }
                Some((key, image))
            })
            .collect()
    }

    fn moved_to(&self, actor: &ActorRow) -> Option<String> {
        match (&actor.moved_to_uri, actor.moved_to_domain.is_some()) {
            (Some(uri), true) => Some(uri.clone()),
            _ => Some(self.uris.account(actor.moved_to_id?, actor.moved_to_username.as_deref()?, actor.moved_to_scheme)),
        }
    }
}

fn public_key(uri: &str, pem: &str) -> Value {
    json!({"id": format!("{uri}#main-key"), "owner": uri, "publicKeyPem": pem})
}

impl ActorRow {
    /// Only types that say something; everything else is a person.
    fn kind(&self) -> &'static str {
        match self.actor_type.as_deref() {
            Some("Application") => "Application",
            Some("Service") => "Service",
            Some("Group") => "Group",
            _ => "Person",
        }
    }

    fn field_pairs(&self) -> Vec<(String, String)> {
        let text = |field: &Value, key: &str| {
            let text = field.get(key).and_then(Value::as_str).unwrap_or_default();
            text.trim().chars().take(MAX_FIELD).collect::<String>()
        };
        match &self.fields {
            Some(Value::Array(fields)) => fields.iter().map(|field| (text(field, "name"), text(field, "value"))).collect(),
            _ => Vec::new(),
        }
    }

    /// Who may put this account into a collection without asking. No stored policy: by discoverability.
    fn feature_approval(&self, uri: &str) -> String {
        let automatic = self.feature_approval_policy >> 16;
        if automatic & 2 != 0 {
            return PUBLIC.to_owned();
        }
        if automatic & 4 != 0 {
            return format!("{uri}/followers");
        }
        match (self.discoverable.unwrap_or(false), self.locked) {
            (true, false) => PUBLIC.to_owned(),
            (true, true) => format!("{uri}/followers"),
            (false, _) => uri.to_owned(),
        }
    }
}

async fn actor_row(conn: &mut PgConnection, id: AccountId) -> Result<Option<ActorRow>, sqlx::Error> {
    sqlx::query_as!(
        ActorRow,
        r#"
        SELECT a.id, a.username, a.id_scheme, a.display_name, a.note, a.fields, a.actor_type, a.locked, a.discoverable,
          a.indexable, a.memorial, a.show_featured, a.show_media, a.show_media_replies, a.feature_approval_policy,
          a.attribution_domains, a.also_known_as, m.uri AS "moved_to_uri?", m.id AS "moved_to_id?",
          m.username AS "moved_to_username?", m.domain AS "moved_to_domain?", m.id_scheme AS "moved_to_scheme?",
          a.suspended_at IS NOT NULL AS "suspended!", a.public_key, a.avatar_file_name, a.avatar_content_type,
          a.avatar_description, a.header_file_name, a.header_content_type, a.header_description, a.created_at
        FROM accounts a
        LEFT JOIN accounts m ON m.id = a.moved_to_account_id
        WHERE a.id = $1 AND a.domain IS NULL
        "#,
        id
    )
    .fetch_optional(conn)
    .await
}

async fn bio_tags(conn: &mut PgConnection, id: AccountId) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT t.name
        FROM accounts_tags at
        JOIN tags t ON t.id = at.tag_id
        WHERE at.account_id = $1
        ORDER BY t.id
        "#,
        id
    )
    .fetch_all(conn)
    .await
}

/// The known accounts that bio and fields speak of; unknown ones are not looked up, they stay text.
async fn mentioned(conn: &mut PgConnection, actor: &ActorRow, fields: &[String]) -> Result<Vec<MentionedRow>, sqlx::Error> {
    let handles: Vec<(&str, Option<&str>)> = std::iter::once(&actor.note)
        .chain(fields)
        .flat_map(|text| text::mention::extract(text))
        .map(text::mention::split)
        .collect();
    if handles.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = handles.iter().map(|(name, _)| name.to_lowercase()).collect();
    sqlx::query_as!(
        MentionedRow,
        r#"SELECT username, domain, url, uri FROM accounts WHERE lower(username) = ANY($1) AND id > 0 ORDER BY id"#,
        &names
    )
    .fetch_all(conn)
    .await
}
