use std::time::{Duration, Instant};

use config::RedisServer;
use kv::Kv;

#[tokio::test]
async fn a_redis_that_is_away_does_not_stop_the_start() {
    let kv = Kv::connect_lazy(&RedisServer::Url("unix:///nowhere/redis.sock".to_owned())).unwrap();
    assert!(kv.ping().await.is_err());
}

#[tokio::test]
async fn a_silent_redis_costs_one_wait_and_then_none() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let kv = Kv::connect_lazy(&RedisServer::Url(url)).unwrap();

    let started = Instant::now();
    assert!(kv.ping().await.is_err());
    assert!(started.elapsed() < Duration::from_millis(1900), "{:?}", started.elapsed());

    let started = Instant::now();
    assert!(matches!(kv.ping().await, Err(kv::Error::Unavailable)));
    assert!(started.elapsed() < Duration::from_millis(100));
}

#[tokio::test]
async fn a_lost_connection_is_made_anew_within_the_same_call() {
    let kv = crate::connect();
    kv.ping().await.unwrap();
    let (host, mut first) = proxy().await;
    let through = Kv::connect_lazy(&RedisServer::Url(host)).unwrap();
    through.ping().await.unwrap();
    first.recv().await.unwrap().abort();
    through.ping().await.unwrap();
}

/// Passes bytes between a port and the real Redis, and hands out the task of each connection.
async fn proxy() -> (String, tokio::sync::mpsc::UnboundedReceiver<tokio::task::JoinHandle<()>>) {
    let target = config::Source::from_process().text("REDIS_URL").unwrap_or_else(|| "redis://localhost:6379".to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("redis://{}", listener.local_addr().unwrap());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let target = target.clone();
            let task = tokio::spawn(async move {
                if let Some(path) = target.strip_prefix("unix://") {
                    let mut server = tokio::net::UnixStream::connect(path).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                } else {
                    let server = target.trim_start_matches("redis://").split('/').next().unwrap().to_owned();
                    let mut server = tokio::net::TcpStream::connect(server).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
            sender.send(task).unwrap();
        }
    });
    (address, receiver)
}
