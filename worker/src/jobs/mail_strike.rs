//! Tells somebody what moderators did about their account, and why.

use jobs::mail::MailStrike;

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

struct StrikeRow {
    action: i32,
    text: String,
    status_ids: Option<Vec<String>>,
    email: String,
    username: String,
}

pub(super) async fn run(context: &Context, job: MailStrike) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let row = sqlx::query_as!(
        StrikeRow,
        "SELECT w.action, w.text, w.status_ids, u.email, a.username
         FROM account_warnings w JOIN accounts a ON a.id = w.target_account_id JOIN users u ON u.account_id = a.id
         WHERE w.id = $1",
        job.warning_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("the strike or its user is gone"))?;
    let settings = db::settings::load(&mut conn).await?;
    drop(conn);
    let (base, domain) = (context.urls.base(), context.urls.local_domain());
    let (subject, consequence) = deed(row.action, &row.username, domain);
    let mut paragraphs = vec![consequence];
    let posts: Vec<String> = row.status_ids.iter().flatten().map(|id| format!("{base}/@{}/{id}", row.username)).collect();
    if !posts.is_empty() {
        paragraphs.push(format!("It is about: {}", posts.join(" ")));
    }
    if !row.text.trim().is_empty() {
        paragraphs.push("The moderators write:".to_owned());
    }
    let contact = settings.site_contact_email;
    let footer = if contact.is_empty() {
        format!("If you think that this is a mistake, ask those who run {domain}.")
    } else {
        format!("If you think that this is a mistake, write to {contact}.")
    };
    let page = Page {
        site: settings.site_title,
        greeting: format!("Hello {}!", row.username),
        paragraphs,
        link: Some(("The rules of this server".to_owned(), format!("{base}/about"))),
        quote: Some(row.text).filter(|text| !text.trim().is_empty()),
        footer: vec![footer],
    };
    let letter = Letter { to: row.email, subject, key: format!("strike-{}", job.warning_id), page };
    context.mailer.send(&letter).await
}

/// Subject and first sentence, by the numbers of `account_warnings.action`.
fn deed(action: i32, username: &str, domain: &str) -> (String, String) {
    let account = format!("@{username}");
    match action {
        1000 => (
            format!("Your account {account} is frozen"),
            format!("Your account on {domain} is frozen: your profile and your posts stay, but you cannot sign in or post."),
        ),
        1250 => (
            format!("Posts of {account} were marked as sensitive"),
            format!("Moderators of {domain} marked some of your posts as sensitive. They are hidden behind a warning now."),
        ),
        1500 => (
            format!("Posts of {account} were removed"),
            format!("Moderators of {domain} removed some of your posts because they break the rules of this server."),
        ),
        2000 => (
            format!("Media of {account} are marked as sensitive from now on"),
            format!("From now on all media that you post on {domain} are marked as sensitive."),
        ),
        3000 => (
            format!("Your account {account} is limited"),
            format!(
                "Your account on {domain} is limited: you can use it as before, but only people who follow you see your posts, and you \
                 do not appear where people look for others."
            ),
        ),
        4000 => (
            format!("Your account {account} is suspended"),
            format!(
                "Your account on {domain} is suspended: you cannot use it any more, and your profile and posts are gone from sight. They \
                 are deleted for good in thirty days."
            ),
        ),
        _ => (format!("A warning for {account}"), format!("You have received a warning from the moderators of {domain}.")),
    }
}
