//! `fetch`: from the prelude's description of a request to the egress guard and back.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::egress::{Egress, EgressError, Redirect, Request, Response};
use crate::execution::OutboundCall;
use crate::grant::Grant;
use crate::guest::Settled;

#[derive(Deserialize)]
struct Described {
    url: String,
    method: String,
    headers: Vec<(String, String)>,
    text: Option<String>,
    base64: Option<String>,
    redirect: String,
}

/// An answered request, for the guest and for the record.
pub(crate) struct Fetched {
    pub(crate) settled: Settled,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<String>,
}

/// What to record of a request, and the request itself, to be polled.
pub(crate) fn begin<'a>(
    egress: &'a Egress,
    grant: Grant,
    arguments: &str,
) -> (OutboundCall, impl Future<Output = Fetched> + use<'a>) {
    let request = read(arguments);
    let call = OutboundCall {
        host: request.as_ref().ok().and_then(|request| request.url.host_str()).unwrap_or_default().to_owned(),
        method: request.as_ref().map_or_else(|_| String::new(), |request| request.method.to_string()),
        status: None,
        duration: Duration::ZERO,
        error: None,
    };
    let sending = async move {
        let request = match request {
            Ok(request) => request,
            Err(error) => return refused(&error),
        };
        if !grant.rate.take(Instant::now()) {
            return too_fast(&request);
        }
        match egress.send(&grant.domains, request).await {
            Ok(response) => answered(&response),
            Err(error) => refused(&error),
        }
    };
    (call, sending)
}

fn read(arguments: &str) -> Result<Request, EgressError> {
    let described: Described = serde_json::from_str(arguments)
        .map_err(|error| EgressError::Failed(format!("not a request: {error}")))?;
    let body = match (described.text, described.base64) {
        (Some(text), _) => Bytes::from(text),
        (None, Some(base64)) => Bytes::from(
            STANDARD.decode(base64).map_err(|_| EgressError::Failed("a body that is not base64".into()))?,
        ),
        (None, None) => Bytes::new(),
    };
    Ok(Request {
        method: described
            .method
            .parse()
            .map_err(|_| EgressError::Failed("a method that is not one".into()))?,
        url: url::Url::parse(&described.url).map_err(|_| EgressError::BadUrl)?,
        headers: described.headers,
        body,
        redirect: match described.redirect.as_str() {
            "manual" => Redirect::Manual,
            "error" => Redirect::Refuse,
            _ => Redirect::Follow,
        },
    })
}

#[derive(Serialize)]
struct Answer<'a> {
    status: u16,
    #[serde(rename = "statusText")]
    status_text: &'a str,
    url: &'a str,
    redirected: bool,
    headers: Vec<(&'a str, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

fn answered(response: &Response) -> Fetched {
    let text = std::str::from_utf8(&response.body).ok();
    let headers = response.headers.iter();
    let answer = Answer {
        status: response.status.as_u16(),
        status_text: response.status.canonical_reason().unwrap_or_default(),
        url: response.url.as_str(),
        redirected: response.redirected,
        headers: headers
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        text,
        base64: text.is_none().then(|| STANDARD.encode(&response.body)),
    };
    settled(&answer)
}

/// The contract's answer to a function that calls out too often.
fn too_fast(request: &Request) -> Fetched {
    let answer = Answer {
        status: 429,
        status_text: "Too Many Requests",
        url: request.url.as_str(),
        redirected: false,
        headers: vec![("retry-after", "1".to_owned())],
        text: Some("This function has made more than 20 requests in a second."),
        base64: None,
    };
    Fetched { error: Some("rate_limited".to_owned()), ..settled(&answer) }
}

fn settled(answer: &Answer<'_>) -> Fetched {
    let text = serde_json::to_string(answer).expect("texts and numbers are always JSON");
    Fetched { settled: Settled { fulfilled: true, text }, status: Some(answer.status), error: None }
}

fn refused(error: &EgressError) -> Fetched {
    let text = serde_json::json!({ "message": error.to_string(), "code": error.reason() }).to_string();
    Fetched {
        settled: Settled { fulfilled: false, text },
        status: None,
        error: Some(error.reason().to_owned()),
    }
}
