//! Following somebody, asking to, and giving it up.

use activitypub::render::Renderer;
use activitypub::render::activity::Follow;
use db::AccountId;
use jobs::DeliveryOptions;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::feeds;
use crate::followers::{self, Ended, count};
use crate::notify::{Event, notify};
use crate::party::{self, PartyRow};

/// Somebody who follows this many may follow more only in proportion to their own followers.
pub const FOLLOW_LIMIT: i64 = 7_500;
const FOLLOWERS_PER_FOLLOW: f64 = 1.1;

/// What a follower wants to see; what is `None` stays as it is, or as it is by default for a new follow.
#[derive(Debug, Clone, Default)]
pub struct FollowOptions {
    /// Boosts too; by default yes.
    pub reblogs: Option<bool>,
    /// A notification for each post; by default no.
    pub notify: Option<bool>,
    /// Only posts in these; by default all.
    pub languages: Option<Vec<String>>,
    /// A locked account is followed at once: it agreed already, or the server decides for it.
    pub bypass_locked: bool,
    /// The limit of follows does not apply: imports, moves.
    pub bypass_limit: bool,
}

/// What became of the wish to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// A follow was made.
    Now,
    /// A request was made; `presumed` says that the other server will most likely agree at once.
    Requested { presumed: bool },
    /// It stood before; its options may have changed. `requested` tells a request from a follow.
    Before { requested: bool, presumed: bool },
}

impl Followed {
    /// Something new was made, which counts against the rate limit.
    #[must_use]
    pub fn is_new(self) -> bool {
        matches!(self, Self::Now | Self::Requested { .. })
    }

    /// Mastodon answers clients as if it were followed already.
    #[must_use]
    pub fn is_presumed(self) -> bool {
        matches!(self, Self::Requested { presumed: true } | Self::Before { requested: true, presumed: true })
    }
}

/// The local account `source` follows `target`, or asks to where `target` is locked or remote or `source` is limited.
///
/// # Errors
/// [`Error::NotFound`] for oneself and suspended accounts; [`Error::Forbidden`] where one of both blocks the other, the
/// target has moved, or its server is blocked; [`Error::Invalid`] past the limit or for unknown languages.
pub async fn follow(
    conn: &mut PgConnection,
    renderer: &Renderer,
    source: AccountId,
    target: AccountId,
    options: &FollowOptions,
) -> Result<Followed> {
    if source == target {
        return Err(Error::NotFound);
    }
    let (source, target) = party::pair(conn, source, target).await?;
    if target.suspended {
        return Err(Error::NotFound);
    }
    if target.moved || is_refused(conn, &source, &target).await? {
        return Err(Error::Forbidden);
    }
    let presumed = !target.locked && !source.silenced;
    let languages = options.languages.as_deref();
    if update_follow(conn, source.id, target.id, options).await? {
        check_languages(languages)?;
        return Ok(Followed::Before { requested: false, presumed });
    }
    if update_request(conn, source.id, target.id, options).await? {
        check_languages(languages)?;
        return Ok(Followed::Before { requested: true, presumed });
    }
    check_languages(languages)?;
    if source.is_local() && !options.bypass_limit {
        check_limit(conn, source.id).await?;
    }
    let asks = (target.locked && !options.bypass_locked) || source.silenced || !target.is_local();
    let made = if asks {
        request(conn, renderer, &source, &target, options).await?;
        Followed::Requested { presumed }
    } else {
        follow_at_once(conn, renderer, &source, &target, options).await?;
        Followed::Now
    };
    Ok(made)
}

/// `source` follows `target` already, or asked to.
///
/// # Errors
/// The database fails.
pub async fn stands(conn: &mut PgConnection, source: AccountId, target: AccountId) -> Result<bool> {
    let stands = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM follows WHERE account_id = $1 AND target_account_id = $2)
          OR EXISTS (SELECT FROM follow_requests WHERE account_id = $1 AND target_account_id = $2) AS "stands!"
        "#,
        source,
        target
    )
    .fetch_one(conn)
    .await?;
    Ok(stands)
}

