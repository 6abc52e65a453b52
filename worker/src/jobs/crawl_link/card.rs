//! What stands on the card.

use chrono::NaiveDateTime;
use db::AccountId;
use serde_json::Value;
use text::link_preview::{self, LinkPreview};

use super::page::{self, Page};
use crate::context::Context;

/// `preview_cards.type` and `link_type`.
const LINK: i32 = 0;
const PHOTO: i32 = 1;
const VIDEO: i32 = 2;
const PLAIN: i32 = 0;
const ARTICLE: i32 = 1;
/// Characters of a description that are kept.
const DESCRIPTION: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) url: String,
    pub(super) kind: i32,
    pub(super) link_type: i32,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) html: String,
    pub(super) embed_url: String,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) image_url: Option<String>,
    pub(super) image_description: String,
    pub(super) author_name: String,
    pub(super) author_url: String,
    pub(super) provider_name: String,
    pub(super) provider_url: String,
    pub(super) language: Option<String>,
    pub(super) published_at: Option<NaiveDateTime>,
    pub(super) author_account_id: Option<AccountId>,
    pub(super) unverified_author_account_id: Option<AccountId>,
}

/// `None` if the page says nothing that could stand there. `local`: somebody here posted the link.
pub(super) async fn draft(context: &Context, page: &Page, local: bool) -> Option<Draft> {
    let preview = link_preview::read(&page.html, page.url.as_str());
    let embedded = match &preview.oembed_url {
        Some(url) => page::oembed(context, url).await.and_then(|value| embed(&value)),
        None => None,
    };
    let mut draft = match embedded {
        Some(draft) => Draft { url: page.url.to_string(), language: preview.language.clone(), ..draft },
        None => open_graph(&preview, page),
    };
    if draft.title.is_empty() && draft.html.is_empty() {
        return None;
    }
    attribute(context, &mut draft, preview.creator.as_deref(), page, local).await;
    Some(draft)
}

fn clean(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

fn open_graph(preview: &LinkPreview, page: &Page) -> Draft {
    let player = preview.player.as_ref();
    Draft {
        url: preview.canonical_url.clone().unwrap_or_else(|| page.url.to_string()),
        kind: if player.is_some() { VIDEO } else { LINK },
        link_type: if preview.is_article { ARTICLE } else { PLAIN },
        title: clean(&preview.title),
        description: clean(&preview.description).chars().take(DESCRIPTION).collect(),
        html: player.map(link_preview::Player::html).unwrap_or_default(),
        width: player.map_or(0, |player| i32::try_from(player.width).unwrap_or_default()),
        height: player.map_or(0, |player| i32::try_from(player.height).unwrap_or_default()),
        image_url: preview.image_url.clone(),
        image_description: clean(&preview.image_description),
        author_name: clean(&preview.author_name),
        author_url: clean(&preview.author_url),
        provider_name: clean(&preview.provider_name),
        language: preview.language.clone(),
        published_at: preview.published_at.as_deref().and_then(moment),
        ..Draft::default()
    }
}

fn moment(text: &str) -> Option<NaiveDateTime> {
    let at = chrono::DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(at.naive_utc())
}

/// `None` for kinds that are not shown, and for those without what they are about.
fn embed(value: &Value) -> Option<Draft> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(clean).unwrap_or_default();
    let number = |name: &str| {
        let value = value.get(name);
        let number = value.and_then(Value::as_i64).or_else(|| value?.as_str()?.parse().ok());
        number.and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
    };
    let web = |name: &str| {
        let address = text(name);
        (address.starts_with("https://") || address.starts_with("http://")).then_some(address)
    };
    let common = Draft {
        title: text("title"),
        author_name: text("author_name"),
        author_url: web("author_url").unwrap_or_default(),
        provider_name: text("provider_name"),
        provider_url: web("provider_url").unwrap_or_default(),
        image_url: web("thumbnail_url"),
        ..Draft::default()
    };
    match value.get("type").and_then(Value::as_str)? {
        "link" => Some(Draft { kind: LINK, ..common }),
        "photo" => {
            let url = web("url")?;
            Some(Draft {
                kind: PHOTO,
                embed_url: url.clone(),
                image_url: Some(url),
                width: number("width"),
                height: number("height"),
                ..common
            })
        }
        "video" => {
            let html = text::sanitize::oembed_html(&text("html"));
            Some(Draft { kind: VIDEO, html, width: number("width"), height: number("height"), ..common })
        }
        _ => None,
    }
}

/// The account that the page names as its author, if that account lets pages of this server name it; of links posted here
/// it is kept in mind otherwise.
async fn attribute(context: &Context, draft: &mut Draft, creator: Option<&str>, page: &Page, local: bool) {
    let Some(creator) = creator.map(|text| text.trim().trim_start_matches('@')).filter(|text| !text.is_empty()) else { return };
    let Ok(account) = context.resolver.resolve(creator).await else { return };
    let host = page.url.host_str().unwrap_or_default();
    match allows(context, account, host).await {
        Ok(true) => draft.author_account_id = Some(account),
        Ok(false) if local => draft.unverified_author_account_id = Some(account),
        Ok(false) => {}
        Err(error) => tracing::warn!(target: "ferrodon", %error, "the author of a page is not known"),
    }
}

async fn allows(context: &Context, account: AccountId, host: &str) -> Result<bool, sqlx::Error> {
    let domains = sqlx::query_scalar!(
        r#"SELECT COALESCE(attribution_domains, '{}') AS "domains!: Vec<String>" FROM accounts WHERE id = $1 AND suspended_at IS NULL"#,
        account
    )
    .fetch_optional(&mut *context.db.acquire().await?)
    .await?;
    Ok(domains.unwrap_or_default().iter().any(|domain| {
        let domain = domain.to_lowercase();
        host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
    }))
}
