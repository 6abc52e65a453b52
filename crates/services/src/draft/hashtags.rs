//! Hashtags of statuses and profiles.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use db::{AccountId, StatusId, TagId};
use sqlx::PgConnection;

use crate::error::{Error, Result};

/// Ids of the tags with these names as they were written, made where they are new, in the order given, each once.
///
/// # Errors
/// The database fails.
pub async fn find_or_create(conn: &mut PgConnection, names: &[String]) -> Result<Vec<TagId>> {
    let mut normalized: Vec<String> = Vec::new();
    let mut display: Vec<String> = Vec::new();
    for name in names {
        let key = text::hashtag::normalize(name);
        if !key.is_empty() && !normalized.contains(&key) {
            normalized.push(key);
            display.push(text::hashtag::display_name(name));
        }
    }
    if normalized.is_empty() {
        return Ok(Vec::new());
    }
    // Sorted, so that two statuses with the same new tags do not wait for each other crosswise.
    sqlx::query!(
        r#"
        INSERT INTO tags (name, display_name, created_at, updated_at)
        SELECT t.name, t.display, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc'
        FROM unnest($1::text[], $2::text[]) AS t (name, display)
        WHERE NOT EXISTS (SELECT 1 FROM tags known WHERE lower(known.name) = lower(t.name))
        ORDER BY t.name
        ON CONFLICT DO NOTHING
        "#,
        &normalized,
        &display
    )
    .execute(&mut *conn)
    .await?;
    let rows = sqlx::query!("SELECT id, name FROM tags WHERE lower(name) = ANY($1)", &normalized).fetch_all(conn).await?;
    let by_name: HashMap<String, TagId> = rows.into_iter().map(|row| (row.name.to_lowercase(), row.id)).collect();
    Ok(normalized.iter().filter_map(|name| by_name.get(&name.to_lowercase()).copied()).collect())
}

/// # Errors
/// 422 that names those of `tags` that administrators forbade.
pub async fn require_usable(conn: &mut PgConnection, tags: &[TagId]) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let forbidden = sqlx::query_scalar!("SELECT name FROM tags WHERE id = ANY($1) AND usable = false ORDER BY name", tags)
        .fetch_all(conn)
        .await?;
    match forbidden.as_slice() {
        [] => Ok(()),
        [one] => Err(Error::invalid(format!("Text contained a disallowed hashtag: {one}"))),
        several => Err(Error::invalid(format!("Text contained the disallowed hashtags: {}", several.join(", ")))),
    }
}

/// The tags of a status become exactly these. Answers those that were added and those that were taken away.
///
/// # Errors
/// The database fails.
pub async fn store(conn: &mut PgConnection, status_id: StatusId, tags: &[TagId]) -> Result<(Vec<TagId>, Vec<TagId>)> {
    let removed = sqlx::query_scalar!(
        "DELETE FROM statuses_tags WHERE status_id = $1 AND tag_id <> ALL($2) RETURNING tag_id",
        status_id,
        tags
    )
    .fetch_all(&mut *conn)
    .await?;
    let added = sqlx::query_scalar!(
        r#"
        INSERT INTO statuses_tags (status_id, tag_id)
        SELECT $1, t.id FROM unnest($2::bigint[]) WITH ORDINALITY AS t (id, position) ORDER BY t.position
        ON CONFLICT DO NOTHING
        RETURNING tag_id AS "tag_id!"
        "#,
        status_id,
        tags
    )
    .fetch_all(conn)
    .await?;
    Ok((added, removed))
}

/// How often an account used the tags it features on its profile; only what everybody may see counts.
///
/// # Errors
/// The database fails.
pub async fn count_featured(conn: &mut PgConnection, account: AccountId, tags: &[TagId], used_at: NaiveDateTime) -> Result<()> {
    sqlx::query!(
        r#"
        UPDATE featured_tags
        SET statuses_count = statuses_count + 1, last_status_at = greatest(last_status_at, $3), updated_at = now() AT TIME ZONE 'utc'
        WHERE account_id = $1 AND tag_id = ANY($2)
        "#,
        account,
        tags,
        used_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The opposite: a status with these tags is gone or does not carry them any more. The time of the last use is looked up
/// anew among what is left.
///
/// # Errors
/// The database fails.
pub async fn uncount_featured(conn: &mut PgConnection, account: AccountId, tags: &[TagId], gone: StatusId) -> Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        UPDATE featured_tags f
        SET statuses_count = greatest(f.statuses_count - 1, 0), updated_at = now() AT TIME ZONE 'utc',
          last_status_at = (
            SELECT s.created_at FROM statuses s JOIN statuses_tags st ON st.status_id = s.id
            WHERE s.account_id = $1 AND st.tag_id = f.tag_id AND s.visibility IN (0, 1) AND s.deleted_at IS NULL AND s.id <> $3
            ORDER BY s.id DESC LIMIT 1
          )
        WHERE f.account_id = $1 AND f.tag_id = ANY($2)
        "#,
        account,
        tags,
        gone
    )
    .execute(conn)
    .await?;
    Ok(())
}
