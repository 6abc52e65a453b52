//! Asking for deliveries: the document once, and one row for each inbox, in the caller's transaction.

use std::collections::BTreeSet;
use std::time::Duration;

use db::AccountId;
use sqlx::PgConnection;
use url::Url;

use crate::enqueue::interval;
use crate::error::Result;

/// How a document is to be delivered.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryOptions {
    /// Send `Collection-Synchronization` along; for posts to followers only.
    pub synchronize_followers: bool,
    /// Also to hosts that count as dead: a Follow.
    pub bypass_availability: bool,
    /// May be late and is given up sooner: forwarding, and Delete to those who are not followers.
    pub low_priority: bool,
    /// The id of the status or account it is about. Documents about one object reach an inbox in the order in which they
    /// were committed.
    pub object: Option<i64>,
}

impl DeliveryOptions {
    /// Mastodon tries 16 times (about two days) in its queue `push` and 8 times (about an hour and a half) in `pull`.
    fn limits(self) -> (i16, Duration) {
        if self.low_priority { (9, Duration::from_hours(6)) } else { (17, Duration::from_hours(72)) }
    }
}

/// Has `json` delivered to `inboxes`, signed by `signer`. Equal inboxes count once; those that are no URL, and those of
/// hosts that count as dead (`unavailable_domains`), are left out. Returns the number of deliveries.
///
/// # Errors
/// The database's.
pub async fn deliver_to(
    conn: &mut PgConnection,
    signer: AccountId,
    json: &[u8],
    inboxes: &[String],
    options: DeliveryOptions,
) -> Result<u64> {
    let distinct: BTreeSet<&str> = inboxes.iter().map(String::as_str).collect();
    let (mut urls, mut hosts, mut domains) = (Vec::new(), Vec::new(), Vec::new());
    for inbox in distinct {
        if let Some((host, domain)) = host_of(inbox) {
            urls.push(inbox.to_owned());
            hosts.push(host);
            domains.push(domain);
        }
    }
    if urls.is_empty() {
        return Ok(0);
    }
    let (max_attempts, lifetime) = options.limits();
    let written = sqlx::query!(
        r#"with receiver as materialized (
               select r.inbox_url, r.host, s.host is not null as deferred
               from unnest($3::text[], $4::text[], $5::text[]) as r(inbox_url, host, domain)
               left join ferrodon.host_state s on s.host = r.host and s.down
               where $6 or not exists (select from unavailable_domains u where u.domain = r.domain)
           ), document as (
               insert into ferrodon.payload (body) select $2 where exists (select from receiver) returning id
           )
           insert into ferrodon.delivery (payload_id, account_id, object_key, inbox_url, host, deferred, max_attempts,
                                          expires_at, synchronize_followers, bypass_availability)
           select document.id, $1, $7, r.inbox_url, r.host, r.deferred, $8, now() + $9, $10, $6
           from document, receiver r"#,
        signer,
        json,
        &urls,
        &hosts,
        &domains,
        options.bypass_availability,
        options.object,
        max_attempts,
        interval(lifetime),
        options.synchronize_followers,
    )
    .execute(conn)
    .await?;
    Ok(written.rows_affected())
}

/// Host with its port, if the URL names one, and host alone.
fn host_of(url: &str) -> Option<(String, String)> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let domain = url.host_str()?.to_owned();
    let host = url.port().map_or_else(|| domain.clone(), |port| format!("{domain}:{port}"));
    Some((host, domain))
}

/// Host without port, as `unavailable_domains` has it.
pub(crate) fn domain_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((domain, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() => domain,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::{domain_of, host_of};

    #[test]
    fn the_host_of_an_inbox_keeps_a_port_of_its_own() {
        assert_eq!(host_of("https://Example.com/inbox"), Some(("example.com".to_owned(), "example.com".to_owned())));
        assert_eq!(host_of("http://127.0.0.1:8443/x"), Some(("127.0.0.1:8443".to_owned(), "127.0.0.1".to_owned())));
        assert_eq!(host_of("mailto:a@example.com"), None);
        assert_eq!(host_of("inbox"), None);
    }

    #[test]
    fn the_domain_of_a_host_has_no_port() {
        assert_eq!(domain_of("example.com"), "example.com");
        assert_eq!(domain_of("example.com:3000"), "example.com");
        assert_eq!(domain_of("[::1]"), "[::1]");
        assert_eq!(domain_of("[::1]:3000"), "[::1]");
    }
}
