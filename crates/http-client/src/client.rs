//! Sends requests: judged, counted, timed, and with redirects followed by hand.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use http::header::{CONTENT_LENGTH, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use reqwest::{Certificate, Proxy, Response, redirect};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use url::Url;

use crate::error::{BuildError, FetchError, Refusal};
use crate::guard::Guard;
use crate::limits;
use crate::request::{Answer, Download, Get, Kind, Post, Signer, media_type};
use crate::resolver::{GuardedResolver, MailServers};

/// Cheap to clone; all clones share connections and budgets.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    resolver: GuardedResolver,
    guard: Guard,
    https_only: bool,
    places: moka::sync::Cache<String, Arc<Semaphore>>,
}

impl Client {
    /// Takes from the settings: exempted ranges, proxy, certificates, and whether this server itself runs on https.
    ///
    /// # Errors
    /// A file of certificates or a proxy that cannot be used.
    pub fn new(settings: &config::Federation, user_agent: &str) -> Result<Self, BuildError> {
        // A second call finds the provider in place; both are the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let guard = Guard::new(settings.allowed_private.clone());
        let resolver = GuardedResolver::new(settings.http_proxy.is_none().then(|| guard.clone()), settings.hosts.clone());
        let mut builder = reqwest::Client::builder()
            .user_agent(user_agent)
            .dns_resolver(Arc::new(resolver.clone()))
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .gzip(true)
            .brotli(false)
            .deflate(false)
            .connect_timeout(limits::CONNECT)
            .read_timeout(limits::READ)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(limits::PER_HOST)
            .http2_max_header_list_size(limits::HEADERS)
            .tcp_nodelay(true);
        if let Some(file) = &settings.ca_file {
            builder = builder.tls_certs_merge(certificates(file)?);
        }
        if let Some(proxy) = &settings.http_proxy {
            builder = builder.proxy(Proxy::all(proxy).map_err(|error| BuildError::Proxy(error.to_string()))?);
        }
        let http = builder.build().map_err(|error| BuildError::Client(error.to_string()))?;
        let places = moka::sync::Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_secs(120)).build();
        Ok(Self { inner: Arc::new(Inner { http, resolver, guard, https_only: settings.https, places }) })
    }

    /// What URLs that are built here begin with: `http` only on a server that itself runs without https.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.inner.https_only { "https" } else { "http" }
    }

    /// Whether an address may be asked at all, as far as can be told without resolving its name.
    ///
    /// # Errors
    /// The guard's reason.
    pub fn judge(&self, url: &Url, kind: Kind) -> Result<(), Refusal> {
        self.inner.guard.judge_url(url, kind != Kind::Federation || !self.inner.https_only)
    }

    /// Asks the name service who takes letters for a domain. Each question takes five seconds at most.
    pub async fn mail_servers(&self, domain: &str) -> MailServers {
        self.inner.resolver.mail_servers(domain).await
    }

    /// # Errors
    /// See [`FetchError`]; every status but 2xx is one.
    pub async fn get(&self, request: Get<'_>) -> Result<Answer, FetchError> {
        in_time(async {
            let (mut response, url) = self.follow(&request).await?;
            let body = read(&mut response, request.limit, request.truncate).await?;
            Ok(Answer { status: response.status(), headers: std::mem::take(response.headers_mut()), url, body })
        })
        .await
    }

    /// The body goes to the file at `path` as it arrives; the file is removed again if that fails.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn download(&self, request: Get<'_>, path: &Path) -> Result<Download, FetchError> {
        let result = in_time(async {
            let (mut response, url) = self.follow(&request).await?;
            let length = store(&mut response, request.limit, path).await?;
            let headers = std::mem::take(response.headers_mut());
            Ok(Download { length, media_type: media_type(&headers), headers, url })
        })
        .await;
        if result.is_err() {
            let _ = tokio::fs::remove_file(path).await;
        }
        result
    }

    /// # Errors
    /// As [`Client::get`].
    pub async fn post(&self, request: Post<'_>) -> Result<Answer, FetchError> {
        in_time(async {
            let Post { url, body, headers, signer } = request;
            let mut response = self.send(Method::POST, url, Kind::Federation, headers, Some(body), signer).await?;
            check_status(&response)?;
            // Nobody needs it, and it cannot make the delivery undone.
            let body = read(&mut response, limits::DELIVERY_ANSWER, true).await.unwrap_or_default();
            Ok(Answer { status: response.status(), headers: std::mem::take(response.headers_mut()), url: url.clone(), body })
        })
        .await
    }

    async fn follow(&self, request: &Get<'_>) -> Result<(Response, Url), FetchError> {
        let mut seen = vec![request.url.clone()];
        let mut url = request.url.clone();
        loop {
            let response = self.send(Method::GET, &url, request.kind, request.headers.clone(), None, request.signer).await?;
            let Some(next) = redirect_target(&response, &url) else {
                check_status(&response)?;
                return Ok((response, url));
            };
            let next = next?;
            if url.scheme() == "https" && next.scheme() == "http" {
                return Err(Refusal::Downgrade.into());
            }
            if seen.len() > limits::REDIRECTS || seen.contains(&next) {
                return Err(Refusal::Redirects(limits::REDIRECTS).into());
            }
            seen.push(next.clone());
            url = next;
        }
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        kind: Kind,
        mut headers: HeaderMap,
        body: Option<Bytes>,
        signer: Option<&dyn Signer>,
    ) -> Result<Response, FetchError> {
        self.judge(url, kind)?;
        let place = url.host_str().unwrap_or_default().to_owned();
        let places = self.inner.places.get_with(place, || Arc::new(Semaphore::new(limits::PER_HOST)));
        // Held until the headers have come: most bodies arrive with them, and a slow one must not stop its neighbours.
        let _place = places.acquire_owned().await.map_err(|_| FetchError::Unreachable("no place".to_owned()))?;
        if let Some(signer) = signer {
            signer.sign(&method, url, body.as_deref(), &mut headers)?;
        }
        let mut request = self.inner.http.request(method, url.clone()).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        Ok(request.send().await?)
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, FetchError>>) -> Result<T, FetchError> {
    match tokio::time::timeout(limits::TOTAL, work).await {
        Ok(result) => result,
        Err(_) => Err(FetchError::Unreachable("took too long".to_owned())),
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, BuildError> {
    let wrong = |error: String| BuildError::Certificates(format!("{}: {error}", file.display()));
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    Certificate::from_pem_bundle(&text).map_err(|error| wrong(error.to_string()))
}

/// `None` when the answer is no redirect that can be followed.
fn redirect_target(response: &Response, from: &Url) -> Option<Result<Url, FetchError>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    let target = location.to_str().ok().and_then(|location| from.join(location).ok());
    Some(target.ok_or(FetchError::Refused(Refusal::Malformed)).map(|mut url| {
        url.set_fragment(None);
        url
    }))
}

fn check_status(response: &Response) -> Result<(), FetchError> {
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(FetchError::Gone),
        status @ (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => {
            Err(match retry_after(response.headers()) {
                Some(after) => FetchError::RetryAfter { status: status.as_u16(), after },
                None => FetchError::Status(status.as_u16()),
            })
        }
        status => Err(FetchError::Status(status.as_u16())),
    }
}

/// Seconds or a date, as RFC 9110 has it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    (date.with_timezone(&Utc) - DateTime::<Utc>::from(SystemTime::now())).to_std().ok()
}

