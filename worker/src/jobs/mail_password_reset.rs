//! The link that sets a new password.

use jobs::mail::MailPasswordReset;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: MailPasswordReset) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let user = sqlx::query!(
        "SELECT u.email, a.username FROM users u JOIN accounts a ON a.id = u.account_id
         WHERE u.id = $1 AND u.reset_password_token IS NOT NULL",
        job.user_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("no new password is asked for any more"))?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let domain = context.urls.local_domain();
    let link = format!("{}/auth/password/edit?reset_password_token={}", context.urls.base(), job.token);
    let page = Page {
        site,
        greeting: format!("Hello {}!", user.username),
        paragraphs: vec![
            format!("Somebody asked for a new password for your account on {domain}."),
            "With this link you can choose one. It works for six hours.".to_owned(),
        ],
        link: Some(("Choose a new password".to_owned(), link)),
        quote: None,
        footer: vec!["If this was not you, your password stays as it is and nothing needs to be done.".to_owned()],
    };
    let letter = Letter {
        to: user.email,
        subject: format!("A new password for {domain}"),
        key: format!("password-{}-{}", job.user_id, super::mail_key(&job.token)),
        page,
    };
    context.mailer.send(&letter).await
}
