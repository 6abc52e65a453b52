//! Tells by mail of a notification, where somebody wants that and is not there to see it.

use chrono::NaiveDateTime;
use db::users::UserSettings;
use jobs::mail::MailNotification;
use kv::publish::{Channel, subscribed};
use services::unsubscribe::{Recipient, token};

use crate::context::Context;
use crate::mail::{Letter, Page};
use crate::registry::JobError;

/// Longest part of a post that is quoted.
const MAX_QUOTE: usize = 2_000;

struct NotificationRow {
    account_id: i64,
    user_id: i64,
    kind: String,
    email: String,
    settings: Option<String>,
    username: String,
    other_username: String,
    other_domain: Option<String>,
    other_name: String,
    status_id: Option<i64>,
    status_text: Option<String>,
    spoiler_text: Option<String>,
    local_status: bool,
    conversation_id: Option<i64>,
    conversation_began: Option<NaiveDateTime>,
    has_push: bool,
    seen: bool,
}

pub(super) async fn run(context: &Context, job: MailNotification) -> Result<(), JobError> {
    let mut conn = context.db.acquire().await?;
    let row = sqlx::query_as!(
        NotificationRow,
        r#"
        SELECT n.account_id, u.id AS "user_id!", COALESCE(n.type, '') AS "kind!", u.email AS "email!", u.settings, me.username AS "username!",
          other.username AS "other_username!", other.domain AS other_domain, other.display_name AS "other_name!",
          s.id AS "status_id?", s.text AS "status_text?", s.spoiler_text AS "spoiler_text?",
          COALESCE(s.local, s.uri IS NULL) AS "local_status!",
          c.id AS "conversation_id?", c.created_at AS "conversation_began?",
          EXISTS (SELECT 1 FROM web_push_subscriptions w WHERE w.user_id = u.id) AS "has_push!",
          EXISTS (SELECT 1 FROM markers m WHERE m.user_id = u.id AND m.timeline = 'notifications' AND m.last_read_id >= n.id)
            AS "seen!"
        FROM notifications n
        JOIN accounts me ON me.id = n.account_id
        JOIN users u ON u.account_id = n.account_id
        JOIN accounts other ON other.id = n.from_account_id
        LEFT JOIN mentions m ON n.activity_type = 'Mention' AND m.id = n.activity_id
        LEFT JOIN favourites f ON n.activity_type = 'Favourite' AND f.id = n.activity_id
        LEFT JOIN quotes q ON n.activity_type = 'Quote' AND q.id = n.activity_id
        LEFT JOIN statuses b ON n.activity_type = 'Status' AND b.id = n.activity_id
        LEFT JOIN statuses s ON s.id = COALESCE(m.status_id, f.status_id, q.status_id, b.reblog_of_id, b.id) AND s.deleted_at IS NULL
        LEFT JOIN conversations c ON c.id = s.conversation_id
        WHERE n.id = $1 AND u.confirmed_at IS NOT NULL AND u.approved AND NOT u.disabled AND me.suspended_at IS NULL
          AND me.moved_to_account_id IS NULL AND NOT me.memorial AND other.suspended_at IS NULL
        "#,
        job.notification_id
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(JobError::Discard("the notification is gone"))?;
    let site = db::settings::load(&mut conn).await?.site_title;
    drop(conn);
    let (Some(subject), true) = (subject(&row), row.status_id.is_some() || !needs_status(&row.kind)) else {
        return Err(JobError::Discard("nothing is mailed of this kind"));
    };
    let always = UserSettings::parse(row.settings.as_deref()).flag("always_send_emails").unwrap_or(false);
    if row.seen || (!always && (row.has_push || is_online(context, row.account_id).await)) {
        return Err(JobError::Discard("the person has seen it, or is there to see it"));
    }
    let unsubscribe = unsubscribe_link(context, &row);
    let page = Page {
        site,
        greeting: format!("Hello {}!", row.username),
        paragraphs: vec![format!("{subject}.")],
        link: Some(("Open".to_owned(), link(context, &row))),
        quote: quote(&row),
        footer: vec![format!("No more letters of this kind: {unsubscribe}")],
    };
    let lines = head(context, &row, &unsubscribe);
    let letter = Letter { to: row.email, subject, key: format!("notification-{}-{}", row.user_id, job.notification_id), page };
    context.mailer.send_with(&letter, &lines).await
}

fn unsubscribe_link(context: &Context, row: &NotificationRow) -> String {
    let token = token(&context.config.secrets, Recipient::User(row.user_id), context.clock.now()).replace('=', "%3D");
    format!("{}/unsubscribe?token={token}&type={}", context.urls.base(), row.kind)
}

/// Lines by which mail programs sort the letter, put it below others of its conversation, and end such letters with one click
/// (RFC 8058).
fn head(context: &Context, row: &NotificationRow, unsubscribe: &str) -> Vec<(&'static str, String)> {
    let domain = context.urls.local_domain();
    let mut lines = vec![
        ("List-ID", format!("<{}.{}.{domain}>", row.kind, row.username)),
        ("List-Unsubscribe", format!("<{unsubscribe}>")),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
    ];
    if let (Some(id), Some(began)) = (row.conversation_id, row.conversation_began) {
        let thread = format!("<conversation-{id}.{}@{domain}>", began.format("%Y-%m-%d"));
        lines.push(("In-Reply-To", thread.clone()));
        lines.push(("References", thread));
    }
    lines
}

fn needs_status(kind: &str) -> bool {
    !matches!(kind, "follow" | "follow_request")
}

fn subject(row: &NotificationRow) -> Option<String> {
    let who = if row.other_name.trim().is_empty() { &row.other_username } else { &row.other_name };
    // A name must not begin a new line of the letter's head.
    let who: String = who.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(match row.kind.as_str() {
        "mention" => format!("{who} mentioned you"),
        "quote" => format!("{who} quoted your post"),
        "follow" => format!("{who} follows you"),
        "follow_request" => format!("{who} wants to follow you"),
        "favourite" => format!("{who} likes your post"),
        "reblog" => format!("{who} boosted your post"),
        _ => return None,
    })
}

/// Somebody with an open stream; nobody, if Redis is away.
async fn is_online(context: &Context, account: i64) -> bool {
    let channels = [Channel::Home(account), Channel::Notifications(account)];
    subscribed(&context.kv, &channels).await.is_ok_and(|known| known.contains(&true))
}

fn link(context: &Context, row: &NotificationRow) -> String {
    let base = context.urls.base();
    let acct = match &row.other_domain {
        Some(domain) => format!("{}@{domain}", row.other_username),
        None => row.other_username.clone(),
    };
    match (row.kind.as_str(), row.status_id) {
        ("mention" | "quote", Some(id)) => format!("{base}/@{acct}/{id}"),
        ("favourite" | "reblog", Some(id)) => format!("{base}/@{}/{id}", row.username),
        ("follow_request", _) => format!("{base}/follow_requests"),
        _ => format!("{base}/@{acct}"),
    }
}

/// A post with a warning shows the warning only.
fn quote(row: &NotificationRow) -> Option<String> {
    let warning = row.spoiler_text.as_deref().filter(|text| !text.is_empty());
    let source = row.status_text.as_deref()?;
    let whole = match warning {
        Some(warning) => warning.to_owned(),
        None if row.local_status => source.to_owned(),
        None => text::plain::remote(source),
    };
    Some(whole.chars().take(MAX_QUOTE).collect::<String>()).filter(|text| !text.trim().is_empty())
}
