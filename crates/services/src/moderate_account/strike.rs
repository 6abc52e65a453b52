//! Actions against an account: the action itself, the strike that records it, and the reports that it settles.

use db::AccountId;
use jobs::mail::MailStrike;
use sqlx::PgConnection;

use super::{Mark, Moderator, Target, log, log_account, log_user, mark, suspend, target};
use crate::error::{Error, Result};
use crate::modify_user::set_disabled;
use crate::notify::{Event, notify};

/// By the names and numbers of `account_warnings.action`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// A warning only.
    None,
    Disable,
    Sensitive,
    Silence,
    Suspend,
}

impl ActionKind {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "disable" => Self::Disable,
            "sensitive" => Self::Sensitive,
            "silence" => Self::Silence,
            "suspend" => Self::Suspend,
            _ => return None,
        })
    }

    fn column(self) -> i32 {
        match self {
            Self::None => 0,
            Self::Disable => 1000,
            Self::Sensitive => 2000,
            Self::Silence => 3000,
            Self::Suspend => 4000,
        }
    }
}

#[derive(Debug)]
pub struct Strike<'a> {
    pub kind: ActionKind,
    pub report: Option<i64>,
    /// A row of `account_warning_presets`, whose text comes before `text`.
    pub preset: Option<i64>,
    pub text: &'a str,
    pub notify: bool,
}

/// The caller ends the streams of a disabled or suspended account after the commit.
///
/// # Errors
/// [`Error::NotFound`] for an account, report or preset that does not exist; [`Error::Forbidden`] if the other's role ranks as
/// high as the moderator's, or a login is to be disabled that does not exist.
pub async fn take_action(conn: &mut PgConnection, moderator: Moderator, account: AccountId, strike: &Strike<'_>) -> Result<()> {
    let target = target(conn, account).await?;
    // Those without a role rank below every role.
    if target.position >= moderator.position {
        return Err(Error::Forbidden);
    }
    act(conn, moderator, &target, strike.kind).await?;
    let text = full_text(conn, strike).await?;
    let warning = insert(conn, moderator, account, strike, &text).await?;
    if strike.kind == ActionKind::None && !text.is_empty() {
        log(conn, moderator, "create", ("AccountWarning", warning), &target, false).await?;
    }
    settle_reports(conn, moderator, account, strike).await?;
    if strike.notify && target.domain.is_none() && target.user.is_some() {
        notify(conn, &Event::moderation_warning(account, warning)).await?;
        jobs::enqueue(conn, &MailStrike { warning_id: warning }).await?;
    }
    Ok(())
}

async fn act(conn: &mut PgConnection, moderator: Moderator, target: &Target, kind: ActionKind) -> Result<()> {
    match kind {
        ActionKind::None => Ok(()),
        ActionKind::Disable => {
            set_disabled(conn, target.user.ok_or(Error::Forbidden)?, true).await?;
            log_user(conn, moderator, "disable", target).await
        }
        ActionKind::Sensitive => {
            mark(conn, target.id, Mark::Sensitized, true).await?;
            log_account(conn, moderator, "sensitive", target).await
        }
        ActionKind::Silence => {
            mark(conn, target.id, Mark::Silenced, true).await?;
            log_account(conn, moderator, "silence", target).await
        }
        ActionKind::Suspend => {
            suspend(conn, target.id).await?;
            log_account(conn, moderator, "suspend", target).await
        }
    }
}

async fn full_text(conn: &mut PgConnection, strike: &Strike<'_>) -> Result<String> {
    let Some(preset) = strike.preset else { return Ok(strike.text.to_owned()) };
    let preset = sqlx::query_scalar!("SELECT text FROM account_warning_presets WHERE id = $1", preset)
        .fetch_optional(conn)
        .await?
        .ok_or(Error::NotFound)?;
    Ok([preset.as_str(), strike.text].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n"))
}

/// The strike names the posts of the report it answers.
async fn insert(
    conn: &mut PgConnection,
    moderator: Moderator,
    account: AccountId,
    strike: &Strike<'_>,
    text: &str,
) -> Result<i64> {
    let statuses = match strike.report {
        None => None,
        Some(report) => Some(
            sqlx::query_scalar!("SELECT status_ids FROM reports WHERE id = $1 AND target_account_id = $2", report, account)
                .fetch_optional(&mut *conn)
                .await?
                .ok_or(Error::NotFound)?
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        ),
    };
    let id = sqlx::query_scalar!(
        "INSERT INTO account_warnings
           (account_id, target_account_id, action, text, report_id, status_ids, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') RETURNING id",
        moderator.account,
        account,
        strike.kind.column(),
        text,
        strike.report,
        statuses.as_deref()
    )
    .fetch_one(conn)
    .await?;
    Ok(id)
}

/// A warning settles the report it answers; an action settles all that were open against the account.
async fn settle_reports(conn: &mut PgConnection, moderator: Moderator, account: AccountId, strike: &Strike<'_>) -> Result<()> {
    sqlx::query!(
        "WITH settled AS (
           UPDATE reports SET action_taken_at = now() AT TIME ZONE 'utc', action_taken_by_account_id = $1,
             updated_at = now() AT TIME ZONE 'utc'
           WHERE target_account_id = $2 AND action_taken_at IS NULL AND (NOT $3 OR id = $4)
           RETURNING id
         )
         INSERT INTO admin_action_logs (account_id, action, target_type, target_id, human_identifier, created_at, updated_at)
         SELECT $1, 'resolve', 'Report', id, id::text, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc' FROM settled",
        moderator.account,
        account,
        strike.kind == ActionKind::None,
        strike.report
    )
    .execute(conn)
    .await?;
    Ok(())
}
