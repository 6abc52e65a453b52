//! A Redis of one's own. Channels are not divided by database number, so a shared one would mix the tests' streams.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::UnixStream;

const START: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(3);

/// A process that ends with the value, or with the thread of the test.
#[derive(Debug)]
pub struct TestRedis {
    process: Child,
    folder: TempDir,
}

impl TestRedis {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let redis = Self { process: spawn(&folder), folder };
        let there = async {
            while UnixStream::connect(redis.socket()).await.is_err() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(START, there).await.expect("redis-server does not start");
        redis
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// For `REDIS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// As a crash does it: everything in it is gone.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &TempDir) -> Child {
    // setpriv has the kernel end it even if the test process is killed.
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "redis-server", "--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(folder.path().join("redis.sock"))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server and setpriv must be installed; ./dev services does it")
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
