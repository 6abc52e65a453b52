//! Into the home timelines and lists of everybody concerned, a thousand at a time.

use chrono::{Duration, NaiveDateTime};
use db::statuses::Visibility;
use db::users::UserSettings;
use db::{AccountId, ListId, PgConnection, TagId};
use kv::feed::{FeedKey, Item, push_many, remove_many};
use kv::publish::Channel;
use services::feed::Verdict;
use services::feed::filter::{self, Pair};

use super::notifications;
use super::streams::{self, Personal, Told};
use super::subject::Subject;
use crate::context::Context;

const BATCH: i64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::jobs) enum Change {
    New,
    /// Edited: feeds are judged anew, and listeners told of the new form.
    Edited,
}

/// A feed that the status may go into.
#[derive(Debug, Clone)]
struct Recipient {
    /// Where to go on from.
    cursor: i64,
    owner: AccountId,
    list: Option<ListId>,
    settings: Option<String>,
}

/// Who gets a status into a feed, apart from its author.
#[derive(Debug, Clone)]
enum Circle {
    Followers,
    MentionedFollowers,
    Lists,
    Hashtags(Vec<TagId>),
}

pub(in crate::jobs) async fn distribute(
    context: &Context,
    subject: &Subject,
    told: &Told,
    change: Change,
    skip_notifications: bool,
) -> anyhow::Result<()> {
    let since = context.clock.now_naive() - Duration::days(context.config.federation.user_active_days);
    if subject.author_is_local {
        let own = author(&mut *context.db.acquire().await?, subject.account_id).await?;
        insert(context, subject, told, change, &own, false).await?;
    }
    for circle in circles(subject) {
        let notify = change == Change::New
            && !skip_notifications
            && matches!(circle, Circle::Followers)
            && subject.reblog_of.is_none()
            && !subject.answers_others;
        let mut cursor = 0;
        loop {
            let mut conn = context.db.acquire().await?;
            let mut batch = recipients(&mut conn, subject, &circle, since, cursor).await?;
            let Some(last) = batch.last() else { break };
            cursor = last.cursor;
            let complete = i64::try_from(batch.len()).is_ok_and(|count| count < BATCH);
            if matches!(circle, Circle::Hashtags(_)) {
                let owners: Vec<AccountId> = batch.iter().map(|recipient| recipient.owner).collect();
                let wanting = filter::want_tagged(&mut conn, &owners, subject.id).await?;
                batch.retain(|recipient| wanting.contains(&recipient.owner));
                drop(conn);
                put(context, subject, told, &batch).await?;
            } else {
                drop(conn);
                insert(context, subject, told, change, &batch, notify).await?;
            }
            if complete {
                break;
            }
        }
    }
    Ok(())
}

fn circles(subject: &Subject) -> Vec<Circle> {
    let mut circles = match subject.visibility {
        Visibility::Public | Visibility::Unlisted | Visibility::Private => vec![Circle::Followers, Circle::Lists],
        Visibility::Limited | Visibility::Direct => vec![Circle::MentionedFollowers],
    };
    if subject.is_broadcastable() && !subject.tags.is_empty() {
        circles.push(Circle::Hashtags(subject.tags.iter().map(|(id, _)| *id).collect()));
    }
    circles
}

async fn author(conn: &mut PgConnection, account: AccountId) -> Result<Vec<Recipient>, sqlx::Error> {
    sqlx::query_as!(
        Recipient,
        r#"SELECT account_id AS cursor, account_id AS owner, NULL::bigint AS list, settings FROM users WHERE account_id = $1"#,
        account
    )
    .fetch_all(conn)
    .await
}

