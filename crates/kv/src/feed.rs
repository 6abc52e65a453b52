//! Home and list timelines as sorted sets of status ids. Which status belongs in which feed is decided elsewhere.

use redis::Pipeline;

use crate::key;
pub use crate::key::FeedKey;
use crate::script::Lua;
use crate::{Error, Kv};

/// What a feed keeps; older entries fall off.
pub const MAX_ITEMS: usize = 800;

/// Commands in one pipeline; more would hold up other callers of the shared connection.
const BATCH: usize = 500;

/// One status and one feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub feed: FeedKey,
    /// The boost's own id if it is a boost.
    pub status_id: i64,
    pub reblog_of: Option<i64>,
    /// The owner's setting "group boosts": a second boost of the same status is then not shown again.
    pub aggregate: bool,
}

/// Bounds are exclusive. `min_id` asks for the page directly above it and wins over `since_id`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    pub max_id: Option<i64>,
    pub since_id: Option<i64>,
    pub min_id: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub length: usize,
    pub oldest: Option<i64>,
}

/// `ARGV`: status, original or nothing, "1" to aggregate. Answers 1 if the feed now shows the status because of this call.
/// A plain status that is there already counts as shown, since edits are announced on this answer.
static PUSH: Lua = Lua::new(
    r"
local feed, reblogs = KEYS[1], KEYS[2]
local status, original = ARGV[1], ARGV[2]
if original ~= '' and ARGV[3] == '1' then
  local rank = redis.call('ZREVRANK', feed, original)
  if rank and rank < 40 then return 0 end
  if redis.call('ZSCORE', feed, status) then return 0 end
  if redis.call('ZADD', reblogs, 'NX', status, original) == 0 then
    redis.call('SADD', reblogs .. ':' .. original, status)
    return 0
  end
elseif redis.call('ZSCORE', reblogs, status) then
  return 0
end
redis.call('ZADD', feed, status, status)
return 1",
);

static TRIM: Lua = Lua::new(
    r"
local feed, reblogs = KEYS[1], KEYS[2]
redis.call('ZREMRANGEBYRANK', feed, 0, -801)
local edge = redis.call('ZREVRANGE', feed, 40, 40, 'WITHSCORES')
if edge[2] then
  for _, original in ipairs(redis.call('ZRANGEBYSCORE', reblogs, '-inf', edge[2])) do
    redis.call('ZREM', reblogs, original)
    redis.call('DEL', reblogs .. ':' .. original)
  end
end
return 0",
);

/// Same arguments as `PUSH`. Answers 1 if the status was shown. Ids are compared as text, longer being greater: Lua's numbers
/// cannot hold 18 digits.
static REMOVE: Lua = Lua::new(
    r"
local feed, reblogs = KEYS[1], KEYS[2]
local status, original = ARGV[1], ARGV[2]
if original ~= '' and ARGV[3] == '1' then
  local others = reblogs .. ':' .. original
  redis.call('SREM', others, status)
  if not redis.call('ZSCORE', feed, status) then return 0 end
  redis.call('ZREM', reblogs, original)
  local next = nil
  for _, id in ipairs(redis.call('SMEMBERS', others)) do
    if not next or #id < #next or (#id == #next and id < next) then next = id end
  end
  if next then
    redis.call('SREM', others, next)
    redis.call('ZADD', feed, next, next)
    redis.call('ZADD', reblogs, next, original)
  end
else
  redis.call('DEL', reblogs .. ':' .. status)
  redis.call('ZREM', reblogs, status)
end
return redis.call('ZREM', feed, status)",
);

static CLEAR: Lua = Lua::new(
    r"
local feed, reblogs = KEYS[1], KEYS[2]
for _, original in ipairs(redis.call('ZRANGE', reblogs, 0, -1)) do
  redis.call('UNLINK', reblogs .. ':' .. original)
end
return redis.call('UNLINK', feed, reblogs)",
);

/// True if the feed now shows the status.
///
/// # Errors
/// Redis is away.
pub async fn push(kv: &Kv, item: Item) -> Result<bool, Error> {
    Ok(push_many(kv, &[item]).await?.contains(&true))
}

/// Answers in the order of `items`, each true if that feed now shows that status. One round trip for every 500.
///
/// # Errors
/// Redis is away. Earlier items may then have been pushed; doing it again does no harm.
pub async fn push_many(kv: &Kv, items: &[Item]) -> Result<Vec<bool>, Error> {
    let mut shown = Vec::with_capacity(items.len());
    for batch in items.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        PUSH.load(&mut pipeline);
        TRIM.load(&mut pipeline);
        for item in batch {
            call(&mut pipeline, &PUSH, item.feed, &arguments(item));
            call(&mut pipeline, &TRIM, item.feed, &[]).ignore();
        }
        shown.extend(kv.pipe::<Vec<bool>>(&pipeline).await?);
    }
    Ok(shown)
}

