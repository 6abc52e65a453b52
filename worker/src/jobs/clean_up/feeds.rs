//! Feeds of people who have not been here for long; they are made anew when they come back.

use chrono::TimeDelta;
use kv::feed::FeedKey;

use super::PIECE;
use crate::context::Context;
use crate::registry::JobError;

pub(in crate::jobs) async fn run(context: &Context) -> Result<(), JobError> {
    let since = context.clock.now_naive() - TimeDelta::days(context.config.federation.user_active_days);
    let mut after = 0;
    loop {
        let away = sqlx::query!(
            r#"
            SELECT u.id, u.account_id, ARRAY(SELECT l.id FROM lists l WHERE l.account_id = u.account_id) AS "lists!"
            FROM users u WHERE u.id > $1 AND u.confirmed_at IS NOT NULL AND u.current_sign_in_at < $2 ORDER BY u.id LIMIT $3
            "#,
            after,
            since,
            PIECE
        )
        .fetch_all(&mut *context.db.acquire().await?)
        .await?;
        let Some(last) = away.last() else { return Ok(()) };
        after = last.id;
        let feeds = away.iter().flat_map(|user| {
            let lists = user.lists.iter().copied().map(FeedKey::List);
            std::iter::once(FeedKey::Home(user.account_id)).chain(lists)
        });
        kv::feed::clear(&context.kv, &feeds.collect::<Vec<_>>()).await?;
    }
}
