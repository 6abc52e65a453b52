//! The statuses on somebody's profile, as far as the one who looks may see them.

use db::{AccountId, Page, StatusId, tags};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::error::{Error, Result};

/// Which of them.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only those that the account pinned, the last pinned first.
    pub pinned: bool,
    /// Only those with this hashtag.
    pub tagged: Option<String>,
    pub only_media: bool,
    /// Answers to oneself stay.
    pub exclude_replies: bool,
    pub exclude_reblogs: bool,
    pub exclude_direct: bool,
}

struct StandingRow {
    suspended: bool,
    blocks_viewer: bool,
    followed: bool,
}

/// Ids of one page, newest first. Boosts of statuses that the viewer may not see are among them: see
/// [`keep_visible`](crate::visibility::keep_visible).
///
/// # Errors
/// [`Error::NotFound`] if there is no such account.
pub async fn select(
    conn: &mut PgConnection,
    account: AccountId,
    viewer: Option<AccountId>,
    selection: &Selection,
    page: Page,
) -> Result<Vec<StatusId>> {
    let standing = standing(conn, account, viewer).await?.ok_or(Error::NotFound)?;
    if standing.suspended || standing.blocks_viewer {
        return Ok(Vec::new());
    }
    let tag = match &selection.tagged {
        None => None,
        Some(name) => match tags::find_by_name(conn, &text::hashtag::normalize(name)).await? {
            Some(tag) => Some(tag.id),
            None => return Ok(Vec::new()),
        },
    };
    let mut query = QueryBuilder::<Postgres>::new("SELECT s.id FROM statuses s");
    if selection.pinned {
        query.push(" JOIN status_pins p ON p.status_id = s.id AND p.account_id = s.account_id");
    }
    query.push(" WHERE s.deleted_at IS NULL AND s.account_id = ").push_bind(account);
    query.push(" AND s.id < ").push_bind(page.below).push(" AND s.id > ").push_bind(page.above);
    push_visibility(&mut query, account, viewer, standing.followed);
    if selection.only_media {
        query.push(" AND s.reblog_of_id IS NULL AND EXISTS (SELECT FROM media_attachments m WHERE m.status_id = s.id)");
    }
    if selection.exclude_replies {
        query.push(" AND (NOT s.reply OR s.in_reply_to_account_id = s.account_id)");
    }
    if selection.exclude_reblogs {
        query.push(" AND s.reblog_of_id IS NULL");
    }
    if selection.exclude_direct {
        query.push(" AND s.visibility <> 3");
    }
    if let Some(tag) = tag {
        query.push(" AND EXISTS (SELECT FROM statuses_tags t WHERE t.status_id = s.id AND t.tag_id = ").push_bind(tag).push(")");
    }
    query.push(match (selection.pinned, page.ascending) {
        (true, _) => " ORDER BY p.created_at DESC, s.id DESC LIMIT ",
        (false, true) => " ORDER BY s.id LIMIT ",
        (false, false) => " ORDER BY s.id DESC LIMIT ",
    });
    query.push_bind(page.limit);
    let mut ids: Vec<StatusId> = query.build_query_scalar().fetch_all(conn).await?;
    if !selection.pinned {
        page.arrange(&mut ids);
    }
    Ok(ids)
}

async fn standing(conn: &mut PgConnection, account: AccountId, viewer: Option<AccountId>) -> Result<Option<StandingRow>> {
    let row = sqlx::query_as!(
        StandingRow,
        r#"
        SELECT a.suspended_at IS NOT NULL AS "suspended!",
          EXISTS (SELECT FROM blocks b WHERE b.account_id = a.id AND b.target_account_id = $2) AS "blocks_viewer!",
          EXISTS (SELECT FROM follows f WHERE f.account_id = $2 AND f.target_account_id = a.id) AS "followed!"
        FROM accounts a WHERE a.id = $1
        "#,
        account,
        viewer
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}

/// What the author shows to the viewer, without boosts of those whom the viewer does not want to see or who do not want to be
/// seen.
fn push_visibility(query: &mut QueryBuilder<Postgres>, account: AccountId, viewer: Option<AccountId>, followed: bool) {
    let Some(viewer) = viewer else {
        query.push(" AND s.visibility IN (0, 1)");
        return;
    };
    if viewer == account {
        return;
    }
    query.push(if followed { " AND (s.visibility IN (0, 1, 2)" } else { " AND (s.visibility IN (0, 1)" });
    query.push(" OR EXISTS (SELECT FROM mentions m WHERE m.status_id = s.id AND m.account_id = ").push_bind(viewer).push("))");
    query.push(
        " AND (s.reblog_of_id IS NULL OR NOT EXISTS (SELECT FROM statuses o JOIN accounts w ON w.id = o.account_id \
         WHERE o.id = s.reblog_of_id AND (EXISTS (SELECT FROM blocks b WHERE b.account_id = w.id AND b.target_account_id = ",
    );
    query.push_bind(viewer).push(") OR EXISTS (SELECT FROM blocks b WHERE b.target_account_id = w.id AND b.account_id = ");
    query.push_bind(viewer).push(") OR EXISTS (SELECT FROM mutes m WHERE m.target_account_id = w.id AND m.account_id = ");
    query
        .push_bind(viewer)
        .push(") OR EXISTS (SELECT FROM account_domain_blocks d WHERE d.domain = w.domain AND d.account_id = ");
    query.push_bind(viewer).push("))))");
}
