//! Deliveries: order, fairness, silent hosts.

use std::time::Duration;

use db::Db;
use jobs::{DeliveryOptions, deliver_to, host_is_alive};

use crate::database::Database;
use crate::world::{Internet, Stage, Weather, Worker, change, count, until};

async fn deliver(db: &Db, json: &str, inboxes: &[&str], options: DeliveryOptions) -> u64 {
    let inboxes: Vec<String> = inboxes.iter().map(|inbox| (*inbox).to_owned()).collect();
    deliver_to(&mut db.acquire().await.unwrap(), 1, json.as_bytes(), &inboxes, options).await.unwrap()
}

async fn drain(db: &Db, internet: &Internet) -> usize {
    jobs::drain(db, &Stage::default(), internet).await.unwrap()
}

#[tokio::test]
async fn a_document_is_stored_once_and_delivered_once_to_each_inbox() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    let inboxes = ["https://a.example/inbox", "https://b.example/inbox", "https://a.example/inbox", "not a url"];
    assert_eq!(deliver(db, "{}", &inboxes, DeliveryOptions::default()).await, 2);
    assert_eq!(count(db, "select count(*) from ferrodon.payload").await, 1);
    assert_eq!(drain(db, &internet).await, 2);
    let expected = [("https://a.example/inbox", "{}"), ("https://b.example/inbox", "{}")];
    assert_eq!(internet.received(), expected.map(|(inbox, body)| (inbox.to_owned(), body.to_owned())));
    assert_eq!(count(db, "select count(*) from ferrodon.delivery").await, 0);
    database.close().await;
}

#[tokio::test]
async fn nothing_is_sent_to_hosts_that_count_as_dead_but_a_follow() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    change(db, "insert into unavailable_domains (domain, created_at, updated_at) values ('a.example', now(), now())").await;
    assert_eq!(deliver(db, "{}", &["https://a.example/inbox"], DeliveryOptions::default()).await, 0);
    assert_eq!(count(db, "select count(*) from ferrodon.payload").await, 0);
    let follow = DeliveryOptions { bypass_availability: true, ..DeliveryOptions::default() };
    assert_eq!(deliver(db, "{}", &["https://a.example/inbox"], follow).await, 1);
    assert_eq!(drain(db, &internet).await, 1);
    assert_eq!(count(db, "select count(*) from unavailable_domains").await, 0);
    database.close().await;
}

#[tokio::test]
async fn what_is_refused_ends_with_its_reason_and_does_not_blame_the_host() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    internet.set("a.example", Weather::Refuses);
    deliver(db, "{}", &["https://a.example/inbox"], DeliveryOptions::default()).await;
    drain(db, &internet).await;
    assert_eq!(count(db, "select count(*) from ferrodon.delivery_failure where reason = 'status 410' and attempt = 1").await, 1);
    assert_eq!(count(db, "select count(*) from ferrodon.delivery").await, 0);
    assert_eq!(count(db, "select count(*) from ferrodon.host_state").await, 0);
    database.close().await;
}

#[tokio::test]
async fn documents_about_one_object_arrive_in_order() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    let about = DeliveryOptions { object: Some(7), ..DeliveryOptions::default() };
    internet.set("a.example", Weather::Fails);
    deliver(db, "create", &["https://a.example/inbox"], about).await;
    drain(db, &internet).await;
    internet.set("a.example", Weather::Fine);
    deliver(db, "delete", &["https://a.example/inbox"], about).await;
    assert_eq!(drain(db, &internet).await, 0, "the Create waits for its second try, and so does the Delete");
    change(db, "update ferrodon.delivery set next_at = now() where attempt = 1").await;
    drain(db, &internet).await;
    let bodies: Vec<String> = internet.received().into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, ["create", "delete"]);
    database.close().await;
}

