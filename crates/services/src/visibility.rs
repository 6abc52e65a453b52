//! Who may see a status, and who would rather not. Endpoints ask here before they load entities.
//!
//! The statement itself is `db::statuses::visible`, because the entity of a quote needs it as well.

use std::collections::{HashMap, HashSet};

use db::statuses::{self, AversionRow};
use db::{AccountId, PgConnection, StatusId};

/// Those of `ids` that `viewer` may see, in the same order.
///
/// Direct and limited statuses are for the author and the mentioned, private ones for followers too, all others for everybody
/// whom the author does not block (nor their server). Nothing of a suspended account is seen, and no boost of what is unseen.
///
/// # Errors
/// The database failed.
pub async fn keep_visible(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<StatusId>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let visible: HashSet<StatusId> = statuses::visible(conn, viewer, ids).await?.into_iter().collect();
    Ok(ids.iter().copied().filter(|id| visible.contains(id)).collect())
}

/// # Errors
/// The database failed.
pub async fn is_visible(conn: &mut PgConnection, viewer: Option<AccountId>, id: StatusId) -> Result<bool, sqlx::Error> {
    Ok(!keep_visible(conn, viewer, &[id]).await?.is_empty())
}

/// Those of `ids` that `viewer` may see and wants to see in threads and lists, in the same order: without accounts on
/// either side of a block, muted accounts, blocked servers, and limited accounts that the viewer does not follow. A boost goes
/// with whom it boosts as well. The viewer's own statuses always stay.
///
/// # Errors
/// The database failed.
pub async fn keep_listable(
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    ids: &[StatusId],
) -> Result<Vec<StatusId>, sqlx::Error> {
    let visible = keep_visible(conn, viewer, ids).await?;
    if visible.is_empty() {
        return Ok(visible);
    }
    let aversions = statuses::aversions(conn, viewer, &visible).await?;
    let aversions: HashMap<StatusId, AversionRow> = aversions.into_iter().map(|row| (row.status_id, row)).collect();
    Ok(visible.into_iter().filter(|id| aversions.get(id).is_none_or(is_wanted)).collect())
}

