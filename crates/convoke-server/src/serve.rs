//! Puts the routes on a listener, plain or with TLS: bounded connections, bounded heads, an orderly end.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OptionalFromRequestParts, Request};
use axum::http::request::Parts;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use crate::caller::Peer;
use crate::tls::Tls;
use crate::{forwarded, limits};

/// A listener, what is spoken there, and what answers.
pub struct Endpoint {
    /// Where connections come in.
    pub listener: TcpListener,
    /// With it, nothing but TLS is spoken.
    pub tls: Option<Tls>,
    /// What answers.
    pub router: Router,
    /// Whether all that comes in was passed on by a reverse proxy, which says in `X-Forwarded-For` where it came from. Anybody
    /// who reaches the listener past the proxy can say what they want.
    pub behind_proxy: bool,
}

/// Serves all endpoints until `stopping` is cancelled; then takes no more connections, lets what is under way end, for ten
/// seconds at most, and returns. `stopping` is the one of the [`crate::Server`].
///
/// # Errors
/// If a listener has no address.
pub async fn serve(endpoints: Vec<Endpoint>, stopping: CancellationToken) -> io::Result<()> {
    let serving = endpoints.into_iter().map(|endpoint| serve_one(endpoint, stopping.clone()));
    futures_util::future::try_join_all(serving).await.map(drop)
}

async fn serve_one(endpoint: Endpoint, stopping: CancellationToken) -> io::Result<()> {
    let Endpoint { listener, tls, router, behind_proxy } = endpoint;
    info!(address = %listener.local_addr()?, tls = tls.is_some(), "listening");
    let connections = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let tasks = TaskTracker::new();
    while let Some((stream, permit)) = next(&listener, &connections, &stopping).await {
        let Ok(peer) = stream.peer_addr() else { continue };
        let slot = Slot::new(permit, &tasks);
        let (router, stopping) = (router.clone(), stopping.clone());
        let connection = Connection { peer: Peer(peer), behind_proxy, slot, router, stopping };
        match tls.clone() {
            None => drop(tasks.spawn(connection.serve(stream))),
            Some(tls) => drop(tasks.spawn(connection.serve_secured(tls, stream))),
        }
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(limits::SHUTDOWN_TIME_MAX, tasks.wait()).await.is_err() {
        warn!("some requests did not end in time; they are cut off");
    }
    Ok(())
}

/// A connection that was accepted.
struct Connection {
    peer: Peer,
    behind_proxy: bool,
    slot: Slot,
    router: Router,
    stopping: CancellationToken,
}

impl Connection {
    /// Answers its requests behind a handshake.
    async fn serve_secured(self, tls: Tls, stream: TcpStream) {
        let secured = tokio::select! {
            secured = tls.accept(stream) => secured,
            () = self.stopping.cancelled() => None,
        };
        if let Some(secured) = secured {
            self.serve(secured).await;
        }
    }

    /// Answers its requests until it ends.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { peer, behind_proxy, slot, router, stopping } = self;
        let lent = slot.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            let told = behind_proxy.then(|| forwarded::client(request.headers())).flatten();
            request.extensions_mut().insert(told.map_or(peer, Peer));
            request.extensions_mut().insert(lent.clone());
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEAD_TIME_MAX)
            .max_buf_size(limits::HEAD_BYTES_MAX)
            .max_headers(limits::HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopping.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!(%error, "a connection broke");
        }
        drop(slot);
    }
}

/// One of the connections that a listener may have. Whoever keeps it counts as one, also after the connection became
/// something else than HTTP, and is waited for when the server stops.
#[derive(Clone)]
pub(crate) struct Slot {
    _taken: Arc<(OwnedSemaphorePermit, TaskTrackerToken)>,
}

impl Slot {
    fn new(permit: OwnedSemaphorePermit, tasks: &TaskTracker) -> Self {
        Self { _taken: Arc::new((permit, tasks.token())) }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Slot {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get().cloned())
    }
}

