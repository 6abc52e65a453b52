//! Tells the old address of a user that another is to take its place, in case it was not them who asked.

use jobs::mail::MailAddressChange;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: MailAddressChange) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let username =
        sqlx::query_scalar!("SELECT a.username FROM users u JOIN accounts a ON a.id = u.account_id WHERE u.id = $1", job.user_id)
            .fetch_optional(&mut *conn)
            .await?
            .ok_or(JobError::Discard("the user is gone"))?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let domain = context.urls.local_domain();
    let key = format!("address-change-{}-{}", job.user_id, super::mail_key(&job.to));
    let page = Page {
        site,
        greeting: format!("Hello {username}!"),
        paragraphs: vec![
            format!("The e-mail address of your account on {domain} is being changed to {}.", job.to),
            "The new address counts as soon as it is confirmed; letters then no longer go to this one.".to_owned(),
            "If it was not you who asked for that, somebody else may be using your account. Choose a new password at once; if you \
             cannot sign in any more, ask those who run this server for help."
                .to_owned(),
        ],
        link: Some(("Look at your account".to_owned(), format!("{}/auth/edit", context.urls.base()))),
        quote: None,
        footer: vec!["If it was you, nothing needs to be done.".to_owned()],
    };
    let letter = Letter { to: job.from, subject: format!("Your e-mail address for {domain} is being changed"), key, page };
    context.mailer.send(&letter).await
}
