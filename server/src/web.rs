//! `ferrodon web`: the routers put together, and the listener in front of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::IntoResponse;
use axum::routing::get;
use config::{Config, Listen};
use http::header;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use shared::App;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

const DEFAULT_PORT: u16 = 3000;
/// A client that has not sent its request's head by then is not going to.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// What is in the works at a stop may take this long to end.
const DRAIN: Duration = Duration::from_secs(25);
const RETRY_ACCEPT: Duration = Duration::from_millis(50);

/// Serves until SIGTERM or SIGINT, then lets the requests in hand end.
///
/// # Errors
/// The database is not as it should be, or the address is taken.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    let listen = config.web.listen.clone();
    let app = App::new(config)?;
    {
        let mut conn = app.db.acquire().await.context("connecting to PostgreSQL")?;
        db::schema::check(&mut conn).await?;
    }
    services::instance_actor::ensure(&app.db).await?;
    let router = router(app);
    match listen {
        Listen::Tcp { address, port } => {
            let address = SocketAddr::new(address, port.unwrap_or(DEFAULT_PORT));
            let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address} (BIND, PORT)"))?;
            ready(&address.to_string());
            accept_tcp(listener, router, shutdown()).await;
        }
        Listen::Socket(path) => {
            let listener = bind_socket(&path)?;
            ready(&path.display().to_string());
            accept_unix(listener, router, shutdown()).await;
        }
    }
    Ok(())
}

/// Everything that the program answers. Tests call it without a listener.
pub fn router(app: App) -> Router {
    let mut routes = Router::new()
        .merge(api::routes())
        .merge(federation::routes())
        .merge(pages::routes())
        .merge(crate::profile::routes())
        .route("/health", get(health));
    if app.config.web.serve_files {
        routes = routes.nest_service("/system", ServeDir::new(&app.config.storage.root));
    }
    shared::layers(routes, app)
}

/// Says that the program runs; the database is not asked.
async fn health() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=0, private, must-revalidate"),
        (header::VARY, "Accept"),
    ];
    (headers, "OK")
}

fn ready(place: &str) {
    tracing::info!(target: "ferrodon", "listening on {place}");
    // Tells systemd, where the unit says Type=notify; elsewhere nobody listens.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
}

/// A socket left behind by a killed process is in the way of the next one.
fn bind_socket(path: &Path) -> anyhow::Result<UnixListener> {
    if std::os::unix::net::UnixStream::connect(path).is_err() {
        let _ = std::fs::remove_file(path);
    }
    let listener = UnixListener::bind(path).with_context(|| format!("listening on {} (SOCKET)", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

async fn shutdown() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

async fn accept_tcp(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = Connections::new(router);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    connections.serve(stream, peer);
                }
                // Out of file descriptors: wait for some to come free instead of spinning.
                Err(_) => tokio::time::sleep(RETRY_ACCEPT).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    connections.drain().await;
}

async fn accept_unix(listener: UnixListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = Connections::new(router);
    // Whoever reaches the socket is the proxy in front of us, so its X-Forwarded-For is believed.
    let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connections.serve(stream, peer),
                Err(_) => tokio::time::sleep(RETRY_ACCEPT).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    connections.drain().await;
}

struct Connections {
    router: Router,
    builder: Arc<auto::Builder<TokioExecutor>>,
    graceful: GracefulShutdown,
}

impl Connections {
    fn new(router: Router) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).keep_alive(true);
        builder.http2().timer(TokioTimer::new()).max_concurrent_streams(100).keep_alive_interval(Duration::from_secs(30));
        Self { router, builder: Arc::new(builder), graceful: GracefulShutdown::new() }
    }

    fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S, peer: SocketAddr) {
        let router = self.router.clone();
        let service = tower::service_fn(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request.map(axum::body::Body::new))
        });
        let builder = self.builder.clone();
        let watcher = self.graceful.watcher();
        tokio::spawn(async move {
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service));
            // A connection that breaks off is the client's affair.
            let _ = watcher.watch(connection).await;
        });
    }

    async fn drain(self) {
        let _ = tokio::time::timeout(DRAIN, self.graceful.shutdown()).await;
    }
}
