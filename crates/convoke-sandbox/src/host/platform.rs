//! Operations that the platform answers: requests to its services, secrets, domains.
//!
//! Promises: arguments are data, so that an operation can be issued again; a secret's value reaches the guest and nothing else.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Body, Done};
use super::hidden::Learned;
use crate::execution::OutboundCall;
use crate::guest::Settled;
use crate::guest::state::Operation;
use crate::platform::{
    KeyValueAsk, KeyValueFailure, Platform, PlatformRequest, PlatformTarget, Secret, SecretFailure,
};

/// The code of everything that needs a platform where none was granted.
const NO_PLATFORM: &str = "no_platform";

/// What the prelude says: all that any of these operations needs.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Described {
    service: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    key: String,
    value: Value,
    namespace: String,
    prefix: String,
    after: String,
    limit: Option<usize>,
    ttl: Option<u64>,
    version: Option<u64>,
    delete: bool,
    #[serde(flatten)]
    body: Body,
}

/// What to record of an operation, and the operation itself, to be polled.
pub(crate) fn begin(
    operation: Operation,
    platform: Option<Arc<dyn Platform>>,
    arguments: &str,
) -> (OutboundCall, impl Future<Output = Done> + use<>) {
    let described = serde_json::from_str::<Described>(arguments).map_err(|error| error.to_string());
    let call = call(operation, described.as_ref().ok());
    let asking = async move {
        match described {
            Ok(described) => ask(operation, platform.as_deref(), described).await,
            Err(why) => Done::rejected("bad_arguments", &why),
        }
    };
    (call, asking)
}

fn call(operation: Operation, described: Option<&Described>) -> OutboundCall {
    let key_values =
        matches!(operation, Operation::KeyValueGet | Operation::KeyValueList | Operation::KeyValueWrite);
    let (target, method) = match (operation, described) {
        (_, Some(described)) if key_values => (described.namespace.clone(), operation.name().to_owned()),
        (Operation::Platform, Some(described)) => (described.service.clone(), described.method.clone()),
        (Operation::SecretRead | Operation::SecretUpdate, Some(described)) => {
            (described.key.clone(), operation.name().to_owned())
        }
        (_, Some(described)) => (described.service.clone(), operation.name().to_owned()),
        (_, None) => (String::new(), operation.name().to_owned()),
    };
    OutboundCall { host: target, method, status: None, duration: Duration::ZERO, error: None }
}

async fn ask(operation: Operation, platform: Option<&dyn Platform>, described: Described) -> Done {
    let Some(platform) = platform else { return without_platform() };
    match operation {
        Operation::SecretRead => secret(&described.key, platform.read_secret(&described.key).await),
        Operation::SecretUpdate => {
            secret(&described.key, platform.update_secret(&described.key, described.value).await)
        }
        Operation::CsdsGet => domain(platform, &described.service).await,
        Operation::CsdsAll => domains(platform).await,
        Operation::Platform => request(platform, described).await,
        Operation::KeyValueGet | Operation::KeyValueList | Operation::KeyValueWrite => {
            key_value(platform, operation, described).await
        }
        Operation::Timer | Operation::Fetch | Operation::Mtls => {
            Done::rejected("bad_arguments", "not for the platform")
        }
    }
}

async fn request(platform: &dyn Platform, described: Described) -> Done {
    let Some(body) = described.body.bytes() else {
        return Done::rejected("bad_arguments", "a body that is not base64");
    };
    if !described.path.starts_with('/') {
        return Done::rejected("bad_arguments", "a path begins with a slash");
    }
    let url = format!("https://{}{}", described.service, described.path);
    let request = PlatformRequest {
        target: PlatformTarget::Service(described.service),
        method: described.method,
        path: described.path,
        headers: described.headers,
        body,
    };
    send(Some(platform), request, &url).await
}

/// Has a request answered; `url` is what the answer says it came from.
pub(crate) async fn send(platform: Option<&dyn Platform>, request: PlatformRequest, url: &str) -> Done {
    let Some(platform) = platform else { return without_platform() };
    let response = platform.request(request).await;
    let answer = Answer {
        status: response.status,
        status_text: reqwest::StatusCode::from_u16(response.status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default(),
        url,
        redirected: false,
        headers: response.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        body: &response.body,
    };
    let recorded = response.confidential.then(|| json!({ "status": response.status }).to_string());
    Done { recorded, ..answer.done() }
}

fn secret(key: &str, found: Result<Secret, SecretFailure>) -> Done {
    match found {
        Ok(Secret { value, version }) => Done {
            recorded: Some(json!({ "key": key, "version": version }).to_string()),
            learned: Some(Learned { key: key.to_owned(), version, value: value.clone() }),
            ..Done::fulfilled(json!({ "key": key, "value": value }).to_string())
        },
        Err(failure) => {
            let code = match &failure {
                SecretFailure::NotFound => "not_found",
                SecretFailure::Forbidden => "forbidden",
                SecretFailure::NotAuthenticated => "not_authenticated",
                SecretFailure::Invalid(_) => "invalid_format",
                SecretFailure::Unavailable(_) => "unavailable",
            };
            Done::rejected(code, &failure.to_string())
        }
    }
}

async fn key_value(platform: &dyn Platform, operation: Operation, described: Described) -> Done {
    let Described { namespace, key, value, prefix, after, limit, ttl, version, delete, .. } = described;
    let ask = match operation {
        Operation::KeyValueGet => KeyValueAsk::Get { namespace, key },
        Operation::KeyValueList => KeyValueAsk::List { namespace, prefix, after, limit },
        Operation::KeyValueWrite => {
            let json = (!delete).then(|| value.to_string());
            KeyValueAsk::Write { namespace, key, json, ttl_seconds: ttl, version }
        }
        Operation::Timer
        | Operation::Fetch
        | Operation::Mtls
        | Operation::Platform
        | Operation::SecretRead
        | Operation::SecretUpdate
        | Operation::CsdsGet
        | Operation::CsdsAll => return Done::rejected("bad_arguments", "not for key-values"),
    };
    match platform.key_value(ask).await {
        Ok(answer) => Done::fulfilled(answer.to_string()),
        Err(KeyValueFailure { code, message, version }) => {
            let text = json!({ "message": message, "code": code, "version": version }).to_string();
            Done { settled: Settled { fulfilled: false, text }, ..Done::rejected(code, &message) }
        }
    }
}

async fn domain(platform: &dyn Platform, service: &str) -> Done {
    match platform.domains().await {
        Ok(domains) => match domains.into_iter().find(|known| known.service == service) {
            Some(found) => Done::fulfilled(json!(found.domain).to_string()),
            None => Done::rejected("not_found", &format!("there is no service \"{service}\"")),
        },
        Err(failure) => Done::rejected("unavailable", &failure.0),
    }
}

async fn domains(platform: &dyn Platform) -> Done {
    match platform.domains().await {
        Ok(domains) => {
            let all: Vec<Value> = domains
                .into_iter()
                .map(|known| json!({ "service": known.service, "domain": known.domain }))
                .collect();
            Done::fulfilled(json!(all).to_string())
        }
        Err(failure) => Done::rejected("unavailable", &failure.0),
    }
}

fn without_platform() -> Done {
    Done::rejected(NO_PLATFORM, "this run has no platform behind it")
}
