//! Documents of local actors as they were rendered. For three minutes others get the same one, as from Mastodon (recorded:
//! `activitypub_actor`, step 39); they are told of changes by an Update.

use crate::key;
use crate::{Error, Kv};

const SECONDS: u64 = 3 * 60;

/// # Errors
/// Redis is away.
pub async fn kept(kv: &Kv, account_id: i64) -> Result<Option<String>, Error> {
    kv.run(redis::cmd("GET").arg(key::actor_document(account_id))).await
}

/// # Errors
/// Redis is away.
pub async fn keep(kv: &Kv, account_id: i64, document: &str) -> Result<(), Error> {
    kv.run(redis::cmd("SET").arg(key::actor_document(account_id)).arg(document).arg("EX").arg(SECONDS)).await
}
