//! Web push.

use db::NotificationId;
use serde::{Deserialize, Serialize};

use crate::job::{Job, Lane};

/// Sends a notification to one subscription.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WebPush {
    pub subscription_id: i64,
    pub notification_id: NotificationId,
}

impl Job for WebPush {
    const KIND: &'static str = "web_push";
    const LANE: Lane = Lane::Push;
    const RETRIES: i16 = 5;
}
