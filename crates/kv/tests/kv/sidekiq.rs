use kv::sidekiq::{self, Set};

use crate::{connect, id};

#[tokio::test]
async fn a_queue_gives_jobs_in_the_order_in_which_they_were_put() {
    let kv = connect();
    let queue = format!("test{}", id());
    let jobs: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
    sidekiq::push(&kv, &queue, &jobs).await.unwrap();
    assert!(sidekiq::queues(&kv).await.unwrap().contains(&queue));
    assert_eq!(sidekiq::peek(&kv, &queue, 2).await.unwrap(), ["a", "b"]);
    sidekiq::remove(&kv, &queue, &jobs[..2]).await.unwrap();
    assert_eq!(sidekiq::peek(&kv, &queue, 10).await.unwrap(), ["c"]);
    sidekiq::remove(&kv, &queue, &jobs[2..]).await.unwrap();
    assert_eq!(sidekiq::peek(&kv, &queue, 10).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn jobs_with_a_time_come_back_with_it() {
    let kv = connect();
    // Before everything that another test could put there.
    let job = (format!("{{\"jid\":\"{}\"}}", id()), -1.5);
    sidekiq::add_to_set(&kv, Set::Dead, std::slice::from_ref(&job)).await.unwrap();
    assert!(sidekiq::peek_set(&kv, Set::Dead, 100).await.unwrap().contains(&job));
    sidekiq::remove_from_set(&kv, Set::Dead, std::slice::from_ref(&job.0)).await.unwrap();
    assert!(!sidekiq::peek_set(&kv, Set::Dead, 100).await.unwrap().contains(&job));
}
