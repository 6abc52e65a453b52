//! Pages of single notifications.

use sqlx::PgConnection;

use crate::{AccountId, NotificationId, Page};

/// Every type that there is.
pub const TYPES: [&str; 17] = [
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "severed_relationships",
    "moderation_warning",
    "annual_report",
    "admin.sign_up",
    "admin.report",
    "quote",
    "quoted_update",
    "added_to_collection",
    "collection_update",
];

/// Which notifications of an account are asked for. Those from suspended accounts are never shown.
#[derive(Debug, Clone, Default)]
pub struct Browse {
    /// `None`: all.
    pub types: Option<Vec<String>>,
    /// Also those that were kept back.
    pub include_filtered: bool,
    pub from: Option<AccountId>,
}

impl Browse {
    /// Only known types count; if none of those that were asked for is known, there is nothing to show.
    #[must_use]
    pub fn new(types: &[String], exclude_types: &[String], include_filtered: bool, from: Option<AccountId>) -> Self {
        let asked = |name: &str| types.is_empty() || types.iter().any(|wanted| wanted == name);
        let left_out = |name: &str| exclude_types.iter().any(|excluded| excluded == name);
        let wanted: Vec<String> = TYPES.into_iter().filter(|name| asked(name) && !left_out(name)).map(str::to_owned).collect();
        Self { types: (wanted.len() < TYPES.len()).then_some(wanted), include_filtered: include_filtered || from.is_some(), from }
    }
}

/// Newest first.
///
/// # Errors
/// The database failed.
pub async fn page(
    conn: &mut PgConnection,
    account: AccountId,
    browse: &Browse,
    page: &Page,
) -> Result<Vec<NotificationId>, sqlx::Error> {
    if page.limit == 0 {
        return Ok(Vec::new());
    }
    let mut ids = if page.ascending {
        sqlx::query_scalar!(
            r#"
            SELECT n.id FROM notifications n JOIN accounts sender ON sender.id = n.from_account_id
            WHERE n.account_id = $1 AND n.id < $2 AND n.id > $3 AND sender.suspended_at IS NULL
              AND ($4 OR NOT n.filtered) AND ($5::bigint IS NULL OR n.from_account_id = $5)
              AND ($6::text[] IS NULL OR n.type = ANY($6))
            ORDER BY n.id ASC LIMIT $7
            "#,
            account,
            page.below,
            page.above,
            browse.include_filtered,
            browse.from,
            browse.types.as_deref(),
            page.limit,
        )
        .fetch_all(conn)
        .await?
    } else {
        sqlx::query_scalar!(
            r#"
            SELECT n.id FROM notifications n JOIN accounts sender ON sender.id = n.from_account_id
            WHERE n.account_id = $1 AND n.id < $2 AND n.id > $3 AND sender.suspended_at IS NULL
              AND ($4 OR NOT n.filtered) AND ($5::bigint IS NULL OR n.from_account_id = $5)
              AND ($6::text[] IS NULL OR n.type = ANY($6))
            ORDER BY n.id DESC LIMIT $7
            "#,
            account,
            page.below,
            page.above,
            browse.include_filtered,
            browse.from,
            browse.types.as_deref(),
            page.limit,
        )
        .fetch_all(conn)
        .await?
    };
    page.arrange(&mut ids);
    Ok(ids)
}

/// How many there are above `last_read`, counted no further than `limit`.
///
/// # Errors
/// The database failed.
pub async fn count_above(
    conn: &mut PgConnection,
    account: AccountId,
    browse: &Browse,
    last_read: NotificationId,
    limit: i64,
) -> Result<i64, sqlx::Error> {
    let page = Page { below: i64::MAX, above: last_read, ascending: true, limit };
    let ids = self::page(conn, account, browse, &page).await?;
    Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
}
