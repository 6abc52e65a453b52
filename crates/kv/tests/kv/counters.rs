use std::time::Duration;

use chrono::{DateTime, Utc};
use kv::activity::{self, Counter};
use kv::rate_limit::{self, Family, Throttle};
use kv::trend::{self, History};
use kv::{async_refresh, federation, key, notification, posting};

use crate::{connect, id};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_window_counts_up_and_the_next_one_begins_anew() {
    let kv = connect();
    let throttle = Throttle { name: "test", discriminator: id().to_string(), limit: 2, period: Duration::from_secs(300) };
    let throttles = [throttle];
    let now = Utc::now();
    for (count, exceeded) in [(1, false), (2, false), (3, true)] {
        let counted = rate_limit::hit(&kv, &throttles, now).await.unwrap()[0];
        assert_eq!((counted.count, counted.is_exceeded()), (count, exceeded));
        assert_eq!(counted.resets_at.timestamp() % 300, 0);
        assert!(counted.resets_at > now);
    }
    let later = rate_limit::hit(&kv, &throttles, now + Duration::from_secs(300)).await.unwrap()[0];
    assert_eq!(later.count, 1);
}

#[tokio::test]
async fn an_action_that_failed_is_given_back() {
    let kv = connect();
    let (account, now) = (id(), Utc::now());
    assert_eq!(rate_limit::record(&kv, account, Family::Statuses, now).await.unwrap().count, 1);
    assert_eq!(rate_limit::record(&kv, account, Family::Statuses, now).await.unwrap().remaining(), 298);
    rate_limit::give_back(&kv, account, Family::Statuses, now).await.unwrap();
    assert_eq!(rate_limit::current(&kv, account, Family::Statuses, now).await.unwrap().count, 1);
    assert_eq!(rate_limit::current(&kv, account, Family::Follows, now).await.unwrap().count, 0);
}

#[tokio::test]
async fn the_action_after_the_last_allowed_one_is_refused() {
    let kv = connect();
    let (account, now) = (id(), Utc::now());
    for _ in 0..300 {
        assert!(!rate_limit::record(&kv, account, Family::Statuses, now).await.unwrap().is_exceeded());
    }
    assert!(rate_limit::record(&kv, account, Family::Statuses, now).await.unwrap().is_exceeded());
}

#[tokio::test]
async fn a_notification_group_stays_open_for_twelve_hours() {
    let kv = connect();
    let account = id();
    let hour = 490_000;
    for (now, group) in [(hour, hour), (hour + 11, hour), (hour + 12, hour + 12), (hour + 13, hour + 12)] {
        assert_eq!(notification::group_hour(&kv, account, "follow", now).await.unwrap(), group);
    }
    assert_eq!(notification::group_hour(&kv, account, "reblog-5", hour + 14).await.unwrap(), hour + 14);
}

#[tokio::test]
async fn uses_of_a_tag_are_counted_by_day_and_accounts_once() {
    let kv = connect();
    let (tag, unused) = (id(), id());
    let monday = Utc::now();
    trend::record(&kv, History::Tag, &[tag], "1", monday).await.unwrap();
    trend::record(&kv, History::Tag, &[tag], "1", monday).await.unwrap();
    trend::record(&kv, History::Tag, &[tag], "2", monday - Duration::from_secs(86_400)).await.unwrap();
    let days = [monday.date_naive(), monday.date_naive().pred_opt().unwrap()];
    let history = trend::history(&kv, History::Tag, &[unused, tag], &days).await.unwrap();
    let numbers: Vec<Vec<(u64, u64)>> =
        history.iter().map(|days| days.iter().map(|day| (day.uses, day.accounts)).collect()).collect();
    assert_eq!(numbers, [[(0, 0), (0, 0)], [(2, 1), (1, 1)]]);
    assert_eq!(trend::distinct_accounts(&kv, History::Tag, tag, &days).await.unwrap(), 2);
}

#[tokio::test]
async fn daily_counters_add_up_to_their_sum() {
    let kv = connect();
    let day = at("1999-03-03T10:00:00Z") + chrono::Days::new(u64::try_from(id() % 5000).unwrap());
    let before = activity::sum(&kv, Counter::Interactions, day.date_naive(), day.date_naive().succ_opt().unwrap()).await.unwrap();
    activity::increment(&kv, Counter::Interactions, day).await.unwrap();
    activity::increment(&kv, Counter::Interactions, day).await.unwrap();
    activity::decrement(&kv, Counter::Interactions, day).await.unwrap();
    let after = activity::sum(&kv, Counter::Interactions, day.date_naive(), day.date_naive().succ_opt().unwrap()).await.unwrap();
    assert_eq!(after - before, 1);
    assert_eq!(activity::daily(&kv, Counter::Interactions, &[day.date_naive()]).await.unwrap(), [after]);
}

