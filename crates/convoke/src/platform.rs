//! The platform as functions reach it: the planes and the account's secrets, in the name of the function that runs.
//!
//! Promises: whatever a function shows or asks for, it is itself: of its account, without a role. Leaves out: what the planes
//! answer, and how a secret is kept.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use convoke_domain::account::Rejection;
use convoke_domain::conversation::Cause;
use convoke_domain::id::SecretName;
use convoke_domain::key_value::Rejection as Refused;
use convoke_engine::key_values::{Found, KeyValueError, Transaction, Writing};
use convoke_engine::ports::Job;
use convoke_engine::{EngineError, Handle};
use convoke_sandbox::platform::{
    Answering, DomainFailure, KeyValueAsk, KeyValueFailure, Platform, PlatformRequest, PlatformResponse,
    Secret, SecretFailure, ServiceDomain,
};
use convoke_server::{FunctionPrincipal, InProcess};
use serde_json::{Value, json};

use crate::limits::KEYS_LISTED_USUAL;

/// What answers functions; there while the node serves.
#[derive(Clone, Default)]
pub(crate) struct PlatformSeat(Arc<RwLock<Option<Arc<Behind>>>>);

struct Behind {
    planes: InProcess,
    handle: Handle,
}

impl PlatformSeat {
    /// From now on functions are answered.
    pub(crate) fn take(&self, planes: InProcess, handle: Handle) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(Behind { planes, handle }));
    }

    /// From now on they are not: the engine ends when nobody can ask it any more.
    pub(crate) fn leave(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The platform in the name of one run.
    pub(crate) fn for_run(&self, job: &Job) -> Arc<dyn Platform> {
        let cause = Cause { invocation: job.invocation, command: None, depth: job.depth.saturating_add(1) };
        let by = FunctionPrincipal {
            account: job.account.clone(),
            function: job.function.map(|function| function.function),
            cause,
        };
        let key_values = Arc::clone(&job.key_values);
        Arc::new(OfRun { seat: self.clone(), by, live: job.live, key_values })
    }
}

struct OfRun {
    seat: PlatformSeat,
    by: FunctionPrincipal,
    live: bool,
    key_values: Arc<Transaction>,
}

impl std::fmt::Debug for OfRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfRun").field("by", &self.by).finish_non_exhaustive()
    }
}

impl OfRun {
    fn behind(&self) -> Option<Arc<Behind>> {
        self.seat.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(&self, request: PlatformRequest) -> PlatformResponse {
        let Some(behind) = self.behind() else { return PlatformResponse::empty(503) };
        if !self.live && !only_reads(&request) {
            let why =
                "this run is a test that changes nothing; run it with its calls to see what comes of them";
            return PlatformResponse::json(403, &json!({ "message": why }));
        }
        let target = request.target.name().to_owned();
        let mut asked = axum::http::Request::builder().method(request.method.as_str()).uri(&request.path);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        let Ok(asked) = asked.body(request.body) else { return PlatformResponse::empty(400) };
        let (parts, body) = behind.planes.request(self.by.clone(), &target, asked).await.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        PlatformResponse {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body,
            confidential: false,
        }
    }

    fn read(&self, key: &str) -> Result<Secret, SecretFailure> {
        let behind = self.behind().ok_or_else(not_yet)?;
        let name: SecretName = key.parse().map_err(invalid)?;
        let value = behind.handle.read_secret(&self.by.account, &name).map_err(failure)?;
        let json = serde_json::from_str(value.expose()).map_err(invalid)?;
        Ok(Secret { value: json, version: value.version.into() })
    }

    async fn update(&self, key: &str, value: Value) -> Result<Secret, SecretFailure> {
        let behind = self.behind().ok_or_else(not_yet)?;
        let name: SecretName = key.parse().map_err(invalid)?;
        // What is being tried out changes nothing that others rely on.
        let function = self.by.function.filter(|_| self.live).ok_or(SecretFailure::Forbidden)?;
        let updated = behind.handle.update_secret(&self.by.account, function, &name, &value).await;
        Ok(Secret { value, version: updated.map_err(failure)?.into() })
    }

    async fn asked(&self, ask: KeyValueAsk) -> Result<Value, KeyValueFailure> {
        let answer = match ask {
            KeyValueAsk::Get { namespace, key } => {
                let found = self.key_values.get(&namespace, &key).await.map_err(not_done)?;
                found.map_or(Value::Null, entry)
            }
            KeyValueAsk::List { namespace, prefix, after, limit } => {
                let most = limit.unwrap_or(KEYS_LISTED_USUAL);
                let found =
                    self.key_values.list(&namespace, &prefix, &after, most).await.map_err(not_done)?;
                found.into_iter().map(entry).collect()
            }
            KeyValueAsk::Write { namespace, key, json, ttl_seconds, version } => {
                let writing = Writing { json, time_to_live: ttl_seconds.map(Duration::from_secs), version };
                let version = self.key_values.write(&namespace, &key, writing).await.map_err(not_done)?;
                json!({ "version": version })
            }
        };
        Ok(answer)
    }

    fn services(&self) -> Result<Vec<ServiceDomain>, DomainFailure> {
        let behind =
            self.behind().ok_or_else(|| DomainFailure("the server is starting or stopping".to_owned()))?;
        let generation = behind.planes.generation(&self.by.account);
        let all = behind.planes.published().all(generation).into_iter();
        Ok(all.map(|(service, domain)| ServiceDomain { service, domain }).collect())
    }
}

impl Platform for OfRun {
    fn is_own_host(&self, host: &str, port: u16) -> bool {
        self.behind().is_some_and(|behind| behind.planes.published().is_own(host, port))
    }

