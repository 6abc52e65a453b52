use kv::Kv;
use kv::feed::{self, Bounds, FeedKey, Item};

use crate::{connect, id};

struct Feed {
    kv: Kv,
    key: FeedKey,
}

impl Feed {
    fn new() -> Self {
        Self { kv: connect(), key: FeedKey::Home(id()) }
    }

    fn item(&self, status_id: i64, reblog_of: Option<i64>) -> Item {
        Item { feed: self.key, status_id, reblog_of, aggregate: true }
    }

    async fn push(&self, status_id: i64, reblog_of: Option<i64>) -> bool {
        feed::push(&self.kv, self.item(status_id, reblog_of)).await.unwrap()
    }

    async fn remove(&self, status_id: i64, reblog_of: Option<i64>) -> bool {
        feed::remove_many(&self.kv, &[self.item(status_id, reblog_of)]).await.unwrap()[0]
    }

    async fn all(&self) -> Vec<i64> {
        feed::all(&self.kv, self.key).await.unwrap()
    }

    async fn page(&self, bounds: Bounds, limit: usize) -> Vec<i64> {
        feed::page(&self.kv, self.key, bounds, limit).await.unwrap()
    }

    async fn done(self) {
        feed::clear(&self.kv, &[self.key]).await.unwrap();
        assert_eq!(feed::extent(&self.kv, self.key).await.unwrap().length, 0);
    }
}

#[tokio::test]
async fn statuses_come_newest_first_however_they_were_pushed() {
    let feed = Feed::new();
    let base = id();
    for offset in [3, 1, 2] {
        assert!(feed.push(base + offset * 1000, None).await);
    }
    assert_eq!(feed.all().await, [base + 3000, base + 2000, base + 1000]);
    feed.done().await;
}

#[tokio::test]
async fn a_second_boost_of_a_status_is_swallowed_until_the_first_goes() {
    let feed = Feed::new();
    let base = id();
    assert!(feed.push(base + 1000, Some(base)).await);
    assert!(!feed.push(base + 3000, Some(base)).await);
    assert!(!feed.push(base + 2000, Some(base)).await);
    assert_eq!(feed.all().await, [base + 1000]);

    assert!(feed.remove(base + 1000, Some(base)).await);
    assert_eq!(feed.all().await, [base + 2000]);
    assert!(!feed.push(base + 4000, Some(base)).await, "the promoted boost still stands for the status");

    assert!(!feed.remove(base + 3000, Some(base)).await, "it was not shown");
    assert!(feed.remove(base + 2000, Some(base)).await);
    assert_eq!(feed.all().await, [base + 4000]);
    feed.done().await;
}

#[tokio::test]
async fn a_boost_of_a_status_near_the_top_is_dropped() {
    let feed = Feed::new();
    let base = id();
    feed.push(base, None).await;
    assert!(!feed.push(base + 1, Some(base)).await);
    for offset in 1..=40 {
        feed.push(base + offset * 1000, None).await;
    }
    assert!(feed.push(base + 50_000, Some(base)).await, "forty others stand above it now");
    feed.done().await;
}

#[tokio::test]
async fn a_status_whose_boost_is_shown_is_not_shown_again() {
    let feed = Feed::new();
    let base = id();
    feed.push(base + 1000, Some(base)).await;
    assert!(!feed.push(base, None).await);
    assert_eq!(feed.all().await, [base + 1000]);

    assert!(!feed.remove(base, None).await, "the original itself was not there");
    assert!(feed.push(base, None).await, "and its boosts are forgotten with it");
    feed.done().await;
}

#[tokio::test]
async fn a_boost_falls_out_of_memory_below_the_fortieth_place() {
    let feed = Feed::new();
    let base = id();
    feed.push(base + 1000, Some(base)).await;
    for offset in 2..=41 {
        feed.push(base + offset * 1000, None).await;
    }
    assert!(feed.push(base + 90_000, Some(base)).await);
    feed.done().await;
}

#[tokio::test]
async fn without_grouping_every_boost_is_shown() {
    let feed = Feed::new();
    let base = id();
    let plain = |status_id| Item { aggregate: false, ..feed.item(status_id, Some(base)) };
    let shown = feed::push_many(&feed.kv, &[plain(base + 1000), plain(base + 2000)]).await.unwrap();
    assert_eq!(shown, [true, true]);
    feed.done().await;
}

#[tokio::test]
async fn an_edit_pushes_again_and_is_announced_again() {
    let feed = Feed::new();
    let status = id();
    assert!(feed.push(status, None).await);
    assert!(feed.push(status, None).await);
    assert_eq!(feed.all().await, [status]);
    feed.done().await;
}

#[tokio::test]
async fn a_feed_keeps_eight_hundred() {
    let feed = Feed::new();
    let base = id();
    let items: Vec<Item> = (0..1200).map(|offset| feed.item(base + offset * 1000, None)).collect();
    feed::merge(&feed.kv, &items).await.unwrap();
    let all = feed.all().await;
    assert_eq!(all.len(), feed::MAX_ITEMS);
    assert_eq!(all[0], base + 1_199_000);
    let extent = feed::extent(&feed.kv, feed.key).await.unwrap();
    assert_eq!(extent.oldest, Some(base + 400_000));
    feed.done().await;
}

#[tokio::test]
async fn pages_neither_repeat_nor_miss_ids_that_share_a_rounded_score() {
    let feed = Feed::new();
    let base = id();
    // Sixteen neighbours have one or two scores between them.
    let ids: Vec<i64> = (0..6).map(|offset| base + offset).chain((1..20).map(|offset| base + offset * 1_000_000)).collect();
    let items: Vec<Item> = ids.iter().map(|id| feed.item(*id, None)).collect();
    feed::merge(&feed.kv, &items).await.unwrap();

    let mut seen = Vec::new();
    let mut max_id = None;
    loop {
        let page = feed.page(Bounds { max_id, ..Bounds::default() }, 4).await;
        let Some(last) = page.last() else { break };
        max_id = Some(*last);
        seen.extend(page);
    }
    let mut expected = ids.clone();
    expected.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(seen, expected);
    feed.done().await;
}

#[tokio::test]
async fn min_id_takes_the_page_above_and_since_id_the_newest() {
    let feed = Feed::new();
    let base = id();
    for offset in 1..=9 {
        feed.push(base + offset * 1000, None).await;
    }
    let ids = |offsets: &[i64]| offsets.iter().map(|offset| base + offset * 1000).collect::<Vec<_>>();
    let bound = Some(base + 3000);
    assert_eq!(feed.page(Bounds { min_id: bound, ..Bounds::default() }, 2).await, ids(&[5, 4]));
    assert_eq!(feed.page(Bounds { since_id: bound, ..Bounds::default() }, 2).await, ids(&[9, 8]));
    assert_eq!(feed.page(Bounds { max_id: bound, ..Bounds::default() }, 5).await, ids(&[2, 1]));
    feed.done().await;
}

#[tokio::test]
async fn clearing_takes_the_swallowed_boosts_along() {
    let feed = Feed::new();
    let base = id();
    feed.push(base + 1000, Some(base)).await;
    feed.push(base + 2000, Some(base)).await;
    feed::clear(&feed.kv, &[feed.key]).await.unwrap();
    assert!(feed.push(base + 3000, Some(base)).await);
    feed.remove(base + 3000, Some(base)).await;
    assert_eq!(feed.all().await, [0i64; 0], "the boost that was swallowed before must not come back");
    feed.done().await;
}
