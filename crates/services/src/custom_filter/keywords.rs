//! The keywords of a filter.

use chrono::NaiveDateTime;
use db::AccountId;
use sqlx::PgConnection;

use crate::error::{Error, Result, Validation};

const MAX_KEYWORD: usize = 512;

/// One entry of a list of changes: a keyword to be made, or one that is there to be changed or removed.
#[derive(Debug, Clone, Default)]
pub struct KeywordChange {
    pub id: Option<i64>,
    pub keyword: Option<String>,
    pub whole_word: Option<bool>,
    pub remove: bool,
}

/// `within`: the complaint stands in the name of the filter that the keyword belongs to.
fn check(keyword: &str, within: bool) -> Result<()> {
    let mut found = Validation::default();
    let human = if within { "Keywords keyword" } else { "Keyword" };
    if keyword.trim().is_empty() {
        found.add("keyword", human, "ERR_BLANK", "can't be blank");
    }
    if keyword.chars().count() > MAX_KEYWORD {
        found.add("keyword", human, "ERR_TOO_LONG", &format!("is too long (maximum is {MAX_KEYWORD} characters)"));
    }
    found.into_result()
}

fn clean(keyword: &str) -> String {
    keyword.replace('\0', "")
}

/// Applies the changes in their order. New ones of which nothing is said are left out. Answers whether there were any.
///
/// # Errors
/// [`Error::NotFound`] for an id that is not of this filter; a keyword is empty or too long.
pub async fn change_keywords(
    conn: &mut PgConnection,
    filter: i64,
    changes: &[KeywordChange],
    now: NaiveDateTime,
) -> Result<bool> {
    let (known, new): (Vec<&KeywordChange>, Vec<&KeywordChange>) = changes.iter().partition(|change| change.id.is_some());
    let new: Vec<&KeywordChange> = new
        .into_iter()
        .filter(|change| {
            let blank = change.keyword.as_deref().is_none_or(|keyword| keyword.trim().is_empty());
            !change.remove && (!blank || change.whole_word == Some(true))
        })
        .collect();
    let removed: Vec<i64> = known.iter().filter(|change| change.remove).filter_map(|change| change.id).collect();
    let changed: Vec<&KeywordChange> = known.iter().copied().filter(|change| !change.remove).collect();
    for change in changed.iter().filter(|change| change.keyword.is_some()).chain(&new) {
        check(&clean(change.keyword.as_deref().unwrap_or_default()), true)?;
    }
    let ids: Vec<i64> = known.iter().filter_map(|change| change.id).collect();
    let found = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM custom_filter_keywords WHERE id = ANY($1) AND custom_filter_id = $2"#,
        &ids,
        filter
    )
    .fetch_one(&mut *conn)
    .await?;
    if i64::try_from(ids.len()) != Ok(found) {
        return Err(Error::NotFound);
    }
    sqlx::query!("DELETE FROM custom_filter_keywords WHERE id = ANY($1)", &removed).execute(&mut *conn).await?;
    update_many(conn, &changed, now).await?;
    insert_many(conn, filter, &new, now).await?;
    Ok(!known.is_empty() || !new.is_empty())
}

async fn update_many(conn: &mut PgConnection, changes: &[&KeywordChange], now: NaiveDateTime) -> Result<()> {
    let ids: Vec<i64> = changes.iter().filter_map(|change| change.id).collect();
    let keywords: Vec<Option<String>> = changes.iter().map(|change| change.keyword.as_deref().map(clean)).collect();
    let whole: Vec<Option<bool>> = changes.iter().map(|change| change.whole_word).collect();
    sqlx::query!(
        r#"
        UPDATE custom_filter_keywords k
        SET keyword = COALESCE(c.keyword, k.keyword), whole_word = COALESCE(c.whole_word, k.whole_word), updated_at = $4
        FROM unnest($1::bigint[], $2::text[], $3::bool[]) AS c (id, keyword, whole_word)
        WHERE k.id = c.id
        "#,
        &ids,
        &keywords as &[Option<String>],
        &whole as &[Option<bool>],
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn insert_many(conn: &mut PgConnection, filter: i64, changes: &[&KeywordChange], now: NaiveDateTime) -> Result<()> {
    let keywords: Vec<String> = changes.iter().map(|change| clean(change.keyword.as_deref().unwrap_or_default())).collect();
    let whole: Vec<bool> = changes.iter().map(|change| change.whole_word.unwrap_or(true)).collect();
    sqlx::query!(
        r#"
        INSERT INTO custom_filter_keywords (custom_filter_id, keyword, whole_word, created_at, updated_at)
        SELECT $1, k.keyword, k.whole_word, $4, $4
        FROM unnest($2::text[], $3::bool[]) WITH ORDINALITY AS k (keyword, whole_word, place)
        ORDER BY k.place
        "#,
        filter,
        &keywords,
        &whole,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds one keyword to a filter of the caller's and answers its id.
///
/// # Errors
/// It is empty or too long.
pub async fn create_keyword(
    conn: &mut PgConnection,
    filter: i64,
    keyword: &str,
    whole_word: Option<bool>,
    now: NaiveDateTime,
) -> Result<i64> {
    let keyword = clean(keyword);
    check(&keyword, false)?;
    Ok(sqlx::query_scalar!(
        r#"
        INSERT INTO custom_filter_keywords (custom_filter_id, keyword, whole_word, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $4) RETURNING id
        "#,
        filter,
        keyword,
        whole_word.unwrap_or(true),
        now
    )
    .fetch_one(conn)
    .await?)
}

/// Answers the filter that it belongs to.
///
/// # Errors
/// [`Error::NotFound`] if it is not the account's; it is empty or too long.
pub async fn update_keyword(
    conn: &mut PgConnection,
    account: AccountId,
    id: i64,
    keyword: Option<&str>,
    whole_word: Option<bool>,
    now: NaiveDateTime,
) -> Result<i64> {
    let keyword = keyword.map(clean);
    let row = sqlx::query_scalar!(
        r#"
        SELECT f.id FROM custom_filter_keywords k JOIN custom_filters f ON f.id = k.custom_filter_id
        WHERE k.id = $1 AND f.account_id = $2
        "#,
        id,
        account
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound)?;
    if let Some(keyword) = &keyword {
        check(keyword, false)?;
    }
    sqlx::query!(
        r#"
        UPDATE custom_filter_keywords
        SET keyword = COALESCE($2, keyword), whole_word = COALESCE($3, whole_word), updated_at = $4
        WHERE id = $1
        "#,
        id,
        keyword,
        whole_word,
        now
    )
    .execute(conn)
    .await?;
    Ok(row)
}

/// # Errors
/// [`Error::NotFound`] if it is not the account's.
pub async fn delete_keyword(conn: &mut PgConnection, account: AccountId, id: i64) -> Result<()> {
    let gone = sqlx::query!(
        r#"
        DELETE FROM custom_filter_keywords k USING custom_filters f
        WHERE k.id = $1 AND f.id = k.custom_filter_id AND f.account_id = $2
        "#,
        id,
        account
    )
    .execute(conn)
    .await?;
    if gone.rows_affected() == 0 { Err(Error::NotFound) } else { Ok(()) }
}
