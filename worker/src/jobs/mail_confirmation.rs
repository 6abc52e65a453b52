//! The link that confirms an address.

use jobs::mail::MailConfirmation;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: MailConfirmation) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let user = sqlx::query!(
        "SELECT u.email, u.unconfirmed_email, u.confirmed_at, u.confirmation_token, u.created_by_application_id, a.username
         FROM users u JOIN accounts a ON a.id = u.account_id WHERE u.id = $1",
        job.user_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("the user is gone"))?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    if user.confirmed_at.is_some() && user.unconfirmed_email.is_none() {
        return Err(JobError::Discard("the address is confirmed"));
    }
    let token = user.confirmation_token.ok_or(JobError::Discard("there is nothing to confirm"))?;
    let domain = context.urls.local_domain();
    let changing = user.unconfirmed_email.is_some();
    let mut link = format!("{}/auth/confirmation?confirmation_token={token}", context.urls.base());
    // Who began in an app goes on there.
    if user.created_by_application_id.is_some() {
        link.push_str("&redirect_to_app=true");
    }
    let page = Page {
        site,
        greeting: format!("Hello {}!", user.username),
        paragraphs: vec![if changing {
            format!("You asked for this address to be used for your account on {domain}. Please confirm that it is yours.")
        } else {
            format!("You made an account on {domain}. Please confirm that this address is yours, and you can begin.")
        }],
        link: Some(("Confirm this address".to_owned(), link)),
        quote: None,
        footer: vec!["If this was not you, nothing needs to be done.".to_owned()],
    };
    let letter = Letter {
        to: user.unconfirmed_email.unwrap_or(user.email),
        subject: format!("Please confirm your address for {domain}"),
        key: format!("confirmation-{}-{}", job.user_id, super::mail_key(&token)),
        page,
    };
    context.mailer.send(&letter).await
}
