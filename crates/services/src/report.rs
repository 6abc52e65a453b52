//! Telling the moderators about an account, and the moderators of its own server.

use activitypub::render::Renderer;
use activitypub::render::activity;
use db::uri::INSTANCE_ACTOR;
use db::{AccountId, ApplicationId, StatusId, users};
use jobs::DeliveryOptions;
use sqlx::PgConnection;

use crate::error::{Error, Result, Validation};
use crate::notify::{Event, notify_many};
use crate::party::{self, PartyRow};
use crate::visibility::keep_visible;

const MAX_COMMENT_CHARS: usize = 1000;
const UNKNOWN_RULES: &str = "Rule ids does not reference valid rules";
/// A bit of `user_roles.permissions`.
const MANAGE_REPORTS: i64 = 1 << 4;

/// `reports.category`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Category {
    #[default]
    Other,
    Spam,
    Legal,
    Violation,
}

impl Category {
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "other" => Some(Self::Other),
            "spam" => Some(Self::Spam),
            "legal" => Some(Self::Legal),
            "violation" => Some(Self::Violation),
            _ => None,
        }
    }

    #[must_use]
    pub fn column(self) -> i32 {
        match self {
            Self::Other => 0,
            Self::Spam => 1000,
            Self::Legal => 1500,
            Self::Violation => 2000,
        }
    }
}

/// What somebody here says of an account.
#[derive(Debug, Clone, Default)]
pub struct Complaint {
    pub statuses: Vec<StatusId>,
    pub collections: Vec<i64>,
    pub comment: String,
    pub category: Category,
    /// The broken rules; any of them makes it a violation.
    pub rules: Vec<i64>,
    /// The account's own server is told, without the name of who complains.
    pub forward: bool,
    /// Told instead: the account's own server, if it is among these, and servers of people whom the reported statuses answer.
    pub forward_to_domains: Option<Vec<String>>,
    pub application_id: Option<ApplicationId>,
}

/// A report as a row.
#[derive(Debug, Clone, Default)]
pub struct NewReport<'a> {
    pub by: AccountId,
    pub target: AccountId,
    pub statuses: &'a [StatusId],
    pub collections: &'a [i64],
    pub comment: &'a str,
    pub category: Category,
    pub rules: Option<&'a [i64]>,
    pub uri: Option<&'a str>,
    pub forwarded: bool,
    pub application_id: Option<ApplicationId>,
}

/// The local account `source` reports `target`. Answers the report's id.
///
/// # Errors
/// [`Error::NotFound`] for accounts that are unknown or suspended and for statuses that are not theirs or not for the
/// reporter's eyes; [`Error::Invalid`] for a comment that is too long and for rules that do not exist.
pub async fn report(
    conn: &mut PgConnection,
    renderer: &Renderer,
    source: AccountId,
    target: AccountId,
    complaint: &Complaint,
) -> Result<i64> {
    let (_, target) = party::pair(conn, source, target).await?;
    if target.suspended {
        return Err(Error::NotFound);
    }
    check(conn, complaint).await?;
    let statuses = seen_by(conn, source, target.id, &complaint.statuses).await?;
    let collections = of(conn, target.id, &complaint.collections).await?;
    let domains = domains(&target, complaint);
    let forwarded = target.domain.as_ref().is_some_and(|domain| domains.contains(domain));
    let uri = party::new_uri(renderer);
    let id = file(
        conn,
        &NewReport {
            by: source,
            target: target.id,
            statuses: &statuses,
            collections: &collections.iter().map(|collection| collection.id).collect::<Vec<_>>(),
            comment: &complaint.comment,
            category: if complaint.rules.is_empty() { complaint.category } else { Category::Violation },
            rules: (!complaint.rules.is_empty()).then_some(&complaint.rules),
            uri: Some(&uri),
            forwarded,
            application_id: complaint.application_id,
        },
    )
    .await?;
    let inboxes = inboxes(conn, &target, &statuses, &domains, forwarded).await?;
    if !inboxes.is_empty() {
        let mut objects = vec![target.uri(renderer)];
        objects.extend(status_uris(conn, &statuses).await?);
        objects.extend(collections.into_iter().filter_map(|collection| collection.uri));
        let actor = renderer.uris.account(INSTANCE_ACTOR, "", None);
        let flag = activity::flag(&uri, &actor, &complaint.comment, &objects).into_document();
        let body = serde_json::to_vec(&flag).map_err(anyhow::Error::from)?;
        jobs::deliver_to(conn, INSTANCE_ACTOR, &body, &inboxes, DeliveryOptions::default()).await?;
    }
    Ok(id)
}

