//! The program `ferrodon-streaming`: reads the environment, listens, and ends on SIGTERM.

use std::os::unix::fs::PermissionsExt;
use std::process::ExitCode;

use anyhow::Context;
use config::{Config, Listen};
use db::Db;
use kv::Kv;
use streaming::{App, Listener};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DEFAULT_PORT: u16 = 4000;

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrodon-streaming: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    config.logging.install();
    // Fails only if one is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let db = Db::connect_lazy(&config.database, "ferrodon-streaming")?;
    let kv = Kv::connect_lazy(&config.redis.base)?;
    let listener = listen(&config.web.listen).await?;
    let app = App::start(db, kv, config.web, config.clock);
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    streaming::run(app, listener, terminated()?).await;
    Ok(())
}

async fn listen(listen: &Listen) -> anyhow::Result<Listener> {
    match listen {
        Listen::Tcp { address, port } => {
            let address = (*address, port.unwrap_or(DEFAULT_PORT));
            let listener =
                TcpListener::bind(address).await.with_context(|| format!("listening on {}:{}", address.0, address.1))?;
            tracing::info!(target: "ferrodon", address = %address.0, port = address.1, "listening");
            Ok(Listener::Tcp(listener))
        }
        Listen::Socket(path) => {
            // Left over from a process that was killed.
            let _ = std::fs::remove_file(path);
            let listener = UnixListener::bind(path).with_context(|| format!("listening on {}", path.display()))?;
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
            tracing::info!(target: "ferrodon", path = %path.display(), "listening");
            Ok(Listener::Unix(listener))
        }
    }
}

fn terminated() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