/// The next of a circle who were here lately; nobody else has a feed.
async fn recipients(
    conn: &mut PgConnection,
    subject: &Subject,
    circle: &Circle,
    since: NaiveDateTime,
    cursor: i64,
) -> Result<Vec<Recipient>, sqlx::Error> {
    match circle {
        Circle::Followers => {
            sqlx::query_as!(
                Recipient,
                r#"
                SELECT f.account_id AS cursor, f.account_id AS owner, NULL::bigint AS list, u.settings
                FROM follows f JOIN users u ON u.account_id = f.account_id AND u.current_sign_in_at > $2
                WHERE f.target_account_id = $1 AND f.account_id > $3
                ORDER BY f.account_id LIMIT $4
                "#,
                subject.account_id,
                since,
                cursor,
                BATCH
            )
            .fetch_all(conn)
            .await
        }
        Circle::MentionedFollowers => {
            sqlx::query_as!(
                Recipient,
                r#"
                SELECT f.account_id AS cursor, f.account_id AS owner, NULL::bigint AS list, u.settings
                FROM mentions m
                JOIN follows f ON f.account_id = m.account_id AND f.target_account_id = $2
                JOIN users u ON u.account_id = f.account_id AND u.current_sign_in_at > $3
                WHERE m.status_id = $1 AND f.account_id > $4
                ORDER BY f.account_id LIMIT $5
                "#,
                subject.id,
                subject.account_id,
                since,
                cursor,
                BATCH
            )
            .fetch_all(conn)
            .await
        }
        Circle::Lists => {
            sqlx::query_as!(
                Recipient,
                r#"
                SELECT l.id AS cursor, l.account_id AS owner, l.id AS list, u.settings
                FROM list_accounts la
                JOIN lists l ON l.id = la.list_id
                JOIN users u ON u.account_id = l.account_id AND u.current_sign_in_at > $2
                WHERE la.account_id = $1 AND l.id > $3 AND (la.follow_id IS NOT NULL OR l.account_id = $1)
                ORDER BY l.id LIMIT $4
                "#,
                subject.account_id,
                since,
                cursor,
                BATCH
            )
            .fetch_all(conn)
            .await
        }
        Circle::Hashtags(tags) => {
            sqlx::query_as!(
                Recipient,
                r#"
                SELECT DISTINCT f.account_id AS cursor, f.account_id AS owner, NULL::bigint AS list, u.settings
                FROM tag_follows f JOIN users u ON u.account_id = f.account_id AND u.current_sign_in_at > $2
                WHERE f.tag_id = ANY($1) AND f.account_id > $3
                ORDER BY f.account_id LIMIT $4
                "#,
                tags,
                since,
                cursor,
                BATCH
            )
            .fetch_all(conn)
            .await
        }
    }
}

/// Judges, and puts the status into the feeds of those who want it. `notify`: tells those who asked to hear of each status.
async fn insert(
    context: &Context,
    subject: &Subject,
    told: &Told,
    change: Change,
    batch: &[Recipient],
    notify: bool,
) -> anyhow::Result<()> {
    let pairs: Vec<Pair> =
        batch.iter().map(|recipient| Pair { receiver: recipient.owner, status: subject.id, list: recipient.list }).collect();
    let mut tx = context.db.begin().await?;
    let judged = filter::judge(&mut tx, &pairs).await?;
    if notify {
        let interested = batch.iter().zip(&judged);
        let interested = interested.filter(|(_, judged)| judged.notify && judged.verdict != Verdict::Filter);
        let interested: Vec<AccountId> = interested.map(|(recipient, _)| recipient.owner).collect();
        notifications::of_followed(&mut tx, subject, &interested).await?;
    }
    tx.commit().await?;
    let (kept, filtered): (Vec<_>, Vec<_>) = batch.iter().zip(judged).partition(|(_, judged)| judged.verdict == Verdict::Keep);
    let kept: Vec<Recipient> = kept.into_iter().map(|(recipient, _)| recipient.clone()).collect();
    put(context, subject, told, &kept).await?;
    if change == Change::Edited {
        let items: Vec<Item> = filtered.iter().map(|(recipient, _)| item(subject, recipient)).collect();
        remove_many(&context.kv, &items).await?;
    }
    Ok(())
}

async fn put(context: &Context, subject: &Subject, told: &Told, batch: &[Recipient]) -> anyhow::Result<()> {
    let items: Vec<Item> = batch.iter().map(|recipient| item(subject, recipient)).collect();
    let shown = push_many(&context.kv, &items).await?;
    let listeners: Vec<Personal> = batch
        .iter()
        .zip(shown)
        .filter(|(_, shown)| *shown)
        .map(|(recipient, _)| Personal {
            viewer: recipient.owner,
            channel: recipient.list.map_or(Channel::Home(recipient.owner), Channel::List),
        })
        .collect();
    streams::personal(context, told, &listeners).await
}

fn item(subject: &Subject, recipient: &Recipient) -> Item {
    Item {
        feed: recipient.list.map_or(FeedKey::Home(recipient.owner), FeedKey::List),
        status_id: subject.id,
        reblog_of: subject.reblog_of,
        aggregate: subject.reblog_of.is_some() && UserSettings::parse(recipient.settings.as_deref()).aggregates_reblogs(),
    }
}
