//! Whom to follow: what one's own choice, one's friends and the whole server suggest.

use activitypub::webfinger::Handle;
use db::{AccountId, PgConnection};
use kv::Kv;

use crate::error::Result;

/// How many each source may give, as in Mastodon.
const OF_EACH_SOURCE: i64 = 40;

/// An account and why it is suggested, the strongest reason first: `featured`, `friends_of_friends`, `most_followed`,
/// `most_interactions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    pub account_id: AccountId,
    pub sources: Vec<String>,
}

/// What suggestions depend on besides the viewer.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Handles that the administrator suggests to everybody, with commas in between.
    pub featured: &'a str,
    /// Accounts that mostly write in it come first among those that are popular here.
    pub language: &'a str,
}

/// All suggestions for `viewer`, shuffled; the order stays the same for a quarter of an hour so that clients can page, unless the
/// viewer follows, blocks, mutes or dismisses somebody meanwhile. What may not be suggested any more is left out in any case.
///
/// # Errors
/// The database fails.
pub async fn suggest_accounts(
    conn: &mut PgConnection,
    kv: &Kv,
    viewer: AccountId,
    circumstances: Circumstances<'_>,
    is_local_domain: impl Fn(&str) -> bool,
) -> Result<Vec<Suggested>> {
    let mark = mark(conn, viewer).await?;
    let kept = kv::suggestion::kept(kv, viewer).await.ok().flatten().filter(|kept| kept.mark == mark);
    if let Some(kept) = kept {
        let ids: Vec<AccountId> = kept.accounts.iter().map(|(id, _)| *id).collect();
        let allowed = still_allowed(conn, viewer, &ids).await?;
        let accounts = kept.accounts.into_iter().filter(|(id, _)| allowed.contains(id));
        return Ok(accounts.map(|(account_id, sources)| Suggested { account_id, sources }).collect());
    }
    let found = find(conn, viewer, circumstances, is_local_domain).await?;
    let accounts = found.iter().map(|one| (one.account_id, one.sources.clone())).collect();
    if let Err(error) = kv::suggestion::keep(kv, viewer, &kv::suggestion::Kept { mark, accounts }).await {
        tracing::debug!(%error, "suggestions are not kept");
    }
    Ok(found)
}

