//! A greeting for somebody who has become a member.

use jobs::mail::MailWelcome;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: MailWelcome) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let user = sqlx::query!(
        "SELECT u.email, a.username FROM users u JOIN accounts a ON a.id = u.account_id
         WHERE u.id = $1 AND u.confirmed_at IS NOT NULL AND u.approved AND NOT u.disabled AND a.suspended_at IS NULL",
        job.user_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("the user cannot sign in"))?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let domain = context.urls.local_domain();
    let page = Page {
        site,
        greeting: format!("Welcome, {}!", user.username),
        paragraphs: vec![
            format!(
                "Your full handle is @{}@{domain}. With it people on other servers find you and can follow you.",
                user.username
            ),
            "Tell something about yourself in your profile, follow some people, and write a first post with the hashtag \
             #introduction so that others notice that you are here."
                .to_owned(),
        ],
        link: Some((format!("Go to {domain}"), format!("{}/", context.urls.base()))),
        quote: None,
        footer: vec![format!("You get this letter once, because you have a new account on {domain}.")],
    };
    let letter =
        Letter { to: user.email, subject: format!("Welcome to {domain}"), key: format!("welcome-{}", job.user_id), page };
    context.mailer.send(&letter).await
}
