//! One Redis connection listens for all sessions and hands each event to those that asked for it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use db::Db;
use futures_util::{Stream, StreamExt};
use kv::Kv;
use kv::subscribe::{Received, Subscriptions};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tracing::{info, warn};

use crate::auth;
use crate::channel::{Kind, Subscription};
use crate::event::Event;
use crate::mailbox::{Delivery, Mailbox};
use crate::metrics::Metrics;
use crate::relations::{self, Admission};

/// How long opening a stream waits for Redis; without it the stream is open all the same, and silent.
const CONFIRMATION: Duration = Duration::from_secs(2);
/// Marks lapse after eighteen minutes. Renewed more often than needed, since Redis may have been emptied.
const RENEWAL: Duration = Duration::from_secs(120);
const PING: Duration = Duration::from_secs(15);
/// Revocation is announced; this finds those whose announcement was lost.
const TOKEN_CHECK: Duration = Duration::from_secs(60);
const RECONNECT: Duration = Duration::from_millis(100);
const RECONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Names in one command.
const BATCH: usize = 500;
/// Public events that may wait for the database.
const WAITING_EVENTS: usize = 2000;
/// Of these, as many as one statement takes.
const EVENTS_PER_QUERY: usize = 64;

pub(crate) struct Hub {
    kv: Kv,
    db: Db,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
    wake: Notify,
    check_tokens: Notify,
    held: mpsc::Sender<Held>,
}

/// An event of a public channel, until it is known who may see it.
pub(crate) struct Held {
    pub(crate) channel: Arc<str>,
    pub(crate) event: Arc<Event>,
}

#[derive(Default)]
struct State {
    channels: HashMap<Arc<str>, Vec<Listener>>,
    /// Channels that got their first listener or lost their last one.
    changed: Vec<Arc<str>>,
    /// Sessions that wait until their channel is listened to.
    waiting: Vec<oneshot::Sender<()>>,
}

struct Listener {
    mailbox: Arc<Mailbox>,
    subscription: Arc<Subscription>,
}

impl Hub {
    pub(crate) fn start(kv: Kv, db: Db, metrics: Arc<Metrics>) -> Arc<Self> {
        let (held, receiver) = mpsc::channel(WAITING_EVENTS);
        let hub =
            Arc::new(Self { kv, db, metrics, state: Mutex::default(), wake: Notify::new(), check_tokens: Notify::new(), held });
        tokio::spawn(Arc::clone(&hub).listen());
        tokio::spawn(Arc::clone(&hub).admit(receiver));
        tokio::spawn(Arc::clone(&hub).watch_tokens());
        hub
    }

    /// Returns when Redis sends the channels' events, or after two seconds.
    pub(crate) async fn subscribe(&self, mailbox: &Arc<Mailbox>, subscription: &Arc<Subscription>) {
        let confirmed = {
            let mut state = self.lock();
            let mut is_new = false;
            for channel in &subscription.channels {
                let listener = Listener { mailbox: Arc::clone(mailbox), subscription: Arc::clone(subscription) };
                if let Some(listeners) = state.channels.get_mut(channel) {
                    listeners.push(listener);
                } else {
                    state.channels.insert(Arc::clone(channel), vec![listener]);
                    state.changed.push(Arc::clone(channel));
                    is_new = true;
                }
            }
            is_new.then(|| {
                let (sender, receiver) = oneshot::channel();
                state.waiting.push(sender);
                receiver
            })
        };
        if let Some(confirmed) = confirmed {
            self.wake.notify_one();
            let _ = timeout(CONFIRMATION, confirmed).await;
        }
    }

    pub(crate) fn unsubscribe(&self, mailbox: &Arc<Mailbox>, subscription: &Arc<Subscription>) {
        let mut state = self.lock();
        for channel in &subscription.channels {
            let Some(listeners) = state.channels.get_mut(channel) else { continue };
            let is_it = |listener: &Listener| {
                Arc::ptr_eq(&listener.mailbox, mailbox) && Arc::ptr_eq(&listener.subscription, subscription)
            };
            if let Some(position) = listeners.iter().position(is_it) {
                listeners.swap_remove(position);
            }
            if listeners.is_empty() {
                state.channels.remove(channel);
                state.changed.push(Arc::clone(channel));
                self.wake.notify_one();
            }
        }
    }

