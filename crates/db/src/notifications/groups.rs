//! Pages of groups of notifications. A page is walked from group to group, so that its cost does not depend on how many
//! notifications a group holds.

use chrono::NaiveDateTime;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::Browse;
use crate::{AccountId, NotificationId, Page};

/// Types whose notifications may be told together.
pub const GROUPABLE: [&str; 4] = ["favourite", "reblog", "follow", "admin.sign_up"];

/// Accounts of a group that are named.
const SAMPLES: i64 = 8;

/// The newest notification of one group on a page.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Group {
    pub id: NotificationId,
    pub account_id: AccountId,
    pub from_account_id: AccountId,
    pub created_at: NaiveDateTime,
    /// `None`: it stands alone.
    pub group_key: Option<String>,
}

/// A group as far as a page reaches.
#[derive(Debug, Clone)]
pub struct GroupPage {
    pub group_key: String,
    pub most_recent_id: NotificationId,
    /// Newest first.
    pub sample_account_ids: Vec<AccountId>,
    pub count: i64,
    /// Only within the bounds of the page.
    pub min_id: Option<NotificationId>,
    pub latest_at: NaiveDateTime,
}

/// One notification of each group, newest first; for a page from below the oldest above the bound.
///
/// # Errors
/// The database failed.
pub async fn group_page(
    conn: &mut PgConnection,
    account: AccountId,
    browse: &Browse,
    grouped: &[String],
    page: &Page,
) -> Result<Vec<Group>, sqlx::Error> {
    if page.limit == 0 {
        return Ok(Vec::new());
    }
    let (order, next) = if page.ascending { ("ASC", ">") } else { ("DESC", "<") };
    let mut query = QueryBuilder::new("WITH RECURSIVE walk AS ((");
    push_one(&mut query, account, browse, grouped, page);
    query.push(format!(
        " ORDER BY n.id {order} LIMIT 1) UNION ALL SELECT n.id, n.account_id, n.from_account_id, n.created_at, n.group_key, "
    ));
    query.push("wt.groups || n.group_name, n.group_name FROM (SELECT id, groups FROM walk WHERE cardinality(groups) < ");
    query.push_bind(page.limit).push(") AS wt, LATERAL (");
    push_one(&mut query, account, browse, grouped, page);
    query
        .push(format!(" AND n.id {next} wt.id AND NOT "))
        .push(GROUP_NAME_OPEN)
        .push_bind(grouped.to_vec())
        .push(GROUP_NAME_CLOSE);
    query.push(format!(" = ANY (wt.groups) ORDER BY n.id {order} LIMIT 1) AS n) "));
    query.push(format!("SELECT id, account_id, from_account_id, created_at, group_key FROM walk ORDER BY id {order} LIMIT "));
    query.push_bind(page.limit);
    let mut groups: Vec<Group> = query.build_query_as().fetch_all(conn).await?;
    page.arrange(&mut groups);
    Ok(groups)
}

const GROUP_NAME_OPEN: &str = "(CASE WHEN n.group_key IS NOT NULL AND n.type = ANY (";
const GROUP_NAME_CLOSE: &str = ") THEN n.group_key ELSE 'ungrouped-' || n.id END)::text";

fn push_one(query: &mut QueryBuilder<Postgres>, account: AccountId, browse: &Browse, grouped: &[String], page: &Page) {
    query.push("SELECT n.id, n.account_id, n.from_account_id, n.created_at, CASE WHEN n.type = ANY (");
    query.push_bind(grouped.to_vec()).push(") THEN n.group_key END::text AS group_key, ARRAY[");
    query.push(GROUP_NAME_OPEN).push_bind(grouped.to_vec()).push(GROUP_NAME_CLOSE).push("] AS groups, ");
    query.push(GROUP_NAME_OPEN).push_bind(grouped.to_vec()).push(GROUP_NAME_CLOSE).push(" AS group_name");
    query.push(" FROM notifications n JOIN accounts sender ON sender.id = n.from_account_id AND sender.suspended_at IS NULL");
    query.push(" WHERE n.account_id = ").push_bind(account);
    query.push(" AND n.id < ").push_bind(page.below).push(" AND n.id > ").push_bind(page.above);
    if !browse.include_filtered {
        query.push(" AND n.filtered = false");
    }
    if let Some(from) = browse.from {
        query.push(" AND n.from_account_id = ").push_bind(from);
    }
    if let Some(types) = &browse.types {
        query.push(" AND n.type = ANY (").push_bind(types.clone()).push(")");
    }
}

/// How many groups have anything above `last_read`, counted no further than `limit`.
///
/// # Errors
/// The database failed.
pub async fn count_groups_above(
    conn: &mut PgConnection,
    account: AccountId,
    browse: &Browse,
    grouped: &[String],
    last_read: NotificationId,
    limit: i64,
) -> Result<i64, sqlx::Error> {
    let page = Page { below: i64::MAX, above: last_read, ascending: true, limit };
    let groups = group_page(conn, account, browse, grouped, &page).await?;
    Ok(i64::try_from(groups.len()).unwrap_or(i64::MAX))
}

/// Groups with all that belongs to them, in no particular order.
///
/// # Errors
/// The database failed.
pub async fn summarize(conn: &mut PgConnection, account: AccountId, keys: &[String]) -> Result<Vec<GroupPage>, sqlx::Error> {
    summarize_page(conn, account, keys, i64::MIN, i64::MAX).await
}

/// Groups up to the upper end of a page (`to`, inclusive), and where they begin above its lower end (`from`, inclusive).
///
/// # Errors
/// The database failed.
pub async fn summarize_page(
    conn: &mut PgConnection,
    account: AccountId,
    keys: &[String],
    from: NotificationId,
    to: NotificationId,
) -> Result<Vec<GroupPage>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as!(
        GroupPage,
        r#"
        SELECT k.group_key AS "group_key!", newest.id AS "most_recent_id!", newest.created_at AS "latest_at!",
               ARRAY(SELECT n.from_account_id FROM notifications n
                     WHERE n.account_id = $1 AND n.group_key = k.group_key AND n.id <= $4 ORDER BY n.id DESC LIMIT $5)
                   AS "sample_account_ids!",
               (SELECT count(*) FROM notifications n WHERE n.account_id = $1 AND n.group_key = k.group_key AND n.id <= $4)
                   AS "count!",
               (SELECT min(n.id) FROM notifications n
                WHERE n.account_id = $1 AND n.group_key = k.group_key AND n.id >= $3 AND n.id <= $4) AS min_id
        FROM unnest($2::text[]) AS k (group_key)
        CROSS JOIN LATERAL (
            SELECT n.id, n.created_at FROM notifications n
            WHERE n.account_id = $1 AND n.group_key = k.group_key AND n.id <= $4
            ORDER BY n.id DESC LIMIT 1
        ) AS newest
        "#,
        account,
        keys,
        from,
        to,
        SAMPLES,
    )
    .fetch_all(conn)
    .await
}