#[tokio::test]
async fn a_server_that_hangs_delays_nobody_else() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    // Alphabetically first, and more than there are places: taken in turn, they would use all of them up.
    for host in 0..4 {
        internet.set(&format!("a{host}.example"), Weather::Hangs);
    }
    let inboxes: Vec<String> = (0..200).map(|n| format!("https://a{}.example/users/{n}/inbox", n % 4)).collect();
    let inboxes: Vec<&str> = inboxes.iter().map(String::as_str).collect();
    deliver(db, "hung", &inboxes, DeliveryOptions::default()).await;
    let worker = Worker::start(db, &Stage::default(), &internet, Duration::ZERO);
    until(db, "select count(*) >= 16 from ferrodon.delivery where worker is not null").await;
    let others: Vec<String> = (0..100).map(|n| format!("https://b{n}.example/inbox")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    let began = tokio::time::Instant::now();
    deliver(db, "arrived", &others, DeliveryOptions::default()).await;
    until(db, "select count(*) = 200 from ferrodon.delivery").await;
    // Far less than the minute after which an attempt is ended.
    assert!(began.elapsed() < Duration::from_secs(12), "took {:?}", began.elapsed());
    assert_eq!(internet.received().len(), 100);
    assert!(internet.busiest("a0.example") <= 8);
    worker.stop().await;
    assert_eq!(count(db, "select count(*) from ferrodon.delivery where worker is null and attempt = 0").await, 200);
    database.close().await;
}

#[tokio::test]
async fn the_deliveries_of_a_silent_host_wait_for_the_host_while_one_tries() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    internet.set("a.example", Weather::Fails);
    let inboxes: Vec<String> = (0..20).map(|n| format!("https://a.example/users/{n}/inbox")).collect();
    let inboxes: Vec<&str> = inboxes.iter().map(String::as_str).collect();
    deliver(db, "{}", &inboxes, DeliveryOptions::default()).await;
    let attempts = drain(db, &internet).await;
    assert!((5..=12).contains(&attempts), "{attempts}");
    assert_eq!(count(db, "select count(*) from ferrodon.host_state where down and failures >= 5").await, 1);
    assert_eq!(count(db, "select count(*) from ferrodon.delivery where deferred").await, 20);
    // New ones join them.
    deliver(db, "{}", &["https://a.example/inbox"], DeliveryOptions::default()).await;
    assert_eq!(drain(db, &internet).await, 0);
    // The pause is over: one tries, and fails.
    change(db, "update ferrodon.host_state set probe_at = now()").await;
    assert_eq!(drain(db, &internet).await, 1);
    assert_eq!(count(db, "select count(*) from ferrodon.delivery where deferred").await, 21);
    assert_eq!(count(db, "select count(*) from ferrodon.host_state where probe_at > now() + interval '100 s'").await, 1);
    // It is back.
    internet.set("a.example", Weather::Fine);
    change(db, "update ferrodon.host_state set probe_at = now()").await;
    let worker = Worker::start(db, &Stage::default(), &internet, Duration::from_secs(5));
    until(db, "select count(*) = 0 from ferrodon.delivery").await;
    worker.stop().await;
    assert_eq!(internet.received().len(), 21);
    assert_eq!(count(db, "select count(*) from ferrodon.host_state").await, 0);
    database.close().await;
}

#[tokio::test]
async fn a_host_that_says_when_is_left_alone_until_then() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    internet.set("a.example", Weather::Asks(3600));
    deliver(db, "{}", &["https://a.example/1", "https://a.example/2"], DeliveryOptions::default()).await;
    drain(db, &internet).await;
    let later = "select count(*) from ferrodon.host_state where down and probe_at > now() + interval '59 min'";
    assert_eq!(count(db, later).await, 1);
    // A signed request from there says that it is well again.
    host_is_alive(&mut db.acquire().await.unwrap(), "a.example").await.unwrap();
    internet.set("a.example", Weather::Fine);
    assert_eq!(drain(db, &internet).await, 2);
    database.close().await;
}

#[tokio::test]
async fn seven_days_of_failures_make_a_domain_unavailable() {
    let database = Database::new().await;
    let (db, internet) = (&database.db, Internet::default());
    internet.set("a.example", Weather::Fails);
    change(
        db,
        "insert into ferrodon.host_state (host, failures, down, failing_days)
         select 'a.example', 9, true, array_agg(current_date - n) from generate_series(1, 6) n",
    )
    .await;
    deliver(db, "{}", &["https://a.example/1", "https://a.example/2"], DeliveryOptions::default()).await;
    drain(db, &internet).await;
    assert_eq!(count(db, "select count(*) from unavailable_domains where domain = 'a.example'").await, 1);
    database.close().await;
}
