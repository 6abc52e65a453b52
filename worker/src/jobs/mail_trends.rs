//! Tells one of the staff what would trend if somebody allowed it.

use jobs::mail::MailTrends;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

/// Lines of each kind; the rest is on the page that the letter leads to.
const SHOWN: i64 = 20;

pub(super) async fn run(context: &Context, job: MailTrends) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let reader = sqlx::query!(
        "SELECT u.email, a.username FROM users u JOIN accounts a ON a.id = u.account_id
         WHERE u.id = $1 AND NOT u.disabled AND a.suspended_at IS NULL",
        job.user_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("nobody to write to"))?;
    let tags = sqlx::query_scalar!(
        r#"SELECT COALESCE(display_name, name) AS "name!" FROM tags WHERE id = ANY($1) ORDER BY max_score DESC NULLS LAST LIMIT $2"#,
        &job.tags,
        SHOWN
    )
    .fetch_all(&mut *conn)
    .await?;
    let links = sqlx::query!(
        "SELECT title, url FROM preview_cards WHERE id = ANY($1) ORDER BY max_score DESC NULLS LAST LIMIT $2",
        &job.links,
        SHOWN
    )
    .fetch_all(&mut *conn)
    .await?;
    let statuses = sqlx::query!(
        r#"SELECT s.id, a.username, a.domain FROM statuses s JOIN accounts a ON a.id = s.account_id
           WHERE s.id = ANY($1) AND s.deleted_at IS NULL ORDER BY s.id DESC LIMIT $2"#,
        &job.statuses,
        SHOWN
    )
    .fetch_all(&mut *conn)
    .await?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let (base, domain) = (context.urls.base(), context.urls.local_domain());
    let mut paragraphs = vec!["The following would trend if it were allowed to. You can approve or reject it.".to_owned()];
    paragraphs.extend(links.into_iter().map(|link| format!("{} ({})", link.title, link.url)));
    paragraphs.extend(tags.into_iter().map(|name| format!("#{name}")));
    paragraphs.extend(statuses.into_iter().map(|status| match status.domain {
        Some(there) => format!("{base}/@{}@{there}/{}", status.username, status.id),
        None => format!("{base}/@{}/{}", status.username, status.id),
    }));
    let newest = job.tags.iter().chain(&job.links).chain(&job.statuses).max().copied().unwrap_or_default();
    let letter = Letter {
        to: reader.email,
        subject: format!("New trends up for review on {domain}"),
        key: format!("trends-{}-{}-{newest}", job.user_id, job.tags.len() + job.links.len() + job.statuses.len()),
        page: Page {
            site,
            greeting: format!("Hello {}!", reader.username),
            paragraphs,
            link: Some(("Look at it".to_owned(), format!("{base}/admin/trends/links"))),
            quote: None,
            footer: vec!["You get this because you may decide about trends; your settings can change that.".to_owned()],
        },
    };
    context.mailer.send(&letter).await?;
    Ok(())
}