    async fn listen(self: Arc<Self>) {
        let mut delay = RECONNECT;
        loop {
            match kv::subscribe::connect(&self.kv).await {
                Ok((subscriptions, received)) => {
                    delay = RECONNECT;
                    let Err(error) = self.follow(subscriptions, received).await;
                    warn!(target: "ferrodon", %error, "lost the connection to Redis; streams are silent until it is back");
                }
                Err(error) => warn!(target: "ferrodon", %error, "cannot listen to Redis"),
            }
            self.metrics.set_redis_subscriptions(0);
            sleep(delay).await;
            delay = (delay * 2).min(RECONNECT_LIMIT);
        }
    }

    async fn follow(
        &self,
        mut subscriptions: Subscriptions,
        mut received: impl Stream<Item = Received> + Unpin,
    ) -> Result<std::convert::Infallible, kv::Error> {
        let mut followed: HashSet<Arc<str>> = HashSet::new();
        self.catch_up(&mut subscriptions, &mut followed).await?;
        let mut ping = interval_at(Instant::now() + PING, PING);
        let mut renewal = interval_at(Instant::now() + RENEWAL, RENEWAL);
        loop {
            tokio::select! {
                message = received.next() => match message {
                    Some(message) => self.dispatch(&message),
                    None => return Err(kv::Error::Unavailable),
                },
                () = self.wake.notified() => self.adjust(&mut subscriptions, &mut followed).await?,
                _ = ping.tick() => subscriptions.ping().await?,
                _ = renewal.tick() => self.mark(followed.iter()).await,
            }
        }
    }

    /// After a new connection: listens to all that is wanted, and doubts what may have been announced meanwhile.
    async fn catch_up(&self, subscriptions: &mut Subscriptions, followed: &mut HashSet<Arc<str>>) -> Result<(), kv::Error> {
        {
            let mut state = self.lock();
            state.changed = state.channels.keys().cloned().collect();
            let listeners = state.channels.values().flatten();
            listeners.for_each(|listener| listener.mailbox.filters_changed());
        }
        self.adjust(subscriptions, followed).await?;
        self.check_tokens.notify_one();
        info!(target: "ferrodon", channels = followed.len(), "listening to Redis");
        Ok(())
    }

    async fn adjust(&self, subscriptions: &mut Subscriptions, followed: &mut HashSet<Arc<str>>) -> Result<(), kv::Error> {
        let (new, gone, waiting) = {
            let mut state = self.lock();
            let changed: HashSet<Arc<str>> = std::mem::take(&mut state.changed).into_iter().collect();
            let (wanted, unwanted): (Vec<_>, Vec<_>) =
                changed.into_iter().partition(|channel| state.channels.contains_key(channel));
            let new: Vec<Arc<str>> = wanted.into_iter().filter(|channel| !followed.contains(channel)).collect();
            let gone: Vec<Arc<str>> = unwanted.into_iter().filter(|channel| followed.contains(channel)).collect();
            (new, gone, std::mem::take(&mut state.waiting))
        };
        for batch in gone.chunks(BATCH) {
            subscriptions.unsubscribe(&owned(batch)).await?;
            batch.iter().for_each(|channel| {
                followed.remove(channel);
            });
        }
        for batch in new.chunks(BATCH) {
            subscriptions.subscribe(&owned(batch)).await?;
            followed.extend(batch.iter().cloned());
        }
        self.metrics.set_redis_subscriptions(followed.len());
        self.mark(new.iter()).await;
        waiting.into_iter().for_each(|session| {
            let _ = session.send(());
        });
        Ok(())
    }

    /// Tells publishers where somebody listens.
    async fn mark(&self, channels: impl Iterator<Item = &Arc<str>>) {
        let is_system = |name: &str| name.starts_with("timeline:system:") || name.starts_with("timeline:access_token:");
        let names: Vec<String> = channels.filter(|channel| !is_system(channel)).map(|channel| channel.to_string()).collect();
        if let Err(error) = kv::publish::mark_subscribed(&self.kv, &names).await {
            warn!(target: "ferrodon", %error, "could not tell publishers who listens");
        }
    }