/// Blocks in either direction, the domain that the follower blocks, and servers that this one has nothing to do with.
pub(crate) async fn is_refused(conn: &mut PgConnection, source: &PartyRow, target: &PartyRow) -> Result<bool> {
    if let Some(domain) = &target.domain
        && db::domain_blocks::is_refused(conn, domain, false).await?
    {
        return Ok(true);
    }
    let refused = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (SELECT FROM blocks WHERE account_id = $1 AND target_account_id = $2)
          OR EXISTS (SELECT FROM blocks WHERE account_id = $2 AND target_account_id = $1)
          OR EXISTS (SELECT FROM account_domain_blocks WHERE account_id = $1 AND domain = $3) AS "refused!"
        "#,
        source.id,
        target.id,
        target.domain
    )
    .fetch_one(conn)
    .await?;
    Ok(refused)
}

fn check_languages(languages: Option<&[String]>) -> Result<()> {
    let known = languages.unwrap_or_default().iter().all(|code| text::language::is_supported(code));
    if known { Ok(()) } else { Err(Error::invalid("Languages is invalid")) }
}

async fn check_limit(conn: &mut PgConnection, source: AccountId) -> Result<()> {
    let counts = sqlx::query!("SELECT following_count, followers_count FROM account_stats WHERE account_id = $1", source)
        .fetch_optional(conn)
        .await?;
    let (following, followers) = counts.map_or((0, 0), |row| (row.following_count, row.followers_count));
    let limit = limit_for(following, followers);
    if following >= limit {
        return Err(Error::invalid(format!("You cannot follow more than {limit} people")));
    }
    Ok(())
}

fn limit_for(following: i64, followers: i64) -> i64 {
    if following < FOLLOW_LIMIT {
        return FOLLOW_LIMIT;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "counts of people are far from 2^52")]
    let in_proportion = (followers as f64 * FOLLOWERS_PER_FOLLOW).round() as i64;
    in_proportion.max(FOLLOW_LIMIT)
}

async fn update_follow(conn: &mut PgConnection, source: AccountId, target: AccountId, options: &FollowOptions) -> Result<bool> {
    let updated = sqlx::query!(
        r#"
        UPDATE follows SET show_reblogs = COALESCE($3, show_reblogs), notify = COALESCE($4, notify),
          languages = COALESCE($5, languages), updated_at = now() AT TIME ZONE 'utc'
        WHERE account_id = $1 AND target_account_id = $2
        "#,
        source,
        target,
        options.reblogs,
        options.notify,
        options.languages.as_deref()
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() > 0)
}