/// Writes a report down. The moderators are told unless another one about the same account is open already.
///
/// # Errors
/// The database failed.
pub async fn file(conn: &mut PgConnection, report: &NewReport<'_>) -> Result<i64> {
    let id = sqlx::query_scalar!(
        r#"
        INSERT INTO reports (account_id, target_account_id, status_ids, comment, category, rule_ids, forwarded, uri,
          application_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
        RETURNING id
        "#,
        report.by,
        report.target,
        report.statuses,
        report.comment,
        report.category.column(),
        report.rules,
        report.forwarded,
        report.uri,
        report.application_id
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO collection_reports (collection_id, report_id, created_at, updated_at)
         SELECT collection_id, $2, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc' FROM UNNEST($1::bigint[]) AS c (collection_id)",
        report.collections,
        id
    )
    .execute(&mut *conn)
    .await?;
    tell_moderators(conn, report, id).await?;
    Ok(id)
}

async fn tell_moderators(conn: &mut PgConnection, report: &NewReport<'_>, id: i64) -> Result<()> {
    let told = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM reports WHERE target_account_id = $1 AND id <> $2 AND action_taken_at IS NULL) AS "told!""#,
        report.target,
        id
    );
    if told.fetch_one(&mut *conn).await? {
        return Ok(());
    }
    let moderators = users::staff(conn, MANAGE_REPORTS).await?;
    let events: Vec<Event> = moderators.into_iter().map(|moderator| Event::admin_report(moderator, report.by, id)).collect();
    notify_many(conn, &events).await?;
    Ok(())
}

async fn check(conn: &mut PgConnection, complaint: &Complaint) -> Result<()> {
    let mut found = Validation::default();
    if complaint.comment.chars().count() > MAX_COMMENT_CHARS {
        found.messages.push(format!("Comment is too long (maximum is {MAX_COMMENT_CHARS} characters)"));
    }
    if !complaint.rules.is_empty() && !all_known(conn, &complaint.rules).await? {
        found.messages.push(UNKNOWN_RULES.to_owned());
    }
    found.into_result()
}

/// # Errors
/// [`Error::Invalid`] if one of the rules does not exist.
pub(crate) async fn check_rules(conn: &mut PgConnection, rules: &[i64]) -> Result<()> {
    if all_known(conn, rules).await? { Ok(()) } else { Err(Error::invalid(UNKNOWN_RULES)) }
}

/// Rules that were withdrawn may still be broken.
async fn all_known(conn: &mut PgConnection, rules: &[i64]) -> Result<bool> {
    let known =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM rules WHERE id = ANY($1)"#, rules).fetch_one(conn).await?;
    Ok(usize::try_from(known).ok() == Some(rules.len()))
}

/// The statuses, all of which must be the target's. What was deleted after it was seen may still be reported.
async fn seen_by(conn: &mut PgConnection, source: AccountId, target: AccountId, ids: &[StatusId]) -> Result<Vec<StatusId>> {
    let mut asked = ids.to_vec();
    asked.sort_unstable();
    asked.dedup();
    let rows = sqlx::query!(
        r#"SELECT id, deleted_at IS NOT NULL AND visibility IN (0, 1) AS "was_public!" FROM statuses
           WHERE id = ANY($1) AND account_id = $2"#,
        &asked,
        target
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut seen = keep_visible(conn, Some(source), &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    seen.extend(rows.iter().filter(|row| row.was_public).map(|row| row.id));
    seen.sort_unstable();
    seen.dedup();
    if seen == asked { Ok(seen) } else { Err(Error::NotFound) }
}

struct CollectionRow {
    id: i64,
    uri: Option<String>,
}

async fn of(conn: &mut PgConnection, target: AccountId, ids: &[i64]) -> Result<Vec<CollectionRow>> {
    let mut asked = ids.to_vec();
    asked.sort_unstable();
    asked.dedup();
    let rows = sqlx::query_as!(
        CollectionRow,
        "SELECT id, uri FROM collections WHERE id = ANY($1) AND account_id = $2 ORDER BY id",
        &asked,
        target
    )
    .fetch_all(conn)
    .await?;
    if rows.len() == asked.len() { Ok(rows) } else { Err(Error::NotFound) }
}

/// Where the report may go.
fn domains(target: &PartyRow, complaint: &Complaint) -> Vec<String> {
    match (&target.domain, &complaint.forward_to_domains) {
        (Some(_), Some(domains)) if complaint.forward => {
            domains.iter().map(|domain| text::account_name::normalize_domain(domain.trim()).unwrap_or_default()).collect()
        }
        (Some(domain), None) if complaint.forward => vec![domain.clone()],
        _ => Vec::new(),
    }
}

async fn inboxes(
    conn: &mut PgConnection,
    target: &PartyRow,
    statuses: &[StatusId],
    domains: &[String],
    to_origin: bool,
) -> Result<Vec<String>> {
    let mut inboxes = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url) AS "inbox!"
        FROM accounts a
        WHERE a.domain = ANY($1) AND a.id IN (SELECT in_reply_to_account_id FROM statuses WHERE id = ANY($2))
          AND COALESCE(NULLIF(a.shared_inbox_url, ''), a.inbox_url)
              NOT IN (SELECT UNNEST(ARRAY[t.inbox_url, t.shared_inbox_url]) FROM accounts t WHERE t.id = $3)
        "#,
        domains,
        statuses,
        target.id
    )
    .fetch_all(conn)
    .await?;
    if to_origin {
        inboxes.insert(0, target.inbox_url.clone());
    }
    inboxes.retain(|inbox| !inbox.is_empty());
    Ok(inboxes)
}

async fn status_uris(conn: &mut PgConnection, ids: &[StatusId]) -> Result<Vec<String>> {
    let uris =
        sqlx::query_scalar!(r#"SELECT uri AS "uri!" FROM statuses WHERE id = ANY($1) AND uri IS NOT NULL ORDER BY id"#, ids)
            .fetch_all(conn)
            .await?;
    Ok(uris)
}