/// `Content-Length` counts compressed bytes, so it is no lower bound of what comes, but a larger one than the limit is enough to know.
fn announced_too_large(response: &Response, limit: usize) -> bool {
    let announced =
        response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
    announced.is_some_and(|length| length > u64::try_from(limit).unwrap_or(u64::MAX))
}

async fn read(response: &mut Response, limit: usize, truncate: bool) -> Result<Bytes, FetchError> {
    if !truncate && announced_too_large(response, limit) {
        return Err(FetchError::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(mut chunk) = response.chunk().await? {
        let room = limit - body.len();
        if chunk.len() > room {
            if !truncate {
                return Err(FetchError::TooLarge);
            }
            chunk.truncate(room);
            body.extend_from_slice(&chunk);
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

async fn store(response: &mut Response, limit: usize, path: &Path) -> Result<u64, FetchError> {
    if announced_too_large(response, limit) {
        return Err(FetchError::TooLarge);
    }
    let failed = |error: std::io::Error| FetchError::Storage(error.to_string());
    let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
    let mut length = 0_usize;
    while let Some(chunk) = response.chunk().await? {
        length += chunk.len();
        if length > limit {
            return Err(FetchError::TooLarge);
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    u64::try_from(length).map_err(|_| FetchError::TooLarge)
}
