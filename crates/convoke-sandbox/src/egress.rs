//! The egress guard: the only way to the network for anything that a tenant can aim.
//!
//! Promises: a host's name is judged by the tenant's allow-list, its addresses by this guard; the connection goes to an
//! address that was judged, not to what a second lookup says; every redirect is judged as a request of its own; sizes and
//! times are capped; our own listeners are never reached. Leaves out: whose request it is, and recording it.

mod address;
mod client;
mod rate;
mod trace;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use convoke_domain::allow_list::DomainAllowList;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use url::{Host, Url};

use crate::platform::is_public_platform_host;

pub use self::client::{Resolver, Resolving, SystemResolver};
pub use self::rate::RateLimit;
pub use self::trace::Hop;

/// Redirects followed for one request: enough for a login hop or a moved host, not for a maze.
pub const REDIRECTS_MAX: usize = 5;
/// Body of an answer, in bytes, after decompression: what a function can parse within its memory.
pub const RESPONSE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Header fields of a request; servers refuse more.
pub const HEADERS_MAX: usize = 100;
/// One request with all its redirects.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// A URL, in bytes; servers refuse longer ones.
pub const URL_BYTES_MAX: usize = 16 * 1024;

/// What the operator chooses.
#[derive(Debug, Clone)]
pub struct EgressSettings {
    /// Whether loopback, private and other special addresses may be reached. For tests and closed networks.
    pub allow_private: bool,
    /// Where this process listens. Never reached, whatever else is allowed.
    pub own_listeners: Vec<SocketAddr>,
    /// Who turns names into addresses.
    pub resolver: Arc<dyn Resolver>,
}

impl Default for EgressSettings {
    fn default() -> Self {
        Self { allow_private: false, own_listeners: Vec::new(), resolver: Arc::new(SystemResolver) }
    }
}

/// What to do when the answer is a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirect {
    /// Follow it, judged anew.
    Follow,
    /// Hand it to the caller.
    Manual,
    /// Fail.
    Refuse,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to; `http` or `https`.
    pub url: Url,
    /// Header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// What to do with redirects.
    pub redirect: Redirect,
}

/// Its answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The URL that answered, after redirects.
    pub url: Url,
    /// Whether a redirect was followed.
    pub redirected: bool,
    /// Header fields, in order.
    pub headers: HeaderMap,
    /// The whole body, decompressed.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// Not `http` or `https`, without host, or too long.
    #[error("only http and https URLs with a host can be requested")]
    BadUrl,
    /// A header field that cannot be sent, or too many.
    #[error("the header \"{0}\" cannot be sent")]
    BadHeader(String),
    /// The tenant's allow-list does not name the host.
    #[error("the host \"{0}\" is not on the allow-list of this account")]
    HostNotAllowed(String),
    /// A host of the platform, which is answered in process and nowhere else.
    #[error("the host \"{0}\" is the platform's own and is not asked over the network")]
    PlatformHost(String),
    /// The host's name has no address.
    #[error("the host \"{0}\" has no address")]
    NotResolved(String),
    /// The host has an address that is not public.
    #[error("the host \"{0}\" has an address that functions may not reach")]
    AddressNotAllowed(String),
    /// A redirect that the request does not want.
    #[error("the answer is a redirect, which the request refuses")]
    RedirectRefused,
    /// More redirects than [`REDIRECTS_MAX`].
    #[error("more than {REDIRECTS_MAX} redirects")]
    TooManyRedirects,
    /// A body of more than [`RESPONSE_BYTES_MAX`].
    #[error("the answer has more than {RESPONSE_BYTES_MAX} bytes")]
    ResponseTooLarge,
    /// Not answered within [`REQUEST_TIME_MAX`].
    #[error("no complete answer within {} s", REQUEST_TIME_MAX.as_secs())]
    TimedOut,
    /// Connection, TLS or protocol failed.
    #[error("the request failed: {0}")]
    Failed(String),
}

impl EgressError {
    /// A stable name, which a function sees as the `code` of the error.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::BadUrl => "bad_url",
            Self::BadHeader(_) => "bad_header",
            Self::HostNotAllowed(_) => "host_not_allowed",
            Self::PlatformHost(_) => "platform_host",
            Self::NotResolved(_) => "not_resolved",
            Self::AddressNotAllowed(_) => "address_not_allowed",
            Self::RedirectRefused => "redirect_refused",
            Self::TooManyRedirects => "too_many_redirects",
            Self::ResponseTooLarge => "response_too_large",
            Self::TimedOut => "timed_out",
            Self::Failed(_) => "failed",
        }
    }
}

/// The guard. Cheap to clone.
#[derive(Clone)]
pub struct Egress {
    settings: Arc<EgressSettings>,
    clients: Arc<client::Clients>,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Egress {
    /// A guard with these settings.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(settings: EgressSettings) -> Result<Self, EgressError> {
        Ok(Self { settings: Arc::new(settings), clients: Arc::new(client::Clients::default()) })
    }

    /// Sends a request to a host that `domains` permits, and reads the whole answer.
    ///
    /// # Errors
    /// See [`EgressError`]. Nothing was sent to a host or address that is not permitted.
    pub async fn send(&self, domains: &DomainAllowList, request: Request) -> Result<Response, EgressError> {
        let whole = Box::pin(self.follow(domains, request));
        tokio::time::timeout(REQUEST_TIME_MAX, whole).await.unwrap_or(Err(EgressError::TimedOut))
    }

