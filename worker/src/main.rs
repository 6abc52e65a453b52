//! The program `ferrodon-worker`: reads the environment, works, and ends on SIGTERM.

use std::process::ExitCode;

use clap::Parser;
use config::Config;
use jobs::Lane;
use jobs::guard::Overrides;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use worker::{Context, Options};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Does Ferrodon's background work: feeds, federation, media, mail and everything on a timetable.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Only these kinds of work, separated by commas; all of them unless given. At least one process must serve each.
    #[arg(long, value_delimiter = ',', value_name = "LANES", env = "FERRODON_LANES")]
    lanes: Vec<Lane>,

    /// Jobs at a time, dealt among the lanes.
    #[arg(long, value_name = "NUMBER", env = "FERRODON_CONCURRENCY")]
    concurrency: Option<usize>,

    /// Work although PostgreSQL does not keep what it confirms. For databases that may be lost.
    #[arg(long, env = "FERRODON_UNSAFE_DATABASE")]
    unsafe_database: bool,

    /// Work although Mastodon's Sidekiq runs on the same database.
    #[arg(long, env = "FERRODON_BESIDE_SIDEKIQ")]
    beside_sidekiq: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferrodon-worker: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> anyhow::Result<()> {
    let config = Config::from_env()?;
    config.logging.install();
    // Fails only if one is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // Nearly all of the work is waiting; more threads would only cost memory.
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 4);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(16)
        .thread_name("worker")
        .enable_all()
        .build()?;
    runtime.block_on(work(config, arguments))
}

async fn work(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let stop = stop_on_signals()?;
    let lanes = if arguments.lanes.is_empty() { Lane::ALL.to_vec() } else { arguments.lanes };
    let overrides = Overrides { unsafe_database: arguments.unsafe_database, beside_sidekiq: arguments.beside_sidekiq };
    let context = Context::new(config)?;
    tracing::info!(target: "ferrodon", version = env!("CARGO_PKG_VERSION"), ?lanes, "working");
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
    worker::run(context, Options { lanes, concurrency: arguments.concurrency, overrides }, stop).await
}

/// True once SIGTERM or SIGINT came. A second signal ends the process at once; others take its work over.
fn stop_on_signals() -> anyhow::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if stop.send_replace(true) {
                std::process::exit(1);
            }
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        }
    });
    Ok(stopped)
}