    fn dispatch(&self, received: &Received) {
        self.metrics.message_received();
        let Some(channel) = self.lock().channels.get_key_value(received.channel.as_str()).map(|(name, _)| Arc::clone(name))
        else {
            return;
        };
        let is_public = channel.starts_with("timeline:public") || channel.starts_with("timeline:hashtag:");
        let Some(event) = Event::parse(&received.payload, is_public) else {
            warn!(target: "ferrodon", channel = %channel, "an event that cannot be read");
            return;
        };
        let event = Arc::new(event);
        // All of a public channel's events take the longer way, or a deletion would overtake its post.
        if !is_public {
            self.deliver(&channel, &event, None);
        } else if self.held.try_send(Held { channel, event }).is_err() {
            warn!(target: "ferrodon", "the database is too slow for the public streams; an event is dropped");
        }
    }

    fn deliver(&self, channel: &str, event: &Arc<Event>, admission: Option<&Admission>) {
        let state = self.lock();
        for listener in state.channels.get(channel).into_iter().flatten() {
            let Listener { mailbox, subscription } = listener;
            match (subscription.kind, &*event.name) {
                (Kind::System, "kill") => mailbox.close(),
                (Kind::System, "filters_changed") => mailbox.filters_changed(),
                (Kind::System, _) => {}
                _ if !event.has_payload() => {}
                _ if admission.is_some_and(|admission| !admission.admits(mailbox.account_id)) => {}
                _ => mailbox.put(Delivery { event: Arc::clone(event), subscription: Arc::clone(subscription) }),
            }
        }
    }

    /// Finds out who may see public events, many events with one statement.
    async fn admit(self: Arc<Self>, mut receiver: mpsc::Receiver<Held>) {
        let mut batch = Vec::with_capacity(EVENTS_PER_QUERY);
        while receiver.recv_many(&mut batch, EVENTS_PER_QUERY).await > 0 {
            let accounts = self.accounts_on(batch.iter().map(|held| &held.channel));
            match relations::admissions(&self.db, &batch, accounts).await {
                Ok(admissions) => {
                    for (held, admission) in batch.iter().zip(&admissions) {
                        self.deliver(&held.channel, &held.event, held.event.status.is_some().then_some(admission));
                    }
                }
                // Nobody gets them: a blocked person's post must not slip through.
                Err(error) => warn!(target: "ferrodon", %error, events = batch.len(), "public events are dropped"),
            }
            batch.clear();
        }
    }

    fn accounts_on<'a>(&self, channels: impl Iterator<Item = &'a Arc<str>>) -> HashSet<i64> {
        let state = self.lock();
        let channels: HashSet<&Arc<str>> = channels.collect();
        let listeners = channels.into_iter().filter_map(|channel| state.channels.get(channel)).flatten();
        listeners.map(|listener| listener.mailbox.account_id).collect()
    }

    async fn watch_tokens(self: Arc<Self>) {
        loop {
            let _ = timeout(TOKEN_CHECK, self.check_tokens.notified()).await;
            let mailboxes: Vec<Arc<Mailbox>> = {
                let state = self.lock();
                let system = state.channels.values().flatten().filter(|listener| listener.subscription.kind == Kind::System);
                system.map(|listener| Arc::clone(&listener.mailbox)).collect()
            };
            if let Err(error) = self.close_revoked(&mailboxes).await {
                warn!(target: "ferrodon", %error, "could not check the tokens of open streams");
            }
        }
    }

    async fn close_revoked(&self, mailboxes: &[Arc<Mailbox>]) -> Result<(), sqlx::Error> {
        let ids: HashSet<i64> = mailboxes.iter().map(|mailbox| mailbox.token_id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = ids.into_iter().collect();
        let valid = auth::still_valid(&mut *self.db.acquire().await?, &ids).await?;
        mailboxes.iter().filter(|mailbox| !valid.contains(&mailbox.token_id)).for_each(|mailbox| mailbox.close());
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owned(names: &[Arc<str>]) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}