/// Does not suggest `target` to `account` any more. Unknown accounts are ignored.
///
/// # Errors
/// The database fails.
pub async fn dismiss(conn: &mut PgConnection, account: AccountId, target: AccountId) -> Result<()> {
    sqlx::query!(
        r#"
        INSERT INTO follow_recommendation_mutes (account_id, target_account_id, created_at, updated_at)
        SELECT $1, id, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc' FROM accounts WHERE id = $2
        ON CONFLICT (account_id, target_account_id) DO NOTHING
        "#,
        account,
        target
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes with everything that the viewer does about others.
async fn mark(conn: &mut PgConnection, viewer: AccountId) -> Result<String> {
    let mark = sqlx::query_scalar!(
        r#"
        SELECT string_agg(concat(n, '-', newest), ' ' ORDER BY kind) AS "mark!" FROM (
          SELECT 1 AS kind, count(*) AS n, max(id) AS newest FROM follows WHERE account_id = $1
          UNION ALL SELECT 2, count(*), max(id) FROM follow_requests WHERE account_id = $1
          UNION ALL SELECT 3, count(*), max(id) FROM blocks WHERE account_id = $1
          UNION ALL SELECT 4, count(*), max(id) FROM mutes WHERE account_id = $1
          UNION ALL SELECT 5, count(*), max(id) FROM account_domain_blocks WHERE account_id = $1
          UNION ALL SELECT 6, count(*), max(id) FROM follow_recommendation_mutes WHERE account_id = $1) counted
        "#,
        viewer
    )
    .fetch_one(conn)
    .await?;
    Ok(mark)
}

/// Nobody hears of accounts that left, were limited, hide, or whom one of the two wants nothing to do with.
async fn still_allowed(conn: &mut PgConnection, viewer: AccountId, ids: &[AccountId]) -> Result<Vec<AccountId>> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT a.id FROM accounts a
        WHERE a.id = ANY($2) AND a.discoverable AND a.suspended_at IS NULL AND a.silenced_at IS NULL
          AND a.moved_to_account_id IS NULL AND NOT a.memorial
          AND NOT EXISTS (SELECT FROM blocks b WHERE b.account_id = a.id AND b.target_account_id = $1)
        "#,
        viewer,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}

/// Friends that do not say whether their lists may be seen count as if they hid them; that is Mastodon's reading of the column.
async fn find(
    conn: &mut PgConnection,
    viewer: AccountId,
    circumstances: Circumstances<'_>,
    is_local_domain: impl Fn(&str) -> bool,
) -> Result<Vec<Suggested>> {
    let (names, domains) = handles(circumstances.featured, is_local_domain);
    let found = sqlx::query_as!(
        Suggested,
        r#"
        WITH featured AS (
          SELECT a.id FROM unnest($2::text[], $3::text[]) AS wanted(username, domain)
          JOIN accounts a ON lower(a.username) = wanted.username AND COALESCE(lower(a.domain), '') = wanted.domain
        ), friends AS (
          SELECT f.target_account_id AS id, count(*) AS common FROM follows mine
          JOIN accounts friend ON friend.id = mine.target_account_id AND NOT friend.hide_collections
          JOIN follows f ON f.account_id = friend.id
          WHERE mine.account_id = $1
          GROUP BY f.target_account_id
        ), popular AS (
          SELECT g.account_id AS id, g.reason, g.rank, COALESCE(s.language = $4, false) AS fits
          FROM global_follow_recommendations g JOIN account_summaries s ON s.account_id = g.account_id
          WHERE NOT EXISTS (SELECT FROM follow_recommendation_suppressions gone WHERE gone.account_id = g.account_id)
        ), candidates AS (
          SELECT id, 1 AS source, ARRAY['featured'] AS reasons, 0::numeric AS weight, false AS fits FROM featured
          UNION ALL SELECT id, 2, ARRAY['friends_of_friends'], common, false FROM friends
          UNION ALL SELECT id, 3, reason, rank, fits FROM popular
        ), ranked AS (
          SELECT c.id, c.source, c.reasons, row_number() OVER (
            PARTITION BY c.source ORDER BY c.fits DESC, c.weight DESC, COALESCE(stats.followers_count, 0), c.id) AS place
          FROM candidates c
          JOIN accounts a ON a.id = c.id
          LEFT JOIN account_stats stats ON stats.account_id = a.id
          WHERE a.id <> $1 AND a.discoverable AND a.suspended_at IS NULL AND a.silenced_at IS NULL
            AND a.moved_to_account_id IS NULL AND NOT a.memorial
            AND (a.domain IS NOT NULL OR EXISTS (
              SELECT FROM users u WHERE u.account_id = a.id AND u.approved AND u.confirmed_at IS NOT NULL))
            AND NOT EXISTS (SELECT FROM follows x WHERE x.account_id = $1 AND x.target_account_id = a.id)
            AND NOT EXISTS (SELECT FROM follow_requests x WHERE x.account_id = $1 AND x.target_account_id = a.id)
            AND NOT EXISTS (SELECT FROM blocks x WHERE x.account_id = $1 AND x.target_account_id = a.id)
            AND NOT EXISTS (SELECT FROM blocks x WHERE x.account_id = a.id AND x.target_account_id = $1)
            AND NOT EXISTS (SELECT FROM mutes x WHERE x.account_id = $1 AND x.target_account_id = a.id)
            AND NOT EXISTS (SELECT FROM account_domain_blocks x WHERE x.account_id = $1 AND x.domain = a.domain)
            AND NOT EXISTS (SELECT FROM follow_recommendation_mutes x WHERE x.account_id = $1 AND x.target_account_id = a.id)
        )
        SELECT r.id AS "account_id!", array_agg(why.reason ORDER BY r.source, why.place) AS "sources!"
        FROM ranked r, unnest(r.reasons) WITH ORDINALITY AS why(reason, place)
        WHERE r.place <= $5
        GROUP BY r.id ORDER BY random()
        "#,
        viewer,
        &names,
        &domains,
        circumstances.language,
        OF_EACH_SOURCE
    )
    .fetch_all(conn)
    .await?;
    Ok(found)
}

/// Names and domains, the domain empty for accounts of this server.
fn handles(list: &str, is_local_domain: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    let one = |entry: &str| {
        let entry = entry.trim().trim_start_matches('@').to_lowercase();
        let (name, domain) = match Handle::parse(&entry) {
            Some(Handle { username, domain }) => (username, if is_local_domain(&domain) { String::new() } else { domain }),
            None => (entry, String::new()),
        };
        (!name.is_empty() && !name.contains('\0')).then_some((name, domain))
    };
    list.split(',').filter_map(one).unzip()
}

#[cfg(test)]
mod tests {
    use super::handles;

    #[test]
    fn an_administrators_list_may_name_accounts_of_this_and_other_servers() {
        let (names, domains) = handles(" @Alice, bob@here.example,carol@There.example ,,", |domain| domain == "here.example");
        assert_eq!(names, ["alice", "bob", "carol"]);
        assert_eq!(domains, ["", "", "there.example"]);
    }
}
