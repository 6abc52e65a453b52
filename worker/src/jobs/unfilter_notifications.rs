//! What an accepted sender had sent becomes visible.

use jobs::feed::UnfilterNotifications;
use kv::publish::{Channel, Message, publish, subscribed};

use crate::context::Context;
use crate::registry::JobError;

pub(super) async fn run(context: &Context, job: UnfilterNotifications) -> Result<(), JobError> {
    let mut tx = context.db.begin().await?;
    // Messages that were kept back join the conversations that they belong to.
    sqlx::query!(
        r#"
        INSERT INTO account_conversations AS c
          (account_id, conversation_id, participant_account_ids, status_ids, last_status_id, unread)
        SELECT $1, s.conversation_id, people.ids, array_agg(s.id ORDER BY s.id), max(s.id), true
        FROM notifications n
        JOIN mentions m ON m.id = n.activity_id
        JOIN statuses s ON s.id = m.status_id AND s.visibility = 3 AND s.deleted_at IS NULL AND s.conversation_id IS NOT NULL
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT p.id FROM (
                    SELECT x.account_id AS id FROM mentions x WHERE x.status_id = s.id AND NOT x.silent
                    UNION SELECT s.account_id
                ) AS p WHERE p.id <> $1 ORDER BY p.id
            ) AS ids
        ) AS people
        WHERE n.account_id = $1 AND n.from_account_id = $2 AND n.filtered AND n.activity_type = 'Mention'
        GROUP BY s.conversation_id, people.ids
        ON CONFLICT (account_id, conversation_id, participant_account_ids) DO UPDATE SET
          status_ids = ARRAY(SELECT DISTINCT x.id FROM unnest(c.status_ids || excluded.status_ids) AS x (id) ORDER BY x.id),
          last_status_id = greatest(c.last_status_id, excluded.last_status_id), unread = true, lock_version = c.lock_version + 1
        "#,
        job.account_id,
        job.from_id
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE notifications SET filtered = false WHERE account_id = $1 AND from_account_id = $2 AND filtered",
        job.account_id,
        job.from_id
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    // Counting is Redis' affair: without it nobody waits.
    if let Err(error) = tell(context, &job).await {
        tracing::warn!(target: "ferrodon", %error, "nobody is told of notifications let through");
    }
    Ok(())
}

/// Once the last of those who were accepted together is done, clients load anew.
async fn tell(context: &Context, job: &UnfilterNotifications) -> Result<(), kv::Error> {
    if kv::notification::finish_unfilter_job(&context.kv, job.account_id).await? > 0 {
        return Ok(());
    }
    let channel = Channel::Notifications(job.account_id);
    if subscribed(&context.kv, std::slice::from_ref(&channel)).await?.first() == Some(&true) {
        publish(&context.kv, &[(channel, Message::new("notifications_merged", &"1")?)]).await?;
    }
    Ok(())
}
