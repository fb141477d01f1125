//! What webhooks send: by the same guard as what functions send, and with less patience.

use bytes::Bytes;
use convoke_domain::account::Egress;
use convoke_engine::ports::{Post, PostError};
use convoke_sandbox::Sandbox;
use convoke_sandbox::egress::{EgressError, Redirect, Request};
use reqwest::Method;

use super::convert;
use crate::limits::POST_TIME_MAX;

/// Posts by the guard of `sandbox`; the status of the answer.
pub(super) async fn post(sandbox: &Sandbox, egress: &Egress, post: Post) -> Result<u16, PostError> {
    let named = |error: EgressError| PostError { reason: error.reason() };
    let url = post.url.parse().map_err(|_| named(EgressError::BadUrl))?;
    let request = Request {
        method: Method::POST,
        url,
        headers: post.headers,
        body: Bytes::from(post.body),
        redirect: Redirect::Manual,
    };
    let domains = convert::domains(egress);
    let sending = sandbox.egress().send(&domains, request);
    match tokio::time::timeout(POST_TIME_MAX, sending).await {
        Ok(answer) => answer.map(|answer| answer.status.as_u16()).map_err(named),
        Err(_) => Err(named(EgressError::TimedOut)),
    }
}