/// Adds many statuses to one feed and trims it once: for a new follow and for building a feed anew. Give them newest first.
///
/// # Errors
/// Redis is away.
pub async fn merge(kv: &Kv, items: &[Item]) -> Result<(), Error> {
    for batch in items.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        PUSH.load(&mut pipeline);
        TRIM.load(&mut pipeline);
        for item in batch {
            call(&mut pipeline, &PUSH, item.feed, &arguments(item)).ignore();
        }
        let mut trimmed: Vec<FeedKey> = Vec::new();
        for item in batch {
            if !trimmed.contains(&item.feed) {
                trimmed.push(item.feed);
                call(&mut pipeline, &TRIM, item.feed, &[]).ignore();
            }
        }
        kv.pipe::<()>(&pipeline).await?;
    }
    Ok(())
}

/// Answers in the order of `items`, each true if that feed showed that status. A boost gives way to the next one of the same
/// status that had been swallowed.
///
/// # Errors
/// Redis is away.
pub async fn remove_many(kv: &Kv, items: &[Item]) -> Result<Vec<bool>, Error> {
    let mut shown = Vec::with_capacity(items.len());
    for batch in items.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        REMOVE.load(&mut pipeline);
        for item in batch {
            call(&mut pipeline, &REMOVE, item.feed, &arguments(item));
        }
        shown.extend(kv.pipe::<Vec<bool>>(&pipeline).await?);
    }
    Ok(shown)
}

/// Ids, newest first. Fewer than `limit` means that there is nothing more in that direction.
///
/// # Errors
/// Redis is away.
pub async fn page(kv: &Kv, feed: FeedKey, bounds: Bounds, limit: usize) -> Result<Vec<i64>, Error> {
    // Scores are rounded, so neighbouring ids share one: the range includes its ends, and members decide.
    const SHARED_SCORE: usize = 8;
    let lower = bounds.min_id.or(bounds.since_id);
    let (low, high) = (bound(lower, "-inf"), bound(bounds.max_id, "+inf"));
    let mut command = redis::Cmd::new();
    if bounds.min_id.is_some() {
        command.arg("ZRANGEBYSCORE").arg(feed.to_string()).arg(low).arg(high);
    } else {
        command.arg("ZREVRANGEBYSCORE").arg(feed.to_string()).arg(high).arg(low);
    }
    command.arg("LIMIT").arg(0).arg(limit.saturating_add(SHARED_SCORE));
    let mut ids: Vec<i64> = kv.run(&command).await?;
    ids.retain(|id| lower.is_none_or(|lower| *id > lower) && bounds.max_id.is_none_or(|upper| *id < upper));
    ids.truncate(limit);
    ids.sort_unstable_by(|a, b| b.cmp(a));
    Ok(ids)
}

/// Every id of the feed, newest first.
///
/// # Errors
/// Redis is away.
pub async fn all(kv: &Kv, feed: FeedKey) -> Result<Vec<i64>, Error> {
    kv.run(redis::cmd("ZREVRANGE").arg(feed.to_string()).arg(0).arg(-1)).await
}

/// How far the feed reaches.
///
/// # Errors
/// Redis is away.
pub async fn extent(kv: &Kv, feed: FeedKey) -> Result<Extent, Error> {
    let name = feed.to_string();
    let mut pipeline = redis::pipe();
    pipeline.cmd("ZCARD").arg(&name).cmd("ZRANGE").arg(&name).arg(0).arg(0);
    let (length, oldest): (usize, Vec<i64>) = kv.pipe(&pipeline).await?;
    Ok(Extent { length, oldest: oldest.first().copied() })
}

/// Deletes the feeds with all that belongs to them.
///
/// # Errors
/// Redis is away.
pub async fn clear(kv: &Kv, feeds: &[FeedKey]) -> Result<(), Error> {
    for batch in feeds.chunks(BATCH) {
        let mut pipeline = redis::pipe();
        CLEAR.load(&mut pipeline);
        for feed in batch {
            call(&mut pipeline, &CLEAR, *feed, &[]).ignore();
        }
        kv.pipe::<()>(&pipeline).await?;
    }
    Ok(())
}

/// Deletes every feed of every account and list.
///
/// # Errors
/// Redis is away.
pub async fn clear_all(kv: &Kv) -> Result<(), Error> {
    kv.unlink_matching(key::ALL_FEEDS).await.map(|_| ())
}

fn bound(id: Option<i64>, open: &str) -> String {
    id.map_or_else(|| open.to_owned(), |id| id.to_string())
}

fn arguments(item: &Item) -> [String; 3] {
    let original = item.reblog_of.map(|id| id.to_string()).unwrap_or_default();
    [item.status_id.to_string(), original, u8::from(item.aggregate).to_string()]
}

fn call<'a>(pipeline: &'a mut Pipeline, script: &Lua, feed: FeedKey, arguments: &[String]) -> &'a mut Pipeline {
    script.call(pipeline, &[feed.to_string(), key::feed_reblogs(feed)], arguments)
}
