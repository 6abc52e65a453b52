//! What a page of a timeline costs. `server/api/src/v1/timelines`

use chrono::TimeDelta;
use kv::feed::Item;
use kv::key::FeedKey;
use testing::fixture::status::{Rich, public_many};
use testing::{Person, TestApp, clock, statements};

const TAG: &str = "cats";

/// A server with that many statuses by bob, all on alice's pages.
async fn with_statuses(count: i32) -> (TestApp, Person, Vec<String>) {
    let app = TestApp::new().await;
    let (alice, bob) = (app.account("alice").await, app.account("bob").await);
    let rich = Rich { author: bob.account.id, mentioned: alice.account.id, tag: TAG };
    let ids = public_many(&mut *app.conn().await, rich, count).await;
    let feed = FeedKey::Home(alice.account.id);
    let items: Vec<Item> = ids.iter().map(|id| Item { feed, status_id: *id, reblog_of: None, aggregate: true }).collect();
    kv::feed::push_many(&app.app().kv, &items).await.unwrap();
    let pages = [
        "/api/v1/timelines/home".to_owned(),
        "/api/v1/timelines/public".to_owned(),
        format!("/api/v1/timelines/tag/{TAG}"),
        format!("/api/v1/accounts/{}/statuses", bob.id()),
        "/api/v1/notifications".to_owned(),
    ];
    (app, alice, pages.to_vec())
}

/// The statements of one page, and how many entries it has.
async fn cost(person: &Person, page: &str, limit: usize) -> (Vec<String>, usize) {
    let path = format!("{page}?limit={limit}");
    // What is kept for some seconds is read before.
    person.get(&path).await.ok();
    let (answer, statements) = statements::of(person.get(&path)).await;
    (statements, answer.ok().as_array().unwrap().len())
}

#[tokio::test]
async fn a_page_costs_the_same_statements_whatever_is_on_it_and_whatever_is_stored() {
    let (_small, lonely, pages) = with_statuses(1).await;
    let (_large, alice, large_pages) = with_statuses(1000).await;
    for (page, large_page) in pages.iter().zip(&large_pages) {
        let (one, entries) = cost(&lonely, page, 20).await;
        assert_eq!(entries, 1, "{page}");
        for limit in [1, 20, 40] {
            let (many, entries) = cost(&alice, large_page, limit).await;
            assert_eq!(entries, limit, "{page}");
            assert_eq!(many.len(), one.len(), "{page} with {limit} of 1000: {many:#?}\nwith the only one: {one:#?}");
        }
        eprintln!("{page}: {} statements", one.len());
    }
}

/// `PostgreSQL` would show all of them at once, and the first one that arrives in Redis would hide the others again.
#[tokio::test]
async fn what_is_on_its_way_into_a_first_feed_is_not_shown_before_but_a_lost_feed_is() {
    let (clock, hand) = clock::standing();
    let app = TestApp::builder().clock(clock).start().await;
    let alice = app.account("alice").await;
    let status = alice.posts("just now").await;
    let page = "/api/v1/timelines/home";
    assert_eq!(alice.get(page).await.ok(), serde_json::json!([]));
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'regenerate_home'").await, 0);

    hand.forward(TimeDelta::minutes(2));
    assert_eq!(alice.get(page).await.ok()[0]["id"], status["id"], "it should have arrived by now");
    assert_eq!(app.count("SELECT count(*) FROM ferrodon.job WHERE kind = 'regenerate_home'").await, 1);
}
