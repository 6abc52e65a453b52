//! Hashtags that people show on their profiles.

use activitypub::render::Renderer;
use activitypub::render::activity::{self, PinKind};
use db::{AccountId, TagId};
use jobs::delivery::FederateToFollowers;
use serde_json::json;
use sqlx::PgConnection;

use crate::draft::hashtags;
use crate::error::{Error, Result};

const LIMIT: i64 = 10;

/// `account` shows the hashtag, with or without its `#`. Answers the row's id; once more changes nothing.
///
/// # Errors
/// [`Error::Invalid`] if it is no hashtag, or past the tenth.
pub async fn feature_tag(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, name: &str) -> Result<i64> {
    let name = name.trim().trim_start_matches('#');
    if !text::hashtag::is_valid(name) {
        return Err(Error::invalid("Name is invalid"));
    }
    let tags = hashtags::find_or_create(conn, &[name.to_owned()]).await?;
    let tag = *tags.first().ok_or_else(|| Error::invalid("Name is invalid"))?;
    // Two requests at a time would both count nine.
    sqlx::query!("SELECT id FROM accounts WHERE id = $1 FOR UPDATE", account).fetch_optional(&mut *conn).await?;
    if let Some(known) = find(conn, account, tag).await? {
        return Ok(known);
    }
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM featured_tags WHERE account_id = $1"#, account)
        .fetch_one(&mut *conn)
        .await?;
    if count >= LIMIT {
        return Err(Error::invalid("You have already featured the maximum number of hashtags"));
    }
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO featured_tags (account_id, tag_id, name, statuses_count, last_status_at, created_at, updated_at)
        SELECT $1, $2, $3, count(s.id), max(s.created_at), now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM statuses s JOIN statuses_tags st ON st.status_id = s.id AND st.tag_id = $2
        WHERE s.account_id = $1 AND s.deleted_at IS NULL AND s.visibility IN (0, 1)
        RETURNING id
        "#,
        account,
        tag,
        text::hashtag::display_name(name)
    )
    .fetch_one(&mut *conn)
    .await?;
    tell_followers(conn, renderer, account, tag, PinKind::Add).await?;
    Ok(id)
}

async fn find(conn: &mut PgConnection, account: AccountId, tag: TagId) -> Result<Option<i64>> {
    let id = sqlx::query_scalar!("SELECT id FROM featured_tags WHERE account_id = $1 AND tag_id = $2", account, tag)
        .fetch_optional(conn)
        .await?;
    Ok(id)
}

/// `account` does not show it any more.
///
/// # Errors
/// [`Error::NotFound`] unless it did.
pub async fn unfeature_tag(conn: &mut PgConnection, renderer: &Renderer, account: AccountId, featured_tag: i64) -> Result<()> {
    let tag = sqlx::query_scalar!(
        "SELECT tag_id FROM featured_tags WHERE id = $1 AND account_id = $2 FOR UPDATE",
        featured_tag,
        account
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound)?;
    tell_followers(conn, renderer, account, tag, PinKind::Remove).await?;
    sqlx::query!("DELETE FROM featured_tags WHERE id = $1", featured_tag).execute(conn).await?;
    Ok(())
}

/// The row of the featured tag is there, still or already.
async fn tell_followers(
    conn: &mut PgConnection,
    renderer: &Renderer,
    account: AccountId,
    tag: TagId,
    kind: PinKind,
) -> Result<()> {
    let row = sqlx::query!(
        r#"
        SELECT a.username, a.id_scheme, t.name, COALESCE(NULLIF(f.name, ''), t.display_name, t.name) AS "display_name!"
        FROM featured_tags f JOIN tags t ON t.id = f.tag_id JOIN accounts a ON a.id = f.account_id
        WHERE f.account_id = $1 AND f.tag_id = $2
        "#,
        account,
        tag
    )
    .fetch_one(&mut *conn)
    .await?;
    let page = renderer.uris.account_page(&row.username);
    let object = json!({
        "type": "Hashtag",
        "href": format!("{page}/tagged/{}", row.name),
        "name": format!("#{}", row.display_name),
    });
    let actor = renderer.uris.account(account, &row.username, row.id_scheme);
    let json = activity::feature_tag(kind, &actor, object).into_document().to_string();
    jobs::enqueue(conn, &FederateToFollowers { account_id: account, json, sign: true }).await?;
    Ok(())
}

/// Up to ten tags that the account used last in what everybody may see, and does not show yet.
///
/// # Errors
/// The database fails.
pub async fn recently_used(conn: &mut PgConnection, account: AccountId) -> Result<Vec<TagId>> {
    let ids = sqlx::query_scalar!(
        r#"
        SELECT st.tag_id AS "id!"
        FROM (SELECT id FROM statuses WHERE account_id = $1 AND deleted_at IS NULL AND visibility IN (0, 1)
              ORDER BY id DESC LIMIT 1000) AS s
        JOIN statuses_tags st ON st.status_id = s.id
        WHERE NOT EXISTS (SELECT FROM featured_tags f WHERE f.account_id = $1 AND f.tag_id = st.tag_id)
        GROUP BY st.tag_id ORDER BY count(*) DESC, st.tag_id LIMIT 10
        "#,
        account
    )
    .fetch_all(conn)
    .await?;
    Ok(ids)
}
