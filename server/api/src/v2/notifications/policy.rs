//! What happens to notifications of people whom the viewer knows little: let through, kept back or dropped.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use db::{AccountId, PgConnection};
use entities::NotificationPolicy;
use serde::Deserialize;
use shared::{ApiResult, App, Auth, Error, Params};

pub(crate) const ACCEPT: i32 = 0;
pub(crate) const FILTER: i32 = 1;
const DROP: i32 = 2;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v2/notifications/policy", get(show).put(update).patch(update))
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Choices {
    pub(crate) not_following: Option<i32>,
    pub(crate) not_followers: Option<i32>,
    pub(crate) new_accounts: Option<i32>,
    pub(crate) private_mentions: Option<i32>,
    pub(crate) limited_accounts: Option<i32>,
    pub(crate) bots: Option<i32>,
}

/// Sets the policy; the first change makes the row, with Mastodon's defaults for the rest.
pub(crate) async fn store(conn: &mut PgConnection, account: AccountId, choices: &Choices) -> ApiResult<()> {
    sqlx::query!(
        r#"
        INSERT INTO notification_policies AS p (account_id, for_not_following, for_not_followers, for_new_accounts,
          for_private_mentions, for_limited_accounts, for_bots, created_at, updated_at)
        VALUES ($1, COALESCE($2, 0), COALESCE($3, 0), COALESCE($4, 0), COALESCE($5, 1), COALESCE($6, 1), COALESCE($7, 0),
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        ON CONFLICT (account_id) DO UPDATE SET
          for_not_following = COALESCE($2, p.for_not_following), for_not_followers = COALESCE($3, p.for_not_followers),
          for_new_accounts = COALESCE($4, p.for_new_accounts), for_private_mentions = COALESCE($5, p.for_private_mentions),
          for_limited_accounts = COALESCE($6, p.for_limited_accounts), for_bots = COALESCE($7, p.for_bots),
          updated_at = excluded.updated_at
        "#,
        account,
        choices.not_following,
        choices.not_followers,
        choices.new_accounts,
        choices.private_mentions,
        choices.limited_accounts,
        choices.bots
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn show(State(app): State<App>, auth: Auth) -> ApiResult<Json<NotificationPolicy>> {
    let account = auth.require_user(&["read", "read:notifications"])?.account_id;
    Ok(Json(NotificationPolicy::load(&mut *app.db.acquire().await?, account).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Update {
    for_not_following: Option<String>,
    for_not_followers: Option<String>,
    for_new_accounts: Option<String>,
    for_private_mentions: Option<String>,
    for_limited_accounts: Option<String>,
    for_bots: Option<String>,
}

fn choice(word: Option<&str>) -> ApiResult<Option<i32>> {
    match word {
        None => Ok(None),
        Some("accept") => Ok(Some(ACCEPT)),
        Some("filter") => Ok(Some(FILTER)),
        Some("drop") => Ok(Some(DROP)),
        Some(other) => Err(Error::unprocessable(format!("'{other}' is not a valid choice: accept, filter or drop"))),
    }
}

async fn update(State(app): State<App>, auth: Auth, params: Params<Update>) -> ApiResult<Json<NotificationPolicy>> {
    let account = auth.require_user(&["write", "write:notifications"])?.account_id;
    let choices = Choices {
        not_following: choice(params.for_not_following.as_deref())?,
        not_followers: choice(params.for_not_followers.as_deref())?,
        new_accounts: choice(params.for_new_accounts.as_deref())?,
        private_mentions: choice(params.for_private_mentions.as_deref())?,
        limited_accounts: choice(params.for_limited_accounts.as_deref())?,
        bots: choice(params.for_bots.as_deref())?,
    };
    let mut tx = app.db.begin().await?;
    store(&mut tx, account, &choices).await?;
    let policy = NotificationPolicy::load(&mut tx, account).await?;
    tx.commit().await?;
    Ok(Json(policy))
}
