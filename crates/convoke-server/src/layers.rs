//! What happens around every request: an id and a log entry, a time limit, a net under panics, headers that keep browsers
//! careful.
//!
//! Logs have the route as it is written in the table, never the address as it was sent: addresses can carry secrets.

use std::panic::AssertUnwindSafe;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use futures_util::FutureExt as _;
use tracing::{Instrument as _, debug, error, info_span};

use crate::limits::ANSWER_TIME_MAX;
use crate::problem::ApiError;
use crate::server::Shared;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Pages may load only what is in their own files: no script and no style sheet that somebody wrote into a page counts.
/// Attributes may say how one element looks, because the editor places each line that way; they select nothing, so they
/// read nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; \
                      style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Names the request, answers for it whatever happens, and notes what came of it.
pub(crate) async fn around(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let id = format!("{:016x}", server.handle.entropy().bits() >> 64);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = info_span!("request", %id, %method, route);
    let mut response = within_bounds(request, next, &id).instrument(span.clone()).await;
    let status = response.status();
    span.in_scope(|| debug!(status = status.as_u16(), "answered"));
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn within_bounds(request: Request, next: Next, id: &str) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(ANSWER_TIME_MAX, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            error!(panic = panic_message(&*panic), "a request panicked");
            let detail = format!("something went wrong on our side; the server's log has it as request {id}");
            ApiError::from(Problem::new(PlatformError::Internal, detail)).into_response()
        }
        Err(_) => ApiError::from(PlatformError::RequestTimedOut).into_response(),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}
