//! Events for open streams. Personal ones are rendered only where somebody listens.

use db::{AccountId, PgConnection, StatusId};
use entities::{Conversation, Status};
use futures_util::{StreamExt, TryStreamExt, stream};
use kv::publish::{Channel, Message, Scope, publish, subscribed};

use super::conversations::Changed;
use super::subject::Subject;
use crate::context::Context;

/// Personal renderings at a time; each takes a connection.
const AT_ONCE: usize = 4;

/// A channel and through whose eyes its listener sees.
#[derive(Debug, Clone)]
pub(in crate::jobs) struct Personal {
    pub(in crate::jobs) channel: Channel,
    pub(in crate::jobs) viewer: AccountId,
}

/// A status as it was when its distribution began: all are told of the same counts, whatever is counted meanwhile.
#[derive(Debug)]
pub(in crate::jobs) struct Told {
    event: &'static str,
    id: StatusId,
    /// For visitors; only of what is told in public.
    public: Option<Status>,
}

impl Told {
    /// # Errors
    /// The database failed.
    pub(in crate::jobs) async fn load(
        conn: &mut PgConnection,
        context: &Context,
        subject: &Subject,
        event: &'static str,
    ) -> anyhow::Result<Self> {
        let public = if subject.is_broadcastable() { Status::load(conn, &context.urls, None, subject.id).await? } else { None };
        Ok(Self { event, id: subject.id, public })
    }

    /// The counts of that moment instead of those that were just read.
    fn count(&self, entity: &mut Status) {
        if let Some(public) = &self.public {
            entity.replies_count = public.replies_count;
            entity.reblogs_count = public.reblogs_count;
            entity.favourites_count = public.favourites_count;
            entity.quotes_count = public.quotes_count;
        }
    }
}

/// Tells those of `listeners` who listen of a status, each as they see it.
pub(in crate::jobs) async fn personal(context: &Context, told: &Told, listeners: &[Personal]) -> anyhow::Result<()> {
    let channels: Vec<Channel> = listeners.iter().map(|listener| listener.channel.clone()).collect();
    let listening = subscribed(&context.kv, &channels).await?;
    let wanted = listeners.iter().zip(listening).filter(|(_, listening)| *listening);
    let told: Vec<_> = wanted.map(|(listener, _)| tell(context.clone(), listener.clone(), told)).collect();
    stream::iter(told).buffer_unordered(AT_ONCE).try_collect::<()>().await
}

async fn tell(context: Context, listener: Personal, told: &Told) -> anyhow::Result<()> {
    let mut conn = context.db.acquire().await?;
    let Some(mut entity) = Status::load(&mut conn, &context.urls, Some(listener.viewer), told.id).await? else {
        return Ok(());
    };
    drop(conn);
    told.count(&mut entity);
    if entity.account.id == entities::Id(listener.viewer) {
        // Here, unlike in answers, also of what cannot be pinned (recorded: channels/not_public_visibilities).
        entity.pinned.get_or_insert(false);
    }
    Ok(publish(&context.kv, &[(listener.channel, Message::new(told.event, &entity)?)]).await?)
}

/// Tells the public and hashtag streams, as a visitor sees it; the streaming server leaves out what each listener does not want.
pub(in crate::jobs) async fn public(context: &Context, subject: &Subject, told: &Told) -> anyhow::Result<()> {
    let Some(entity) = &told.public else { return Ok(()) };
    let message = Message::new(told.event, entity)?;
    let messages: Vec<(Channel, Message)> =
        public_channels(subject).into_iter().map(|channel| (channel, message.clone())).collect();
    Ok(publish(&context.kv, &messages).await?)
}

/// Where a public status is told of. Answers to others stay out of the streams of everything.
pub(in crate::jobs) fn public_channels(subject: &Subject) -> Vec<Channel> {
    let mut channels = Vec::new();
    for (_, name) in &subject.tags {
        channels.push(Channel::Hashtag { name: name.clone(), local: false });
        if subject.local {
            channels.push(Channel::Hashtag { name: name.clone(), local: true });
        }
    }
    if !subject.answers_others {
        let part = if subject.local { Scope::Local } else { Scope::Remote };
        for only_media in [false, true].into_iter().filter(|only_media| !only_media || subject.has_media) {
            channels.push(Channel::Public { scope: Scope::All, only_media });
            channels.push(Channel::Public { scope: part, only_media });
        }
    }
    channels
}

/// Tells the owners of conversations that something was said.
pub(in crate::jobs) async fn conversations(context: &Context, changed: &[Changed]) -> anyhow::Result<()> {
    let channels: Vec<Channel> = changed.iter().map(|changed| Channel::Direct(changed.account_id)).collect();
    let listening = subscribed(&context.kv, &channels).await?;
    let wanted = changed.iter().zip(listening).filter(|(_, listening)| *listening);
    let told: Vec<_> = wanted.map(|(changed, _)| tell_of_conversation(context.clone(), *changed)).collect();
    stream::iter(told).buffer_unordered(AT_ONCE).try_collect::<()>().await
}

async fn tell_of_conversation(context: Context, changed: Changed) -> anyhow::Result<()> {
    let mut conn = context.db.acquire().await?;
    let entity = Conversation::load_many(&mut conn, &context.urls, changed.account_id, &[changed.id]).await?.pop();
    drop(conn);
    let Some(entity) = entity else { return Ok(()) };
    let message = Message::new("conversation", &entity)?;
    Ok(publish(&context.kv, &[(Channel::Direct(changed.account_id), message)]).await?)
}