    fn request(&self, request: PlatformRequest) -> Answering<'_, PlatformResponse> {
        Box::pin(self.answer(request))
    }

    fn read_secret<'a>(&'a self, key: &'a str) -> Answering<'a, Result<Secret, SecretFailure>> {
        let read = self.read(key);
        Box::pin(async move { read })
    }

    fn update_secret<'a>(
        &'a self,
        key: &'a str,
        value: Value,
    ) -> Answering<'a, Result<Secret, SecretFailure>> {
        Box::pin(self.update(key, value))
    }

    fn key_value(&self, ask: KeyValueAsk) -> Answering<'_, Result<Value, KeyValueFailure>> {
        Box::pin(self.asked(ask))
    }

    fn domains(&self) -> Answering<'_, Result<Vec<ServiceDomain>, DomainFailure>> {
        let services = self.services();
        Box::pin(async move { services })
    }
}

/// Whether a request changes nothing, whatever it is about. Searches in the history of conversations are sent as a POST.
fn only_reads(request: &PlatformRequest) -> bool {
    let path = request.path.split('?').next().unwrap_or_default();
    let searches = path.starts_with("/messaging_history/") && path.ends_with("/search");
    matches!(request.method.as_str(), "GET" | "HEAD") || (request.method == "POST" && searches)
}

fn entry(found: Found) -> Value {
    let Found { key, json, version } = found;
    let value: Value = serde_json::from_str(&json).unwrap_or_default();
    json!({ "key": key, "value": value, "version": version })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn not_done(error: KeyValueError) -> KeyValueFailure {
    let version = match &error {
        KeyValueError::Refused(Refused::VersionConflict { version }) => Some(*version),
        KeyValueError::Refused(_) | KeyValueError::Unavailable(_) => None,
    };
    KeyValueFailure { code: error.code(), message: error.to_string(), version }
}

fn not_yet() -> SecretFailure {
    SecretFailure::Unavailable("the server is starting or stopping".to_owned())
}

fn invalid(error: impl std::fmt::Display) -> SecretFailure {
    SecretFailure::Invalid(error.to_string())
}

fn failure(error: EngineError) -> SecretFailure {
    let EngineError::Account(rejection) = error else {
        return SecretFailure::Unavailable(error.to_string());
    };
    if matches!(rejection, Rejection::SecretUnknown(_)) {
        SecretFailure::NotFound
    } else if matches!(rejection, Rejection::RoleMissing { .. }) {
        SecretFailure::Forbidden
    } else {
        SecretFailure::Invalid(rejection.to_string())
    }
}

#[cfg(test)]
mod tests {
    use convoke_sandbox::platform::PlatformTarget;

    use super::*;

    fn reads(method: &str, path: &str) -> bool {
        only_reads(&PlatformRequest {
            target: PlatformTarget::Service("msgHist".to_owned()),
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new().into(),
        })
    }

    #[test]
    fn a_test_that_changes_nothing_may_search_all_of_the_history() {
        let history = "/messaging_history/api/account/demo/conversations";
        for search in ["search", "consumer/search", "conversation/search"] {
            assert!(reads("POST", &format!("{history}/{search}?limit=50")), "{search}");
        }
    }

    #[test]
    fn a_test_that_changes_nothing_sends_nothing_else() {
        let history = "/messaging_history/api/account/demo/conversations";
        for (method, path) in [
            ("PUT", format!("{history}/search")),
            ("DELETE", format!("{history}/conversation/search")),
            ("POST", format!("{history}/conversation/remove?then=/search")),
            ("POST", "/api/account/demo/events/search".to_owned()),
            ("POST", "/v1/account/demo/search".to_owned()),
        ] {
            assert!(!reads(method, &path), "{method} {path}");
        }
        assert!(reads("GET", "/v1/account/demo/shop"));
    }
}
