//! The moment of signing in: session row with its token, history, cookies, and a fresh home feed for who was long away.

use aws_lc_rs::rand;
use chrono::Duration;
use db::oauth_access_tokens;
use db::oauth_applications;
use db::session_activations::{self, LoginActivity};
use http::{HeaderMap, header};
use jobs::feed::RegenerateHome;
use kv::publish::{self, Channel, Message};
use shared::{ApiResult, App, ClientAddr, Session, oauth};

use super::credentials::LoginRow;

/// Browsers of one person at the same time (`MAX_SESSION_ACTIVATIONS`).
const MAX_SESSIONS: i64 = 10;
/// What the web interface may do with its session's token.
const SCOPES: &str = "read write follow";

/// How the person proved to be who they are: `password` or `otp`.
pub(super) async fn start(
    app: &App,
    session: &mut Session,
    headers: &HeaderMap,
    address: ClientAddr,
    user: &LoginRow,
    method: &str,
) -> ApiResult<()> {
    let now = app.clock.now_naive();
    let session_id = random_id()?;
    let user_agent = user_agent(headers);
    let mut tx = app.db.begin().await?;
    let token = match oauth_applications::web(&mut tx).await? {
        Some(web) => {
            Some(oauth_access_tokens::insert(&mut tx, web, Some(user.id), SCOPES, &oauth::random_token()?, now).await?.id)
        }
        None => None,
    };
    session_activations::insert(&mut tx, user.id, &session_id, token, &user_agent, address.0.into(), now).await?;
    let ended = session_activations::purge_old(&mut tx, user.id, MAX_SESSIONS).await?;
    let login = LoginActivity {
        user: user.id,
        method,
        success: true,
        failure_reason: None,
        ip: address.0.into(),
        user_agent: &user_agent,
    };
    session_activations::record_login(&mut tx, &login, now).await?;
    sqlx::query!(
        "UPDATE users
            SET last_sign_in_at = COALESCE(current_sign_in_at, $2), current_sign_in_at = $2, sign_in_count = sign_in_count + 1, updated_at = $2
          WHERE id = $1",
        user.id,
        now
    )
    .execute(&mut *tx)
    .await?;
    let away = Duration::days(app.config.federation.user_active_days);
    if user.current_sign_in_at.is_none_or(|last| now - last > away) {
        jobs::enqueue(&mut tx, &RegenerateHome { account_id: user.account_id }).await.map_err(anyhow::Error::from)?;
    }
    tx.commit().await?;
    kill_streams(app, &ended).await;
    if let Err(error) = kv::activity::record_login(&app.kv, user.id, app.clock.now()).await {
        tracing::warn!(%error, "a sign-in was not counted");
    }
    session.begin(&session_id);
    Ok(())
}

/// Notes a second factor that did not fit.
pub(super) async fn record_failure(app: &App, headers: &HeaderMap, address: ClientAddr, user: &LoginRow) -> ApiResult<()> {
    let user_agent = user_agent(headers);
    let login = LoginActivity {
        user: user.id,
        method: "otp",
        success: false,
        failure_reason: Some("invalid_otp_token"),
        ip: address.0.into(),
        user_agent: &user_agent,
    };
    Ok(session_activations::record_login(&mut *app.db.acquire().await?, &login, app.clock.now_naive()).await?)
}

/// Tells open streams that their token is dead; they ask the database at intervals too.
pub(crate) async fn kill_streams(app: &App, tokens: &[i64]) {
    if tokens.is_empty() {
        return;
    }
    let sent = async {
        let messages: Result<Vec<_>, kv::Error> =
            tokens.iter().map(|token| Ok((Channel::AccessToken(*token), Message::bare("kill")?))).collect();
        publish::publish(&app.kv, &messages?).await
    };
    if let Err(error) = sent.await {
        tracing::warn!(%error, "streams were not told of ended sessions");
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(500).collect())
        .unwrap_or_default()
}

fn random_id() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(hex::encode(bytes))
}
