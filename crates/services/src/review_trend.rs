//! Deciding what may trend. It shows at the next refresh of the trends.

use db::{PgConnection, TagId};

use crate::error::{Error, Result};

/// What is decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewed {
    Tag(TagId),
    /// By preview card id.
    Link(i64),
    Status(db::StatusId),
    /// By preview card provider id; the word holds for links that nobody decided about.
    Publisher(i64),
}

/// Lets it trend, or forbids it. Once more is allowed, and so is the contrary.
///
/// # Errors
/// [`Error::NotFound`] if it does not exist, or is a status that not everybody may see and that therefore cannot trend.
pub async fn review_trend(conn: &mut PgConnection, reviewed: Reviewed, trendable: bool) -> Result<()> {
    let done = match reviewed {
        Reviewed::Tag(id) => {
            sqlx::query!(
                "UPDATE tags SET trendable = $2, reviewed_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc'
                 WHERE id = $1",
                id,
                trendable
            )
            .execute(conn)
            .await?
        }
        Reviewed::Link(id) => {
            sqlx::query!(
                "UPDATE preview_cards SET trendable = $2, updated_at = now() AT TIME ZONE 'utc' WHERE id = $1",
                id,
                trendable
            )
            .execute(conn)
            .await?
        }
        Reviewed::Status(id) => {
            sqlx::query!(
                "UPDATE statuses SET trendable = $2, updated_at = now() AT TIME ZONE 'utc'
                 WHERE id = $1 AND deleted_at IS NULL AND visibility IN (0, 1)",
                id,
                trendable
            )
            .execute(conn)
            .await?
        }
        Reviewed::Publisher(id) => {
            sqlx::query!(
                "UPDATE preview_card_providers
                 SET trendable = $2, reviewed_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc'
                 WHERE id = $1",
                id,
                trendable
            )
            .execute(conn)
            .await?
        }
    };
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// What moderators say of a hashtag; `None` stays, `Some(None)` is as if nobody had said anything.
#[derive(Debug, Clone, Default)]
pub struct TagWord {
    /// Another spelling of the same name.
    pub display_name: Option<String>,
    pub trendable: Option<Option<bool>>,
    pub usable: Option<Option<bool>>,
    pub listable: Option<Option<bool>>,
}

/// Changes it; it counts as reviewed from then on.
///
/// # Errors
/// [`Error::NotFound`], or 422 if the display name is another name.
pub async fn review_tag(conn: &mut PgConnection, id: TagId, word: &TagWord) -> Result<()> {
    let name = sqlx::query_scalar!("SELECT name FROM tags WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(Error::NotFound)?;
    if let Some(shown) = &word.display_name {
        check_display_name(&name, shown)?;
    }
    sqlx::query!(
        r#"
        UPDATE tags SET display_name = COALESCE($2, display_name),
          trendable = CASE WHEN $3 THEN $4 ELSE trendable END, usable = CASE WHEN $5 THEN $6 ELSE usable END,
          listable = CASE WHEN $7 THEN $8 ELSE listable END,
          reviewed_at = now() AT TIME ZONE 'utc', updated_at = now() AT TIME ZONE 'utc'
        WHERE id = $1
        "#,
        id,
        word.display_name,
        word.trendable.is_some(),
        word.trendable.flatten(),
        word.usable.is_some(),
        word.usable.flatten(),
        word.listable.is_some(),
        word.listable.flatten()
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn check_display_name(name: &str, shown: &str) -> Result<()> {
    if text::hashtag::normalize(shown).to_lowercase() != name.to_lowercase() {
        return Err(Error::invalid("Display name does not match the previous name"));
    }
    if text::hashtag::is_valid(shown) { Ok(()) } else { Err(Error::invalid("Display name is invalid")) }
}