    async fn follow(&self, domains: &DomainAllowList, mut request: Request) -> Result<Response, EgressError> {
        let mut headers = header_map(&request.headers)?;
        for hop in 0..=REDIRECTS_MAX {
            let answer = self.hop(domains, &request, headers.clone()).await?;
            let target = if request.redirect == Redirect::Manual {
                None
            } else {
                redirect_target(&answer, &request.url)
            };
            let Some(target) = target else {
                return read(answer, request.url, hop > 0).await;
            };
            if request.redirect == Redirect::Refuse {
                return Err(EgressError::RedirectRefused);
            }
            turn(&mut request, &mut headers, answer.status(), target);
        }
        Err(EgressError::TooManyRedirects)
    }

    /// One request to one judged address.
    async fn hop(
        &self,
        domains: &DomainAllowList,
        request: &Request,
        headers: HeaderMap,
    ) -> Result<reqwest::Response, EgressError> {
        let (host, addresses) = self.judge(domains, &request.url).await?;
        let client = self.clients.to(&host, &addresses)?;
        let mut sending = client.request(request.method.clone(), request.url.clone()).headers(headers);
        if !request.body.is_empty() {
            sending = sending.body(request.body.clone());
        }
        sending.send().await.map_err(|error| failed(&error))
    }

    /// The addresses that a request to this URL may connect to.
    async fn judge(
        &self,
        domains: &DomainAllowList,
        url: &Url,
    ) -> Result<(String, Vec<SocketAddr>), EgressError> {
        if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > URL_BYTES_MAX {
            return Err(EgressError::BadUrl);
        }
        let port = url.port_or_known_default().ok_or(EgressError::BadUrl)?;
        let host = url.host_str().ok_or(EgressError::BadUrl)?.to_owned();
        if is_public_platform_host(&host) {
            return Err(EgressError::PlatformHost(host));
        }
        if !domains.permits(&host) {
            return Err(EgressError::HostNotAllowed(host));
        }
        let addresses = match url.host() {
            Some(Host::Ipv4(ip)) => vec![SocketAddr::new(IpAddr::V4(ip), port)],
            Some(Host::Ipv6(ip)) => vec![SocketAddr::new(IpAddr::V6(ip), port)],
            Some(Host::Domain(name)) => self
                .settings
                .resolver
                .resolve(name, port)
                .await
                .map_err(|_| EgressError::NotResolved(host.clone()))?
                .into_iter()
                .map(|address| SocketAddr::new(address.ip(), port))
                .collect(),
            None => return Err(EgressError::BadUrl),
        };
        if addresses.is_empty() {
            return Err(EgressError::NotResolved(host));
        }
        // One bad address condemns the name: mixing good and bad ones is how a guard is tricked into trying the next.
        if addresses.iter().all(|address| self.may_reach(*address)) {
            Ok((host, addresses))
        } else {
            Err(EgressError::AddressNotAllowed(host))
        }
    }

    fn may_reach(&self, address: SocketAddr) -> bool {
        let ip = address::plain(address.ip());
        let own = |listener: &SocketAddr| {
            let same = address::plain(listener.ip()) == ip
                || ip.is_loopback()
                || listener.ip().is_unspecified() && !address::is_public(ip);
            listener.port() == address.port() && same
        };
        (self.settings.allow_private || address::is_public(address.ip()))
            && !self.settings.own_listeners.iter().any(own)
    }
}

/// Header fields that belong to the connection or that would let a request pretend.
const OURS: [&str; 9] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "proxy-connection",
];
/// Header fields that must not follow a redirect to another origin.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

fn header_map(headers: &[(String, String)]) -> Result<HeaderMap, EgressError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().take(HEADERS_MAX + 1) {
        let bad = || EgressError::BadHeader(name.clone());
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        if map.len() >= HEADERS_MAX {
            return Err(bad());
        }
        if !OURS.contains(&key.as_str()) {
            map.append(key, HeaderValue::from_str(value).map_err(|_| bad())?);
        }
    }
    Ok(map)
}

fn redirect_target(answer: &reqwest::Response, from: &Url) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = answer.headers().get("location")?.to_str().ok()?;
    from.join(target).ok()
}

/// Turns a request to where a redirect points, as the fetch standard has it.
fn turn(request: &mut Request, headers: &mut HeaderMap, status: StatusCode, target: Url) {
    let becomes_get = status == StatusCode::SEE_OTHER && request.method != Method::HEAD
        || matches!(status.as_u16(), 301 | 302) && request.method == Method::POST;
    if becomes_get {
        request.method = Method::GET;
        request.body = Bytes::new();
        for name in ["content-type", "content-encoding", "content-language", "content-location"] {
            headers.remove(name);
        }
    }
    if target.origin() != request.url.origin() {
        for name in CREDENTIALS {
            headers.remove(name);
        }
    }
    request.url = target;
}

async fn read(mut answer: reqwest::Response, url: Url, redirected: bool) -> Result<Response, EgressError> {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > RESPONSE_BYTES_MAX {
            return Err(EgressError::ResponseTooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, url, redirected, headers, body: body.freeze() })
}

/// The innermost reason, without the URL: that can carry secrets.
fn failed(error: &reqwest::Error) -> EgressError {
    let mut reason: &dyn std::error::Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    let stage = if error.is_connect() { "cannot connect: " } else { "" };
    EgressError::Failed(format!("{stage}{reason}"))
}
