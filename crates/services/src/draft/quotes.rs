//! Quoting another status, and who may quote this one.

use db::statuses::Visibility;
use db::{AccountId, StatusId};
use jobs::delivery::FederateQuoteRequest;
use sqlx::PgConnection;

use crate::error::{Error, Result};
use crate::visibility::is_visible;

const PUBLIC: i32 = 2;
const FOLLOWERS: i32 = 4;
const FOLLOWING: i32 = 8;

/// `quotes.state`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuoteState {
    Pending,
    Accepted,
}

impl QuoteState {
    fn column(self) -> i32 {
        match self {
            Self::Pending => 0,
            Self::Accepted => 1,
        }
    }
}

/// What a status quotes, and how it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted {
    pub(crate) status_id: StatusId,
    pub(crate) account_id: AccountId,
    pub(crate) state: QuoteState,
    /// For its author's followers only.
    pub(crate) is_private: bool,
}

struct TargetRow {
    id: StatusId,
    account_id: AccountId,
    visibility: i32,
    policy: i32,
    local: bool,
    blocking_author: bool,
    follows_author: bool,
    followed_by_author: bool,
}

/// `statuses.quote_approval_policy` for a client's word: automatic approval stands in the upper half.
///
/// # Errors
/// 422 `Record invalid` for a word that is none of the three (recorded: `rest/quotes`).
pub(crate) fn policy(word: &str, visibility: Visibility) -> Result<i32> {
    let flags = match word {
        "public" => PUBLIC,
        "followers" => FOLLOWERS,
        "nobody" => 0,
        _ => return Err(Error::unprocessable("Record invalid")),
    };
    Ok(if visibility.is_distributable() { flags << 16 } else { 0 })
}

/// May `author` quote this status?
///
/// # Errors
/// 404 with Mastodon's sentence where it is not there, not to be seen, or not to be quoted.
pub(crate) async fn check(conn: &mut PgConnection, author: AccountId, id: StatusId) -> Result<Quoted> {
    let refused = || Error::NotFoundBecause("The post you are trying to quote does not appear to exist.".into());
    let target = target(conn, author, id).await?.ok_or_else(refused)?;
    if target.blocking_author || !is_visible(conn, Some(author), target.id).await? {
        return Err(refused());
    }
    let own = target.account_id == author;
    if !own && !target.allows() {
        return Err(refused());
    }
    let state = if own || target.local { QuoteState::Accepted } else { QuoteState::Pending };
    Ok(Quoted {
        status_id: target.id,
        account_id: target.account_id,
        state,
        is_private: target.visibility == Visibility::Private.column(),
    })
}

impl TargetRow {
    /// Manual approval counts too: asking is allowed.
    fn allows(&self) -> bool {
        let wanted = (self.policy >> 16) | (self.policy & 0xffff);
        matches!(self.visibility, 0 | 1)
            && (wanted & PUBLIC != 0
                || (wanted & FOLLOWERS != 0 && self.follows_author)
                || (wanted & FOLLOWING != 0 && self.followed_by_author)
                // Servers that say nothing of quotes: the author's server decides.
                || (!self.local && wanted == 1))
    }
}

async fn target(conn: &mut PgConnection, author: AccountId, id: StatusId) -> Result<Option<TargetRow>> {
    let row = sqlx::query_as!(
        TargetRow,
        r#"
        SELECT s.id, s.account_id, s.visibility, s.quote_approval_policy AS policy,
          (COALESCE(s.local, false) OR s.uri IS NULL) AS "local!",
          EXISTS (SELECT 1 FROM blocks b WHERE b.account_id = $2 AND b.target_account_id = s.account_id) AS "blocking_author!",
          EXISTS (SELECT 1 FROM follows f WHERE f.account_id = $2 AND f.target_account_id = s.account_id) AS "follows_author!",
          EXISTS (SELECT 1 FROM follows f WHERE f.account_id = s.account_id AND f.target_account_id = $2)
            AS "followed_by_author!"
        FROM statuses s
        WHERE s.id = $1 AND s.deleted_at IS NULL AND s.reblog_of_id IS NULL
        "#,
        id,
        author
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

/// A quote of another server's status waits for the consent that is asked for.
///
/// # Errors
/// The database fails.
pub(crate) async fn store(
    conn: &mut PgConnection,
    author: AccountId,
    author_uri: &str,
    status_id: StatusId,
    quoted: &Quoted,
) -> Result<()> {
    let asks = quoted.state == QuoteState::Pending;
    let request = asks.then(|| format!("{author_uri}/quote_requests/{}", uuid::Uuid::new_v4()));
    let quote_id = sqlx::query_scalar!(
        r#"
        INSERT INTO quotes (account_id, status_id, quoted_account_id, quoted_status_id, state, activity_uri, legacy, created_at,
          updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        author,
        status_id,
        quoted.account_id,
        quoted.status_id,
        quoted.state.column(),
        request
    )
    .fetch_one(&mut *conn)
    .await?;
    if asks {
        jobs::enqueue(conn, &FederateQuoteRequest { quote_id }).await?;
    }
    Ok(())
}
