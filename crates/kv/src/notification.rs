//! How long notifications are grouped together, and filtered ones that are being let through.

use crate::key;
use crate::script::Lua;
use crate::{Error, Kv};

/// A group takes in notifications for this long.
const GROUP_SPAN_HOURS: i64 = 12;

/// `KEYS`: group. `ARGV`: hour now, span in hours. Answers the hour that names the group.
static GROUP: Lua = Lua::new(
    r"
local hour, span = tonumber(ARGV[1]), tonumber(ARGV[2])
local open = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
if hour < open + span then hour = open end
redis.call('SET', KEYS[1], hour, 'EX', span * 3600)
return hour",
);

/// `kind` is `favourite-<status id>`, `reblog-<status id>`, `follow` or `admin.sign_up`; `hour` is Unix time divided by 3600.
/// Answers the hour of the group: the column `group_key` holds `<kind>-<hour>`.
///
/// # Errors
/// Redis is away; the notification's own hour then serves.
pub async fn group_hour(kv: &Kv, account_id: i64, kind: &str, hour: i64) -> Result<i64, Error> {
    let keys = [key::notification_group(account_id, kind)];
    GROUP.run(kv, &keys, &[hour.to_string(), GROUP_SPAN_HOURS.to_string()]).await
}

/// A job that lets filtered notifications through was asked for.
///
/// # Errors
/// Redis is away.
pub async fn add_unfilter_jobs(kv: &Kv, account_id: i64, count: i64) -> Result<(), Error> {
    let name = key::notification_unfilter_jobs(account_id);
    let mut pipeline = redis::pipe();
    pipeline.cmd("INCRBY").arg(&name).arg(count).cmd("EXPIRE").arg(&name).arg(30 * 60);
    kv.pipe::<()>(pipeline.ignore()).await
}

/// One such job is done. Answers how many are left; at none, the account's streams are told `notifications_merged`.
///
/// # Errors
/// Redis is away.
pub async fn finish_unfilter_job(kv: &Kv, account_id: i64) -> Result<i64, Error> {
    let left: i64 = kv.run(redis::cmd("DECR").arg(key::notification_unfilter_jobs(account_id))).await?;
    if left <= 0 {
        kv.run::<()>(redis::cmd("DEL").arg(key::notification_unfilter_jobs(account_id))).await?;
    }
    Ok(left.max(0))
}

/// # Errors
/// Redis is away.
pub async fn unfilter_jobs(kv: &Kv, account_id: i64) -> Result<i64, Error> {
    let count: Option<i64> = kv.run(redis::cmd("GET").arg(key::notification_unfilter_jobs(account_id))).await?;
    Ok(count.unwrap_or_default().max(0))
}
