//! A push subscription as apps and browsers see it.

use config::Secrets;
use db::web_push_subscriptions::SubscriptionRow;
use serde::Serialize;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Serialize)]
pub struct WebPushSubscription {
    /// A number, unlike other ids.
    pub id: i64,
    pub endpoint: String,
    pub standard: bool,
    pub alerts: Map<String, Value>,
    pub server_key: Option<String>,
    pub policy: String,
}

impl WebPushSubscription {
    #[must_use]
    pub fn new(row: &SubscriptionRow, secrets: &Secrets) -> Self {
        let preferences = &row.preferences;
        Self {
            id: row.id,
            endpoint: row.endpoint.clone(),
            standard: row.standard,
            alerts: preferences.alerts().into_iter().map(|(kind, wanted)| (kind, json!(wanted))).collect(),
            server_key: secrets.vapid.as_ref().map(|keys| keys.public.clone()),
            policy: preferences.policy().to_owned(),
        }
    }
}
