//! Out of home timelines, lists and open streams.

use chrono::Duration;
use db::statuses::Visibility;
use db::users::UserSettings;
use db::{AccountId, ListId, StatusId};
use kv::feed::{FeedKey, Item, remove_many};
use kv::publish::{Channel, Message, Scope, publish, subscribed};

use super::gone::Gone;
use crate::context::Context;

/// Feeds in one round of Redis.
const BATCH: usize = 1_000;

/// A feed that may hold the status or one of its boosts.
struct PlaceRow {
    owner: AccountId,
    list: Option<ListId>,
    status_id: StatusId,
    reblog_of: Option<StatusId>,
    settings: Option<String>,
}

/// The status and the boosts that went with it. `silent`: streams are not told.
pub(super) async fn take_out(context: &Context, gone: &Gone, silent: bool) -> anyhow::Result<()> {
    for batch in places(context, &[gone.id]).await?.chunks(BATCH) {
        let items: Vec<Item> = batch.iter().map(PlaceRow::item).collect();
        let shown = remove_many(&context.kv, &items).await?;
        if !silent {
            let shown = batch.iter().zip(shown).filter(|(_, shown)| *shown);
            let told: Vec<(Channel, StatusId)> = shown.map(|(place, _)| (place.channel(), place.status_id)).collect();
            tell(context, told).await?;
        }
    }
    if silent { Ok(()) } else { tell_others(context, gone).await }
}

/// These statuses and their boosts, without a word to the streams.
pub(in crate::jobs) async fn take_out_silently(context: &Context, ids: &[StatusId]) -> anyhow::Result<()> {
    for batch in places(context, ids).await?.chunks(BATCH) {
        let items: Vec<Item> = batch.iter().map(PlaceRow::item).collect();
        remove_many(&context.kv, &items).await?;
    }
    Ok(())
}

impl PlaceRow {
    fn item(&self) -> Item {
        Item {
            feed: self.list.map_or(FeedKey::Home(self.owner), FeedKey::List),
            status_id: self.status_id,
            reblog_of: self.reblog_of,
            aggregate: self.reblog_of.is_some() && UserSettings::parse(self.settings.as_deref()).aggregates_reblogs(),
        }
    }

    fn channel(&self) -> Channel {
        self.list.map_or(Channel::Home(self.owner), Channel::List)
    }
}

/// The author's own feed, those of followers who were here lately (nobody else has one), and lists with the author.
async fn places(context: &Context, ids: &[StatusId]) -> Result<Vec<PlaceRow>, sqlx::Error> {
    let since = context.clock.now_naive() - Duration::days(context.config.federation.user_active_days);
    sqlx::query_as!(
        PlaceRow,
        r#"
        WITH gone AS (SELECT id, account_id, reblog_of_id FROM statuses WHERE id = ANY($1) OR reblog_of_id = ANY($1))
        SELECT feed.owner AS "owner!", feed.list AS "list?", gone.id AS "status_id!", gone.reblog_of_id AS reblog_of, u.settings
        FROM gone
        CROSS JOIN LATERAL (
            SELECT gone.account_id AS owner, NULL::bigint AS list
            UNION ALL
            SELECT f.account_id, NULL FROM follows f WHERE f.target_account_id = gone.account_id
            UNION ALL
            SELECT l.account_id, l.id FROM list_accounts la JOIN lists l ON l.id = la.list_id
            WHERE la.account_id = gone.account_id
        ) feed
        JOIN users u ON u.account_id = feed.owner AND (u.current_sign_in_at > $2 OR feed.owner = gone.account_id)
        "#,
        ids,
        since
    )
    .fetch_all(&mut *context.db.acquire().await?)
    .await
}

async fn tell(context: &Context, told: Vec<(Channel, StatusId)>) -> anyhow::Result<()> {
    let channels: Vec<Channel> = told.iter().map(|(channel, _)| channel.clone()).collect();
    let listening = subscribed(&context.kv, &channels).await?;
    let wanted = told.into_iter().zip(listening).filter(|(_, listening)| *listening);
    let messages: Result<Vec<(Channel, Message)>, kv::Error> =
        wanted.map(|((channel, id), _)| Ok((channel, Message::delete("delete", id)?))).collect();
    Ok(publish(&context.kv, &messages?).await?)
}

/// The mentioned, who may see it without following, and the streams of everybody.
async fn tell_others(context: &Context, gone: &Gone) -> anyhow::Result<()> {
    let mentioned = sqlx::query_scalar!(
        r#"
        SELECT m.account_id AS "account_id!" FROM mentions m JOIN users u ON u.account_id = m.account_id
        WHERE m.status_id = $1 AND NOT m.silent
        "#,
        gone.id
    )
    .fetch_all(&mut *context.db.acquire().await?)
    .await?;
    tell(context, mentioned.into_iter().map(|account| (Channel::Home(account), gone.id)).collect()).await?;
    if gone.visibility != Visibility::Public || gone.reblog_of.is_some() {
        return Ok(());
    }
    let message = Message::delete("delete", gone.id)?;
    let messages: Vec<(Channel, Message)> = public_channels(gone).into_iter().map(|channel| (channel, message.clone())).collect();
    Ok(publish(&context.kv, &messages).await?)
}

fn public_channels(gone: &Gone) -> Vec<Channel> {
    let mut channels = Vec::new();
    for name in &gone.tags {
        channels.push(Channel::Hashtag { name: name.clone(), local: false });
        if gone.author_is_local {
            channels.push(Channel::Hashtag { name: name.clone(), local: true });
        }
    }
    let part = if gone.author_is_local { Scope::Local } else { Scope::Remote };
    for only_media in [false, true].into_iter().filter(|only_media| !only_media || gone.has_media) {
        channels.push(Channel::Public { scope: Scope::All, only_media });
        channels.push(Channel::Public { scope: part, only_media });
    }
    channels
}
