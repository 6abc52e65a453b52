//! Tells somebody that their password is another one now, in case it was not them.

use jobs::mail::MailPasswordChange;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: MailPasswordChange) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let user = sqlx::query!(
        "SELECT u.email, u.encrypted_password, a.username FROM users u JOIN accounts a ON a.id = u.account_id WHERE u.id = $1",
        job.user_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("the user is gone"))?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let domain = context.urls.local_domain();
    let page = Page {
        site,
        greeting: format!("Hello {}!", user.username),
        paragraphs: vec![
            format!("The password of your account on {domain} has been changed."),
            "If it was not you who changed it, somebody else may be using your account. Choose a new password at once; if you cannot \
             sign in any more, ask those who run this server for help."
                .to_owned(),
        ],
        link: Some(("Choose a new password".to_owned(), format!("{}/auth/password/new", context.urls.base()))),
        quote: None,
        footer: vec!["If it was you, nothing needs to be done.".to_owned()],
    };
    let letter = Letter {
        to: user.email,
        subject: format!("Your password for {domain} was changed"),
        key: format!("password-change-{}-{}", job.user_id, super::mail_key(&user.encrypted_password)),
        page,
    };
    context.mailer.send(&letter).await
}
