use std::time::Duration;

use kv::lock;

use crate::{connect, id};

const TTL: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_held_lock_is_refused_until_it_is_released() {
    let kv = connect();
    let name = format!("test:{}", id());
    let held = lock::try_acquire(&kv, &name, TTL).await.unwrap().unwrap();
    assert!(lock::try_acquire(&kv, &name, TTL).await.unwrap().is_none());
    assert!(lock::is_held(&kv, &name).await.unwrap());
    lock::release(&kv, held).await.unwrap();
    assert!(lock::try_acquire(&kv, &name, TTL).await.unwrap().is_some());
}

#[tokio::test]
async fn a_waiting_holder_gets_the_lock_when_it_is_free() {
    let kv = connect();
    let name = format!("test:{}", id());
    let held = lock::try_acquire(&kv, &name, TTL).await.unwrap().unwrap();
    let (waited, released) =
        tokio::join!(lock::acquire(&kv, &name, TTL, lock::DEFAULT_WAIT), async { lock::release(&kv, held).await });
    released.unwrap();
    assert!(waited.unwrap().is_some());
}

#[tokio::test]
async fn a_lapsed_lock_is_not_taken_from_its_new_holder() {
    let kv = connect();
    let name = format!("test:{}", id());
    let lapsed = lock::try_acquire(&kv, &name, Duration::from_millis(1)).await.unwrap().unwrap();
    let new = lock::acquire(&kv, &name, TTL, lock::DEFAULT_WAIT).await.unwrap().unwrap();
    lock::release(&kv, lapsed).await.unwrap();
    assert!(lock::is_held(&kv, &name).await.unwrap());
    lock::release(&kv, new).await.unwrap();
    assert!(!lock::is_held(&kv, &name).await.unwrap());
}
