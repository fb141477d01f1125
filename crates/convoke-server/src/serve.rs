//! Puts the routes on a listener: bounded connections, bounded heads, an orderly end.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use tracing::{debug, info, warn};

use crate::caller::Peer;
use crate::limits;

/// Serves `router` on `listener` until `stopping` is cancelled; then takes no more connections, lets what is under way
/// end, for ten seconds at most, and returns. `stopping` is the one of the [`crate::Server`].
///
/// # Errors
/// If the listener has no address.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) -> io::Result<()> {
    info!(address = %listener.local_addr()?, "listening");
    let connections = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let tasks = TaskTracker::new();
    while let Some((stream, permit)) = next(&listener, &connections, &stopping).await {
        let Ok(peer) = stream.peer_addr() else { continue };
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(Peer(peer));
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEAD_TIME_MAX)
            .max_buf_size(limits::HEAD_BYTES_MAX)
            .max_headers(limits::HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(limits::SHUTDOWN_TIME_MAX, graceful.shutdown()).await.is_err() {
        warn!("some requests did not end in time; they are cut off");
    }
    Ok(())
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
