//! The account of the server itself, which signs what no person asked for, and the application of the web pages.

use activitypub::keys::NewKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Db;
use db::uri::{INSTANCE_ACTOR, NUMERIC_SCHEME};

use crate::error::Result;

const USERNAME: &str = "mastodon.internal";

/// Makes what a fresh database lacks because it needs secrets of its own. Running it again changes nothing.
///
/// # Errors
/// The database fails, or no key can be made.
pub async fn ensure(db: &Db) -> Result<()> {
    let mut conn = db.acquire().await?;
    let has_key = sqlx::query_scalar!(
        r#"SELECT (private_key IS NOT NULL AND private_key <> '') AS "has_key!" FROM accounts WHERE id = $1"#,
        INSTANCE_ACTOR
    )
    .fetch_optional(&mut *conn)
    .await?;
    if has_key != Some(true) {
        let key =
            tokio::task::spawn_blocking(NewKey::generate).await.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?;
        sqlx::query!(
            r#"
            INSERT INTO accounts (id, username, actor_type, locked, private_key, public_key, id_scheme, created_at, updated_at)
            VALUES ($1, $2, 'Application', true, $3, $4, $5, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
            ON CONFLICT (id) DO UPDATE SET private_key = excluded.private_key, public_key = excluded.public_key
            WHERE COALESCE(accounts.private_key, '') = ''
            "#,
            INSTANCE_ACTOR,
            USERNAME,
            key.private_pem,
            key.public_pem,
            NUMERIC_SCHEME
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query!(
        r#"
        INSERT INTO oauth_applications (name, uid, secret, redirect_uri, scopes, superapp, confidential, created_at, updated_at)
        SELECT 'Web', $1, $2, 'urn:ietf:wg:oauth:2.0:oob', 'read write follow push', true, true,
          now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        WHERE NOT EXISTS (SELECT 1 FROM oauth_applications WHERE superapp)
        "#,
        random_token()?,
        random_token()?
    )
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// 43 characters, as Doorkeeper's tokens: URL-safe base64 of 32 random bytes.
///
/// # Errors
/// The system gives no random bytes.
pub fn random_token() -> Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
