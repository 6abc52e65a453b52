//! What waits for one session: bounded, so that a client that does not read cannot fill the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc};

use crate::auth::Identity;
use crate::channel::Subscription;
use crate::event::Event;

/// A reader that is this far behind is cut off; it will come back and load the timeline.
const CAPACITY: usize = 256;

#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) event: Arc<Event>,
    pub(crate) subscription: Arc<Subscription>,
}

#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) token_id: i64,
    pub(crate) account_id: i64,
    sender: mpsc::Sender<Delivery>,
    closed: Notify,
    filters_stale: AtomicBool,
}

impl Mailbox {
    pub(crate) fn new(identity: &Identity) -> (Arc<Self>, mpsc::Receiver<Delivery>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let mailbox = Self {
            token_id: identity.token_id,
            account_id: identity.account_id,
            sender,
            closed: Notify::new(),
            filters_stale: AtomicBool::new(true),
        };
        (Arc::new(mailbox), receiver)
    }

    pub(crate) fn put(&self, delivery: Delivery) {
        if self.sender.try_send(delivery).is_err() {
            self.close();
        }
    }

    /// The connection must end.
    pub(crate) fn close(&self) {
        self.closed.notify_one();
    }

    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    pub(crate) fn filters_changed(&self) {
        self.filters_stale.store(true, Ordering::Relaxed);
    }

    /// True once after each change, and at first.
    pub(crate) fn take_filters_stale(&self) -> bool {
        self.filters_stale.swap(false, Ordering::Relaxed)
    }
}
