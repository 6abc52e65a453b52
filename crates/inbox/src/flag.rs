//! Moderators elsewhere report an account here, in the name of their server.

use activitypub::document::value;
use activitypub::fetch::same_host;
use activitypub::resolve_account::{is_local_uri, local_account};
use db::{AccountId, PgConnection, StatusId};

use crate::activity::Activity;
use crate::error::Result;
use crate::lookup;
use crate::{Inbox, report};

const MAX_COMMENT_CHARS: usize = 5000;
/// More statuses than this nobody looks through.
const MOST_OBJECTS: usize = 500;

pub(crate) async fn handle(inbox: &Inbox<'_>, activity: &Activity<'_>) -> Result<()> {
    let mut tx = inbox.db.begin().await?;
    let rule = db::domain_blocks::rule_for(&mut tx, &activity.actor.domain).await?;
    if rule.is_some_and(|rule| rule.reject_reports) {
        return Ok(());
    }
    let (mut accounts, mut statuses): (Vec<AccountId>, Vec<(StatusId, AccountId)>) = (Vec::new(), Vec::new());
    let federation = &inbox.config.federation;
    for uri in value::many(activity.json.get("object")).iter().filter_map(|object| value::id(Some(object))).take(MOST_OBJECTS) {
        if !is_local_uri(federation, uri) && lookup::local_tag(federation, uri, "Status").is_none() {
            continue;
        }
        if let Some(account) = local_account(&mut tx, federation, uri).await? {
            accounts.push(account);
        } else if let Some(status) = lookup::status(&mut tx, federation, uri).await?.filter(lookup::StatusRef::is_local) {
            statuses.push((status.id, status.account_id));
        }
    }
    accounts.extend(statuses.iter().map(|(_, author)| *author));
    accounts.retain(|id| *id > 0);
    accounts.sort_unstable();
    accounts.dedup();
    let content = activity.json.get("content").and_then(|content| content.as_str()).unwrap_or_default();
    let comment: String = content.chars().take(MAX_COMMENT_CHARS).collect();
    let uri = activity.id().filter(|id| same_host(id, &activity.actor.uri));
    for target in accounts {
        let theirs: Vec<StatusId> = statuses.iter().filter(|(_, author)| *author == target).map(|(id, _)| *id).collect();
        let visible = visible_to(&mut tx, &activity.actor.domain, &theirs).await?;
        report::file(&mut tx, activity.actor.id, target, &visible, &comment, uri).await?;
    }
    activity.commit(tx).await
}

/// Those of the statuses that somebody on that server can have seen.
async fn visible_to(conn: &mut PgConnection, domain: &str, statuses: &[StatusId]) -> Result<Vec<StatusId>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"
        SELECT s.id FROM statuses s
        WHERE s.id = ANY($1) AND s.deleted_at IS NULL AND (
          s.visibility IN (0, 1)
          OR EXISTS (SELECT 1 FROM mentions m JOIN accounts a ON a.id = m.account_id WHERE m.status_id = s.id AND a.domain = $2)
          OR (s.visibility = 2 AND EXISTS (SELECT 1 FROM follows f JOIN accounts a ON a.id = f.account_id
              WHERE f.target_account_id = s.account_id AND a.domain = $2)))
        ORDER BY s.id
        "#,
        statuses,
        domain
    )
    .fetch_all(conn)
    .await
}