#[tokio::test]
async fn failed_days_are_counted_once_each_and_forgotten_on_success() {
    let kv = connect();
    let hosts = [format!("{}.example", id())];
    let day = at("2026-01-05T10:00:00Z");
    assert_eq!(federation::record_delivery_failure(&kv, &hosts[0], day).await.unwrap(), 1);
    assert_eq!(federation::record_delivery_failure(&kv, &hosts[0], day).await.unwrap(), 1);
    let next = day + chrono::Days::new(1);
    assert_eq!(federation::record_delivery_failure(&kv, &hosts[0], next).await.unwrap(), 2);
    assert_eq!(federation::delivery_failures(&kv, &hosts).await.unwrap(), [["20260105", "20260106"]]);
    federation::clear_delivery_failures(&kv, &hosts).await.unwrap();
    assert_eq!(federation::delivery_failures(&kv, &hosts).await.unwrap(), [[""; 0]]);
}

#[tokio::test]
async fn a_second_move_is_refused_until_the_first_is_given_up() {
    let kv = connect();
    let account = id();
    assert!(federation::begin_move(&kv, account).await.unwrap());
    assert!(!federation::begin_move(&kv, account).await.unwrap());
    federation::end_move(&kv, account).await.unwrap();
    assert!(federation::begin_move(&kv, account).await.unwrap());
}

#[tokio::test]
async fn look_ups_are_counted_for_each_request() {
    let kv = connect();
    let (one, other) = (id().to_string(), id().to_string());
    for count in 1..=3 {
        assert_eq!(federation::record_discovery(&kv, federation::Discovery::Accounts, &one).await.unwrap(), count);
    }
    assert_eq!(federation::record_discovery(&kv, federation::Discovery::Statuses, &one).await.unwrap(), 1);
    assert_eq!(federation::record_discovery(&kv, federation::Discovery::Accounts, &other).await.unwrap(), 1);
}

#[tokio::test]
async fn an_object_deleted_before_it_came_is_recognised() {
    let kv = connect();
    let account = id();
    federation::delete_upon_arrival(&kv, account, "https://a.example/1").await.unwrap();
    assert!(federation::arrives_deleted(&kv, account, "https://a.example/1").await.unwrap());
    assert!(!federation::arrives_deleted(&kv, account, "https://a.example/2").await.unwrap());
}

#[tokio::test]
async fn an_idempotency_key_leads_back_to_its_status() {
    let kv = connect();
    let account = id();
    assert_eq!(posting::idempotent_status(&kv, account, "k").await.unwrap(), None);
    posting::remember_idempotent_status(&kv, account, "k", 7).await.unwrap();
    assert_eq!(posting::idempotent_status(&kv, account, "k").await.unwrap(), Some(7));
}

#[tokio::test]
async fn a_refresh_runs_until_it_is_finished() {
    let kv = connect();
    let key = key::context_refresh(id());
    assert_eq!(async_refresh::show(&kv, &key).await.unwrap(), None);
    async_refresh::start(&kv, &key, true).await.unwrap();
    async_refresh::add_results(&kv, &key, 3).await.unwrap();
    let running = async_refresh::show(&kv, &key).await.unwrap().unwrap();
    assert_eq!((running.running, running.result_count), (true, Some(3)));
    async_refresh::finish(&kv, &key).await.unwrap();
    assert!(!async_refresh::show(&kv, &key).await.unwrap().unwrap().running);
}

#[tokio::test]
async fn a_refresh_of_several_parts_ends_with_the_last_of_them() {
    let kv = connect();
    let key = key::context_refresh(id());
    async_refresh::start(&kv, &key, true).await.unwrap();
    async_refresh::add_parts(&kv, &key, &["one".to_owned(), "two".to_owned()]).await.unwrap();
    async_refresh::finish_part(&kv, &key, "one", 1).await.unwrap();
    async_refresh::finish_part(&kv, &key, "one", 1).await.unwrap();
    let running = async_refresh::show(&kv, &key).await.unwrap().unwrap();
    assert_eq!((running.running, running.result_count), (true, Some(1)));
    async_refresh::finish_part(&kv, &key, "two", 0).await.unwrap();
    let finished = async_refresh::show(&kv, &key).await.unwrap().unwrap();
    assert_eq!((finished.running, finished.result_count), (false, Some(1)));
}
