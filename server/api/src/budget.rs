//! How many posts, edits and boosts, or follows, an account has left.

use chrono::{DateTime, Utc};
use db::AccountId;
use kv::rate_limit::{self, Count, Family};
use shared::{ActionLimit, ApiResult, App, Error};

/// One action, taken from what the account has; to be given back if nothing comes of it.
pub(crate) struct Budget {
    account: AccountId,
    family: Family,
    now: DateTime<Utc>,
    /// `None` where nothing is counted.
    count: Option<Count>,
}

impl Budget {
    /// # Errors
    /// 429 when all are used up.
    pub(crate) async fn take(app: &App, account: AccountId, family: Family) -> ApiResult<Self> {
        let now = app.clock.now();
        if !app.config.web.rate_limits {
            return Ok(Self { account, family, now, count: None });
        }
        match rate_limit::record(&app.kv, account, family, now).await {
            Ok(count) if count.is_exceeded() => Err(Error::too_many_requests()),
            Ok(count) => Ok(Self { account, family, now, count: Some(count) }),
            Err(error) => {
                tracing::warn!(%error, "an action is not counted");
                Ok(Self { account, family, now, count: None })
            }
        }
    }

    /// For the answer's headers.
    pub(crate) fn limit(&self) -> Option<ActionLimit> {
        self.count.map(ActionLimit)
    }

    pub(crate) async fn give_back(&self, app: &App) {
        if self.count.is_some()
            && let Err(error) = rate_limit::give_back(&app.kv, self.account, self.family, self.now).await
        {
            tracing::warn!(%error, "an action that failed stays counted");
        }
    }
}
