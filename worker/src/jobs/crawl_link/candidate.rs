//! Which link of a status gets a card.

use config::Federation;
use db::{AccountId, PgConnection, StatusId};
use http_client::Url;

/// Longer addresses are left alone.
const MAX_LENGTH: usize = 2692;

/// A status that could have a card and has none.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) id: StatusId,
    pub(super) account_id: AccountId,
    pub(super) local: bool,
    /// Everybody may see it, and nothing warns of it.
    pub(super) may_trend: bool,
    text: String,
    /// Pages of those whom it mentions.
    profiles: Vec<String>,
}

impl Subject {
    /// `None`: it is gone, or it has a card, media or a quote.
    pub(super) async fn load(conn: &mut PgConnection, id: StatusId) -> Result<Option<Self>, sqlx::Error> {
        sqlx::query_as!(
            Self,
            r#"
            SELECT s.id, s.account_id, COALESCE(s.local, false) OR s.uri IS NULL AS "local!", s.text,
                   s.visibility = 0 AND NOT s.sensitive AND s.spoiler_text = '' AND a.silenced_at IS NULL AS "may_trend!",
                   ARRAY(
                       SELECT x.address FROM mentions m JOIN accounts p ON p.id = m.account_id
                       CROSS JOIN LATERAL (VALUES (p.url), (p.uri)) AS x (address)
                       WHERE m.status_id = s.id AND x.address <> ''
                   ) AS "profiles!: Vec<String>"
            FROM statuses s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = $1 AND s.deleted_at IS NULL AND s.reblog_of_id IS NULL
              AND NOT EXISTS (SELECT 1 FROM preview_cards_statuses c WHERE c.status_id = s.id)
              AND NOT EXISTS (SELECT 1 FROM media_attachments m WHERE m.status_id = s.id)
              AND NOT EXISTS (SELECT 1 FROM quotes q WHERE q.status_id = s.id)
            "#,
            id
        )
        .fetch_optional(conn)
        .await
    }

    /// The first link to a page that is not ours.
    pub(super) fn link(&self, federation: &Federation) -> Option<Url> {
        let found = if self.local {
            text::link::urls(&self.text).iter().map(|entity| entity.value(&self.text).to_owned()).collect()
        } else {
            text::link_preview::candidates(&self.text)
        };
        found
            .iter()
            .filter(|address| !self.profiles.contains(address))
            .filter_map(|address| Url::parse(address).ok())
            .find(|url| is_elsewhere(url, federation))
    }
}

fn is_elsewhere(url: &Url, federation: &Federation) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!(url.scheme(), "http" | "https")
        && !host.is_empty()
        && url.as_str().len() <= MAX_LENGTH
        && ![&federation.web_domain, &federation.local_domain].into_iter().any(|own| own.eq_ignore_ascii_case(host))
}