fn is_wanted(row: &AversionRow) -> bool {
    !(row.blocking || row.blocked_by || row.blocking_domain || row.muting || row.silenced)
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, PgConnection};

    use super::{is_visible, keep_listable, keep_visible};

    /// A connection inside a transaction that nobody commits.
    async fn database() -> PgConnection {
        let url = config::Source::from_process().text("DATABASE_URL").expect("DATABASE_URL names a migrated database");
        let mut conn = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("BEGIN").execute(&mut conn).await.unwrap();
        conn
    }

    async fn account(conn: &mut PgConnection, name: &str, domain: Option<&str>) -> i64 {
        let sql = "INSERT INTO accounts (username, domain, created_at, updated_at) VALUES ($1, $2, now(), now()) RETURNING id";
        // Tests run side by side, and user names are unique.
        let name = format!("{name}_{}", uuid::Uuid::new_v4().simple());
        sqlx::query_scalar(sql).bind(name).bind(domain).fetch_one(conn).await.unwrap()
    }

    async fn status(conn: &mut PgConnection, author: i64, visibility: i32) -> i64 {
        let sql = "INSERT INTO statuses (account_id, visibility, text, local, created_at, updated_at)
                   VALUES ($1, $2, 'x', true, now(), now()) RETURNING id";
        sqlx::query_scalar(sql).bind(author).bind(visibility).fetch_one(conn).await.unwrap()
    }

    async fn boost(conn: &mut PgConnection, by: i64, of: i64) -> i64 {
        let id = status(conn, by, 0).await;
        sqlx::query("UPDATE statuses SET reblog_of_id = $2 WHERE id = $1").bind(id).bind(of).execute(conn).await.unwrap();
        id
    }

    async fn pair(conn: &mut PgConnection, table: &str, from: i64, to: i64) {
        let sql =
            format!("INSERT INTO {table} (account_id, target_account_id, created_at, updated_at) VALUES ($1, $2, now(), now())");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(from).bind(to).execute(conn).await.unwrap();
    }

    async fn mention(conn: &mut PgConnection, status: i64, account: i64) {
        let sql = "INSERT INTO mentions (status_id, account_id, created_at, updated_at) VALUES ($1, $2, now(), now())";
        sqlx::query(sql).bind(status).bind(account).execute(conn).await.unwrap();
    }

    #[tokio::test]
    async fn each_visibility_has_its_circle() {
        let mut conn = database().await;
        let author = account(&mut conn, "vis_author", None).await;
        let follower = account(&mut conn, "vis_follower", None).await;
        let mentioned = account(&mut conn, "vis_mentioned", None).await;
        let stranger = account(&mut conn, "vis_stranger", None).await;
        pair(&mut conn, "follows", follower, author).await;
        let mut all = Vec::new();
        for visibility in 0..=4 {
            let id = status(&mut conn, author, visibility).await;
            mention(&mut conn, id, mentioned).await;
            all.push(id);
        }
        let [public, unlisted, private, direct, limited] = all.clone().try_into().unwrap();
        let everything = vec![public, unlisted, private, direct, limited];
        assert_eq!(keep_visible(&mut conn, Some(author), &all).await.unwrap(), everything);
        assert_eq!(keep_visible(&mut conn, Some(mentioned), &all).await.unwrap(), everything);
        assert_eq!(keep_visible(&mut conn, Some(follower), &all).await.unwrap(), vec![public, unlisted, private]);
        assert_eq!(keep_visible(&mut conn, Some(stranger), &all).await.unwrap(), vec![public, unlisted]);
        assert_eq!(keep_visible(&mut conn, None, &all).await.unwrap(), vec![public, unlisted]);
    }

    #[tokio::test]
    async fn the_order_asked_for_is_kept_and_unknown_ids_are_left_out() {
        let mut conn = database().await;
        let author = account(&mut conn, "vis_author", None).await;
        let (first, second) = (status(&mut conn, author, 0).await, status(&mut conn, author, 0).await);
        assert_eq!(keep_visible(&mut conn, None, &[second, 1, first]).await.unwrap(), vec![second, first]);
    }

    #[tokio::test]
    async fn whom_the_author_blocks_sees_nothing_and_who_blocks_the_author_can_still_look() {
        let mut conn = database().await;
        let author = account(&mut conn, "vis_author", None).await;
        let blocked = account(&mut conn, "vis_blocked", None).await;
        let blocker = account(&mut conn, "vis_blocker", None).await;
        pair(&mut conn, "blocks", author, blocked).await;
        pair(&mut conn, "blocks", blocker, author).await;
        let id = status(&mut conn, author, 0).await;
        assert!(!is_visible(&mut conn, Some(blocked), id).await.unwrap());
        assert!(is_visible(&mut conn, Some(blocker), id).await.unwrap());
        assert!(keep_listable(&mut conn, Some(blocker), &[id]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_server_that_the_author_blocks_sees_nothing() {
        let mut conn = database().await;
        let author = account(&mut conn, "vis_author", None).await;
        let remote = account(&mut conn, "vis_remote", Some("bad.example")).await;
        let sql = "INSERT INTO account_domain_blocks (account_id, domain, created_at, updated_at) VALUES ($1, 'bad.example', now(), now())";
        sqlx::query(sql).bind(author).execute(&mut conn).await.unwrap();
        let id = status(&mut conn, author, 0).await;
        let answer = status(&mut conn, remote, 0).await;
        assert!(!is_visible(&mut conn, Some(remote), id).await.unwrap());
        assert!(is_visible(&mut conn, Some(author), answer).await.unwrap());
        assert!(keep_listable(&mut conn, Some(author), &[answer]).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn nothing_of_a_suspended_account_is_seen_even_by_itself() {
        let mut conn = database().await;
        let author = account(&mut conn, "vis_author", None).await;
        let id = status(&mut conn, author, 0).await;
        sqlx::query("UPDATE accounts SET suspended_at = now() WHERE id = $1").bind(author).execute(&mut conn).await.unwrap();
        assert!(!is_visible(&mut conn, None, id).await.unwrap());
        assert!(!is_visible(&mut conn, Some(author), id).await.unwrap());
    }

    #[tokio::test]
    async fn a_boost_of_what_is_unseen_is_unseen() {
        let mut conn = database().await;
        let author = account(&mut conn, "vis_author", None).await;
        let booster = account(&mut conn, "vis_booster", None).await;
        let reader = account(&mut conn, "vis_reader", None).await;
        let original = status(&mut conn, author, 0).await;
        let id = boost(&mut conn, booster, original).await;
        assert!(is_visible(&mut conn, Some(reader), id).await.unwrap());
        pair(&mut conn, "blocks", author, reader).await;
        assert!(!is_visible(&mut conn, Some(reader), id).await.unwrap());
        assert!(is_visible(&mut conn, Some(booster), id).await.unwrap());
        sqlx::query("UPDATE statuses SET deleted_at = now() WHERE id = $1").bind(original).execute(&mut conn).await.unwrap();
        assert!(!is_visible(&mut conn, Some(booster), id).await.unwrap());
    }

    #[tokio::test]
    async fn muted_and_limited_accounts_can_be_opened_but_are_not_listed() {
        let mut conn = database().await;
        let reader = account(&mut conn, "vis_reader", None).await;
        let muted = account(&mut conn, "vis_muted", None).await;
        let limited = account(&mut conn, "vis_limited", None).await;
        let friend = account(&mut conn, "vis_friend", None).await;
        pair(&mut conn, "mutes", reader, muted).await;
        sqlx::query("UPDATE accounts SET silenced_at = now() WHERE id = $1").bind(limited).execute(&mut conn).await.unwrap();
        let ids = [
            status(&mut conn, muted, 0).await,
            status(&mut conn, limited, 0).await,
            status(&mut conn, friend, 0).await,
            status(&mut conn, reader, 0).await,
        ];
        let boosted = boost(&mut conn, friend, ids[0]).await;
        assert_eq!(keep_visible(&mut conn, Some(reader), &ids).await.unwrap(), ids.to_vec());
        let listed = keep_listable(&mut conn, Some(reader), &[ids[0], ids[1], ids[2], ids[3], boosted]).await.unwrap();
        assert_eq!(listed, vec![ids[2], ids[3]]);
        pair(&mut conn, "follows", reader, limited).await;
        assert_eq!(keep_listable(&mut conn, Some(reader), &ids[..3]).await.unwrap(), vec![ids[1], ids[2]]);
    }

    #[tokio::test]
    async fn a_mute_that_has_run_out_hides_nothing() {
        let mut conn = database().await;
        let reader = account(&mut conn, "vis_reader", None).await;
        let muted = account(&mut conn, "vis_muted", None).await;
        pair(&mut conn, "mutes", reader, muted).await;
        let sql = "UPDATE mutes SET expires_at = (now() AT TIME ZONE 'UTC') - interval '1 minute' WHERE account_id = $1";
        sqlx::query(sql).bind(reader).execute(&mut conn).await.unwrap();
        let id = status(&mut conn, muted, 0).await;
        assert_eq!(keep_listable(&mut conn, Some(reader), &[id]).await.unwrap(), vec![id]);
    }
}