async fn update_request(conn: &mut PgConnection, source: AccountId, target: AccountId, options: &FollowOptions) -> Result<bool> {
    let updated = sqlx::query!(
        r#"
        UPDATE follow_requests SET show_reblogs = COALESCE($3, show_reblogs), notify = COALESCE($4, notify),
          languages = COALESCE($5, languages), updated_at = now() AT TIME ZONE 'utc'
        WHERE account_id = $1 AND target_account_id = $2
        "#,
        source,
        target,
        options.reblogs,
        options.notify,
        options.languages.as_deref()
    )
    .execute(conn)
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Asks to follow, unless that was asked already.
pub(crate) async fn request(
    conn: &mut PgConnection,
    renderer: &Renderer,
    source: &PartyRow,
    target: &PartyRow,
    options: &FollowOptions,
) -> Result<()> {
    let uri = party::new_uri(renderer);
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO follow_requests (account_id, target_account_id, show_reblogs, notify, languages, uri, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING RETURNING id
        "#,
        source.id,
        target.id,
        options.reblogs.unwrap_or(true),
        options.notify.unwrap_or(false),
        options.languages.as_deref(),
        uri
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(id) = id else { return Ok(()) };
    if target.is_local() {
        notify(conn, &Event::follow_request(target.id, source.id, id)).await?;
        return Ok(());
    }
    let (actor, object) = (source.uri(renderer), target.uri(renderer));
    let activity = Follow { id: Some(id), uri: &uri, actor: &actor, object: &object }.render();
    party::send(conn, source, target, activity, DeliveryOptions { bypass_availability: true, ..DeliveryOptions::default() }).await
}

async fn follow_at_once(
    conn: &mut PgConnection,
    renderer: &Renderer,
    source: &PartyRow,
    target: &PartyRow,
    options: &FollowOptions,
) -> Result<()> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO follows (account_id, target_account_id, show_reblogs, notify, languages, uri, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT DO NOTHING RETURNING id
        "#,
        source.id,
        target.id,
        options.reblogs.unwrap_or(true),
        options.notify.unwrap_or(false),
        options.languages.as_deref(),
        party::new_uri(renderer)
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(id) = id else { return Ok(()) };
    notify(conn, &Event::follow(target.id, source.id, id)).await?;
    if source.is_local() {
        let lists = feeds::lists_with(conn, source.id, target.id).await?;
        feeds::merge(conn, target.id, source.id, &lists).await?;
    }
    count(conn, source.id, target.id, 1).await
}

/// `source` no longer follows `target`, nor asks to; a no-op without either. Where the other is remote it is told: by Undo if
/// it was followed, by Reject if it followed.
///
/// # Errors
/// [`Error::NotFound`] if one of them does not exist.
pub async fn unfollow(conn: &mut PgConnection, renderer: &Renderer, source: AccountId, target: AccountId) -> Result<()> {
    let (source, target) = party::pair(conn, source, target).await?;
    if remove(conn, renderer, &source, &target).await? {
        return count(conn, source.id, target.id, -1).await;
    }
    withdraw(conn, renderer, &source, &target).await?;
    Ok(())
}

/// Ends the follow of a local or remote `follower`; only a remote one is told.
///
/// # Errors
/// [`Error::NotFound`] if one of them does not exist.
pub async fn remove_from_followers(
    conn: &mut PgConnection,
    renderer: &Renderer,
    account: AccountId,
    follower: AccountId,
) -> Result<()> {
    let (account, follower) = party::pair(conn, account, follower).await?;
    if remove(conn, renderer, &follower, &account).await? {
        count(conn, follower.id, account.id, -1).await?;
    }
    Ok(())
}

/// Takes the follow away with what hangs on it, and tells the other server. The caller counts.
pub(crate) async fn remove(conn: &mut PgConnection, renderer: &Renderer, source: &PartyRow, target: &PartyRow) -> Result<bool> {
    let Some(ended) = followers::end(conn, source.id, target.id).await? else { return Ok(false) };
    tell_end(conn, renderer, source, target, &ended).await?;
    Ok(true)
}

/// Takes a waiting request back.
pub(crate) async fn withdraw(conn: &mut PgConnection, renderer: &Renderer, source: &PartyRow, target: &PartyRow) -> Result<bool> {
    let Some(ended) = followers::end_request(conn, source.id, target.id).await? else { return Ok(false) };
    tell_end(conn, renderer, source, target, &ended).await?;
    Ok(true)
}

async fn tell_end(
    conn: &mut PgConnection,
    renderer: &Renderer,
    source: &PartyRow,
    target: &PartyRow,
    ended: &Ended,
) -> Result<()> {
    let (actor, object) = (source.uri(renderer), target.uri(renderer));
    let uri = ended.uri.clone().unwrap_or_default();
    let follow = Follow { id: Some(ended.id), uri: &uri, actor: &actor, object: &object };
    if source.is_local() {
        party::send(conn, source, target, follow.undo(), DeliveryOptions::default()).await
    } else {
        party::send(conn, target, source, follow.reject(), DeliveryOptions::default()).await
    }
}

#[cfg(test)]
mod tests {
    use super::limit_for;

    #[test]
    fn who_follows_many_may_follow_more_in_proportion_to_their_followers() {
        assert_eq!(limit_for(7_499, 0), 7_500);
        assert_eq!(limit_for(7_500, 100), 7_500);
        assert_eq!(limit_for(9_000, 10_000), 11_000);
    }
}
