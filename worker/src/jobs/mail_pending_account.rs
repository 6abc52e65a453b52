//! Tells staff that somebody waits for approval.

use db::users::UserSettings;
use jobs::mail::MailPendingAccount;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

const SETTING: &str = "notification_emails.pending_account";

pub(super) async fn run(context: &Context, job: MailPendingAccount) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let user = sqlx::query!(
        r#"SELECT u.email, a.id AS account_id, a.username, r.text AS "reason?"
           FROM users u JOIN accounts a ON a.id = u.account_id LEFT JOIN user_invite_requests r ON r.user_id = u.id
           WHERE u.id = $1 AND NOT u.approved"#,
        job.user_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("nobody waits any more"))?;
    let staff = sqlx::query!(
        r#"SELECT u.id, u.email, u.settings, a.username
           FROM users u
           JOIN accounts a ON a.id = u.account_id
           LEFT JOIN user_roles r ON r.id = u.role_id
           LEFT JOIN user_roles e ON e.id = -99
           WHERE ((COALESCE(r.permissions, 0) | COALESCE(e.permissions, 0)) & ((1 << 10) | 1)) <> 0
             AND u.confirmed_at IS NOT NULL AND u.approved AND NOT u.disabled AND a.suspended_at IS NULL"#
    )
    .fetch_all(&mut *conn)
    .await?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let domain = context.urls.local_domain();
    let mut refused = None;
    for member in staff {
        if !UserSettings::parse(member.settings.as_deref()).flag(SETTING).unwrap_or(true) {
            continue;
        }
        let page = Page {
            site: site.clone(),
            greeting: format!("Hello {}!", member.username),
            paragraphs: vec![format!(
                "{} ({}) asks for an account on {domain}. You can approve or reject it.",
                user.username, user.email
            )],
            link: Some(("Look at it".to_owned(), format!("{}/admin/accounts/{}", context.urls.base(), user.account_id))),
            quote: user.reason.clone(),
            footer: vec!["You get this because you may manage users; your settings can change that.".to_owned()],
        };
        let letter = Letter {
            to: member.email,
            subject: format!("{} asks for an account on {domain}", user.username),
            key: format!("pending-account-{}-{}", job.user_id, member.id),
            page,
        };
        match context.mailer.send(&letter).await {
            // One address that does not exist any more keeps the letter from nobody else.
            Err(JobError::Refused(error)) => refused = Some(error),
            other => other?,
        }
    }
    refused.map_or(Ok(()), |error| Err(JobError::Refused(error)))
}