/// The next connection, once there is room for it; `None` when the server stops.
async fn next(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
    stopping: &CancellationToken,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    loop {
        let accepted = async {
            let permit = Arc::clone(connections).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            accepted = accepted => accepted,
            () = stopping.cancelled() => return None,
        };
        let permit = permit.expect("the semaphore is never closed");
        match accepted {
            Ok((stream, _)) => {
                // Answers are written whole; waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                return Some((stream, permit));
            }
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(limits::ACCEPT_RETRY).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::testing::{ACME, Kit};

    /// A served kit; the address and the task that serves.
    async fn served(kit: &Kit) -> (SocketAddr, JoinHandle<io::Result<()>>) {
        serving(kit, false).await
    }

    async fn serving(kit: &Kit, behind_proxy: bool) -> (SocketAddr, JoinHandle<io::Result<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = kit.router.clone();
        let endpoint = Endpoint { listener, tls: None, router, behind_proxy };
        let serving = serve(vec![endpoint], kit.stopping.clone());
        (address, TaskTracker::new().spawn(serving))
    }

    async fn read_until(stream: &mut TcpStream, text: &str) -> String {
        let mut read = String::new();
        let mut buffer = [0; 4096];
        while !read.contains(text) {
            let count = stream.read(&mut buffer).await.unwrap();
            if count == 0 {
                break;
            }
            read.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        read
    }

    #[tokio::test]
    async fn the_page_and_the_demo_session_come_over_a_socket() {
        let kit = Kit::new().await;
        let (address, serving) = served(&kit).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let page = read_until(&mut stream, "</html>").await;
        assert!(
            page.starts_with("HTTP/1.1 200 OK")
                && page.contains("content-security-policy: default-src 'none'")
        );
        assert!(!page.contains("<style") && !page.contains("onclick="), "nothing inline");
        let ask =
            format!("POST /api/v1/demo/session HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        assert!(read_until(&mut stream, "admin_token").await.starts_with("HTTP/1.1 200 OK"));
        drop(stream);
        kit.stopping.cancel();
        serving.await.unwrap().unwrap();
    }

    /// How a wrong token is answered that comes from `client`, as a proxy says.
    async fn wrong_token(stream: &mut TcpStream, client: &str) -> String {
        let head = format!(
            "GET /api/v1/accounts/{ACME} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\nX-Forwarded-For: {client}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        read_until(stream, "}").await[..12].to_owned()
    }

    #[tokio::test]
    async fn behind_a_proxy_each_client_is_counted_by_its_own_address() {
        let kit = Kit::new().await;
        let (address, _serving) = serving(&kit, true).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        for _ in 0..limits::REFUSED_TOKENS_MAX {
            assert_eq!(wrong_token(&mut stream, "10.0.0.9, 192.0.2.1").await, "HTTP/1.1 401");
        }
        assert_eq!(wrong_token(&mut stream, "10.0.0.8, 192.0.2.1").await, "HTTP/1.1 429");
        assert_eq!(wrong_token(&mut stream, "10.0.0.9, 192.0.2.2").await, "HTTP/1.1 401");
    }

    #[tokio::test]
    async fn without_a_proxy_nobody_chooses_the_address_they_are_counted_by() {
        let kit = Kit::new().await;
        let (address, _serving) = served(&kit).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        for host in 0..limits::REFUSED_TOKENS_MAX {
            assert_eq!(wrong_token(&mut stream, &format!("192.0.2.{host}")).await, "HTTP/1.1 401");
        }
        assert_eq!(wrong_token(&mut stream, "192.0.2.250").await, "HTTP/1.1 429");
    }

    #[tokio::test]
    async fn a_stopping_server_lets_followers_go_and_ends() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let (address, serving) = served(&kit).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let token = kit.consumer(ACME, 7);
        let ask = format!(
            "GET /api/v1/accounts/{ACME}{path}/follow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(ask.as_bytes()).await.unwrap();
        assert!(read_until(&mut stream, "event: opened").await.contains("text/event-stream"));
        kit.stopping.cancel();
        serving.await.unwrap().unwrap();
        // The stream ends as a whole answer does, and the connection with it.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(b"0\r\n\r\n"));
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_arrive_ends_the_connection() {
        let kit = Kit::new().await;
        let (address, _serving) = served(&kit).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        let began = tokio::time::Instant::now();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(began.elapsed() >= limits::HEAD_TIME_MAX);
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let kit = Kit::new().await;
        let (address, _serving) = served(&kit).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head =
            format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(2 * limits::HEAD_BYTES_MAX));
        // The server may close before all of it was written.
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = [0; 12];
        let read = stream.read_exact(&mut answer).await;
        assert!(read.is_err() || &answer == b"HTTP/1.1 431", "{answer:?}");
    }
}
