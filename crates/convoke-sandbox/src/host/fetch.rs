//! `fetch`, also with a client certificate: from the prelude's description of a request to the egress guard and back. What is addressed to the platform is
//! diverted to it, and never asked over the network.

use std::time::{Duration, Instant};

use serde::Deserialize;
use url::Url;

use super::answer::{Answer, Body, Done};
use super::platform;
use crate::egress::{ClientIdentity, Egress, EgressError, Redirect, Request, Response};
use crate::execution::OutboundCall;
use crate::grant::Grant;
use crate::platform::{PlatformRequest, PlatformTarget, is_public_platform_host};

#[derive(Deserialize)]
struct Described {
    url: String,
    method: String,
    headers: Vec<(String, String)>,
    redirect: String,
    #[serde(flatten)]
    body: Body,
    cert: Option<String>,
    key: Option<String>,
    ca: Option<String>,
}

/// What to record of a request, and the request itself, to be polled.
pub(crate) fn begin<'a>(
    egress: &'a Egress,
    grant: Grant,
    arguments: &str,
) -> (OutboundCall, impl Future<Output = Done> + use<'a>) {
    let request = read(arguments);
    let known = request.as_ref().ok().map(|(request, _)| request);
    let call = OutboundCall {
        host: known.and_then(|request| request.url.host_str()).unwrap_or_default().to_owned(),
        method: known.map(|request| request.method.to_string()).unwrap_or_default(),
        status: None,
        duration: Duration::ZERO,
        error: None,
    };
    let sending = async move {
        match request {
            Ok((request, identity)) => send(egress, &grant, request, identity).await,
            Err(error) => refused(&error),
        }
    };
    (call, sending)
}

async fn send(egress: &Egress, grant: &Grant, request: Request, identity: Option<ClientIdentity>) -> Done {
    let host = request.url.host_str().unwrap_or_default().to_ascii_lowercase();
    let port = request.url.port_or_known_default().unwrap_or_default();
    let own = grant.platform.as_ref().is_some_and(|platform| platform.is_own_host(&host, port));
    if own || is_public_platform_host(&host) {
        let url = request.url.clone();
        return platform::send(grant.platform.as_deref(), diverted(host, request), url.as_str()).await;
    }
    if !grant.rate.take(Instant::now()) {
        return too_fast(&request.url);
    }
    let sent = match &identity {
        Some(identity) => egress.send_as(&grant.domains, request, identity).await,
        None => egress.send(&grant.domains, request).await,
    };
    match sent {
        Ok(response) => answered(&response),
        Err(error) => refused(&error),
    }
}

fn diverted(host: String, request: Request) -> PlatformRequest {
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    PlatformRequest {
        target: PlatformTarget::Host(host),
        method: request.method.to_string(),
        path: format!("{}{query}", request.url.path()),
        headers: request.headers,
        body: request.body,
    }
}

fn read(arguments: &str) -> Result<(Request, Option<ClientIdentity>), EgressError> {
    let described: Described = serde_json::from_str(arguments)
        .map_err(|error| EgressError::Failed(format!("not a request: {error}")))?;
    let not_base64 = || EgressError::Failed("a body that is not base64".into());
    let identity = described.cert.zip(described.key).map(|(certificate, key)| ClientIdentity {
        certificate,
        key,
        authority: described.ca,
    });
    let request = Request {
        method: described
            .method
            .parse()
            .map_err(|_| EgressError::Failed("a method that is not one".into()))?,
        url: Url::parse(&described.url).map_err(|_| EgressError::BadUrl)?,
        headers: described.headers,
        body: described.body.bytes().ok_or_else(not_base64)?,
        redirect: match described.redirect.as_str() {
            "manual" => Redirect::Manual,
            "error" => Redirect::Refuse,
            _ => Redirect::Follow,
        },
    };
    Ok((request, identity))
}

/// The answer of a server.
pub(crate) fn answered(response: &Response) -> Done {
    let headers = response.headers.iter();
    let answer = Answer {
        status: response.status.as_u16(),
        status_text: response.status.canonical_reason().unwrap_or_default(),
        url: response.url.as_str(),
        redirected: response.redirected,
        headers: headers
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: &response.body,
    };
    answer.done()
}

/// The contract's answer to a function that calls out too often.
pub(crate) fn too_fast(url: &Url) -> Done {
    let answer = Answer {
        status: 429,
        status_text: "Too Many Requests",
        url: url.as_str(),
        redirected: false,
        headers: vec![("retry-after", "1".to_owned())],
        body: b"This function has made more than 20 requests in a second.",
    };
    Done { error: Some("rate_limited".to_owned()), ..answer.done() }
}

/// The guard's refusal, or a failure on the way.
pub(crate) fn refused(error: &EgressError) -> Done {
    Done::rejected(error.reason(), &error.to_string())
}
