//! One open connection: who it is, what it listens to, and what of that it may see.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::app::App;
use crate::auth::Identity;
use crate::channel::{self, Kind, Params, Stream, Subscription};
use crate::event::Event;
use crate::filter::Filters;
use crate::limits::Slot;
use crate::mailbox::{Delivery, Mailbox};
use crate::metrics::Transport;
use crate::refusal::Refusal;

/// Subscriptions of one WebSocket; Mastodon's own client has a dozen at most.
const MAX_SUBSCRIPTIONS: usize = 256;

pub(crate) struct Session {
    pub(crate) app: App,
    identity: Identity,
    transport: Transport,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) queue: mpsc::Receiver<Delivery>,
    subscriptions: HashMap<String, Arc<Subscription>>,
    filters: Arc<Filters>,
    _slot: Slot,
}

/// An event that this session may see.
pub(crate) struct Outgoing {
    pub(crate) event: Arc<Event>,
    pub(crate) subscription: Arc<Subscription>,
    /// In place of the payload that all share.
    pub(crate) payload: Option<String>,
}

impl Session {
    /// Listens for the end of its token first of all.
    pub(crate) async fn open(app: App, identity: Identity, transport: Transport, slot: Slot) -> Self {
        let (mailbox, queue) = Mailbox::new(&identity);
        let system = Arc::new(Subscription::system(&identity));
        app.metrics.client_connected(transport);
        let mut session = Self {
            app,
            identity,
            transport,
            mailbox,
            queue,
            subscriptions: HashMap::new(),
            filters: Arc::default(),
            _slot: slot,
        };
        session.add(system).await;
        session
    }

    /// Asking twice for the same is no error.
    pub(crate) async fn subscribe(&mut self, name: &str, params: &Params) -> Result<(), Refusal> {
        let stream = Stream::from_name(name);
        channel::check_scopes(&self.identity, stream)?;
        let stream = stream.ok_or(Refusal::UNKNOWN_STREAM)?;
        let subscription = stream.resolve(&self.app, &self.identity, params).await?;
        if self.subscriptions.contains_key(&subscription.key()) {
            return Ok(());
        }
        if self.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Err(Refusal::TOO_MANY);
        }
        self.add(Arc::new(subscription)).await;
        Ok(())
    }

    /// Leaving a stream that one is not in is no error; one that cannot exist is.
    pub(crate) async fn unsubscribe(&mut self, name: &str, params: &Params) -> Result<(), Refusal> {
        let stream = Stream::from_name(name).ok_or(Refusal::UNKNOWN_STREAM)?;
        let key = stream.resolve(&self.app, &self.identity, params).await?.key();
        if let Some(subscription) = self.subscriptions.remove(&key) {
            self.forget(&subscription);
        }
        Ok(())
    }

    /// `None` if this one must not see it.
    pub(crate) async fn prepare(&mut self, delivery: Delivery) -> Option<Outgoing> {
        let Delivery { event, subscription } = delivery;
        let (Kind::Filtered { local, remote }, Some(status)) = (subscription.kind, &event.status) else {
            return Some(Outgoing { event, subscription, payload: None });
        };
        let is_open = if status.is_local() { local } else { remote };
        let is_wanted = self.identity.languages.as_ref().is_none_or(|wanted| {
            // A post of unknown language is in none of them.
            status.language.as_ref().is_some_and(|language| wanted.contains(language))
        });
        if !is_open || !is_wanted {
            return None;
        }
        let filters = self.filters().await.ok()?;
        let payload = (!status.is_filtered && !filters.is_empty())
            .then(|| event.payload_with_filtered(&filters.results(status.text(), self.app.clock.now_naive())));
        Some(Outgoing { event, subscription, payload })
    }

    /// Counts what really went out.
    pub(crate) fn sent(&self, count: usize) {
        self.app.metrics.messages_sent(self.transport, count);
    }

    async fn filters(&mut self) -> Result<Arc<Filters>, Refusal> {
        if self.mailbox.take_filters_stale() {
            match self.load_filters().await {
                Ok(filters) => self.filters = Arc::new(filters),
                Err(refusal) => {
                    self.mailbox.filters_changed();
                    return Err(refusal);
                }
            }
        }
        Ok(Arc::clone(&self.filters))
    }

    async fn load_filters(&self) -> Result<Filters, Refusal> {
        let mut conn = self.app.conn().await?;
        Ok(Filters::load(&mut conn, self.identity.account_id, self.app.clock.now_naive()).await?)
    }

    async fn add(&mut self, subscription: Arc<Subscription>) {
        self.app.metrics.channel_opened(self.transport, subscription.stream);
        self.subscriptions.insert(subscription.key(), Arc::clone(&subscription));
        self.app.hub.subscribe(&self.mailbox, &subscription).await;
    }

    fn forget(&self, subscription: &Arc<Subscription>) {
        self.app.hub.unsubscribe(&self.mailbox, subscription);
        self.app.metrics.channel_closed(self.transport, subscription.stream);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for subscription in self.subscriptions.values() {
            self.forget(subscription);
        }
        self.app.metrics.client_gone(self.transport);
    }
}
