//! A notification on its way to open streams and phones.

use db::{AccountId, NotificationId, PgConnection, web_push_subscriptions};
use entities::Notification;
use jobs::feed::AnnounceNotification;
use jobs::push::WebPush;
use kv::publish::{Channel, Message, publish, subscribed};

use crate::context::Context;
use crate::registry::JobError;

struct Row {
    account_id: AccountId,
    from_account_id: AccountId,
    kind: Option<String>,
    filtered: bool,
}

pub(super) async fn run(context: &Context, job: AnnounceNotification) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT n.account_id, n.from_account_id, n.type AS kind, n.filtered
        FROM notifications n
        WHERE n.id = $1
        "#,
        job.notification_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(JobError::Discard("the notification is gone"))?;
    if row.filtered {
        return Err(JobError::Discard("the notification is kept back"));
    }
    let channel = Channel::Notifications(row.account_id);
    let listening = match subscribed(&context.kv, std::slice::from_ref(&channel)).await {
        Ok(listening) => listening.first() == Some(&true),
        Err(error) => {
            tracing::warn!(target: "ferrodon", %error, "streams are not told of a notification");
            false
        }
    };
    let entity = if listening {
        Notification::load_many(&mut tx, &context.urls, row.account_id, &[job.notification_id]).await?.pop()
    } else {
        None
    };
    push(&mut tx, &row, job.notification_id).await?;
    tx.commit().await?;
    if let Some(entity) = entity {
        let message = Message::new("notification", &entity)?;
        publish(&context.kv, &[(channel, message)]).await?;
    }
    Ok(())
}

/// To each of the owner's devices that wants this type.
async fn push(conn: &mut PgConnection, row: &Row, notification: NotificationId) -> Result<(), JobError> {
    let Some(kind) = &row.kind else { return Ok(()) };
    let pair = web_push_subscriptions::Pair { recipient: row.account_id, sender: row.from_account_id };
    let subscriptions = web_push_subscriptions::wanting(conn, pair, kind).await?;
    let jobs: Vec<WebPush> =
        subscriptions.into_iter().map(|subscription_id| WebPush { subscription_id, notification_id: notification }).collect();
    jobs::enqueue_many(conn, &jobs).await?;
    Ok(())
}
