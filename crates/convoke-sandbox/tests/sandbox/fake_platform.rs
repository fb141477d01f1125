//! A platform for tests: a few services, a few secrets, and a memory of what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use convoke_sandbox::platform::{
    Answering, DomainFailure, KeyValueAsk, KeyValueFailure, Platform, PlatformRequest, PlatformResponse,
    Secret, SecretFailure, ServiceDomain,
};
use serde_json::{Value, json};

/// What a test's platform answers to a request, by method and path; the first that gives an answer counts.
pub(crate) type Route = Box<dyn Fn(&PlatformRequest) -> Option<PlatformResponse> + Send + Sync>;

pub(crate) struct FakePlatform {
    seen: Mutex<Vec<PlatformRequest>>,
    secrets: Mutex<BTreeMap<String, (Value, u64)>>,
    reads: Mutex<u32>,
    kept: Mutex<BTreeMap<(String, String), (String, u64)>>,
    routes: Vec<Route>,
}

impl std::fmt::Debug for FakePlatform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakePlatform").finish_non_exhaustive()
    }
}

impl FakePlatform {
    /// Answers every request by saying what it was, and has no secrets.
    pub(crate) fn start() -> Arc<Self> {
        Self::with(&[], vec![])
    }

    /// Has these secrets and routes.
    pub(crate) fn with(secrets: &[(&str, Value)], routes: Vec<Route>) -> Arc<Self> {
        let secrets = secrets.iter().map(|(key, value)| ((*key).to_owned(), (value.clone(), 1))).collect();
        Arc::new(Self {
            seen: Mutex::default(),
            secrets: Mutex::new(secrets),
            reads: Mutex::default(),
            kept: Mutex::default(),
            routes,
        })
    }

    pub(crate) fn requests(&self) -> Vec<PlatformRequest> {
        self.seen.lock().unwrap().clone()
    }

    /// How often a secret was read.
    pub(crate) fn reads(&self) -> u32 {
        *self.reads.lock().unwrap()
    }

    /// The value of a secret now.
    pub(crate) fn secret(&self, key: &str) -> Value {
        self.secrets.lock().unwrap()[key].0.clone()
    }
}

impl Platform for FakePlatform {
    fn is_own_host(&self, host: &str, _port: u16) -> bool {
        host == "own.example.com"
    }

    fn request(&self, request: PlatformRequest) -> Answering<'_, PlatformResponse> {
        self.seen.lock().unwrap().push(request.clone());
        let routed = self.routes.iter().find_map(|route| route(&request));
        let response = routed.unwrap_or_else(|| match request.target.name() {
            "silent" => PlatformResponse::empty(599),
            name if name.starts_with("sentinel") => {
                PlatformResponse::json(200, &json!({ "token": "t0ken-of-the-function" })).confidential()
            }
            name => PlatformResponse::json(
                200,
                &json!({ "target": name, "method": request.method, "path": request.path }),
            ),
        });
        Box::pin(async move {
            if response.status == 599 {
                std::future::pending::<()>().await;
            }
            response
        })
    }

    fn read_secret<'a>(&'a self, key: &'a str) -> Answering<'a, Result<Secret, SecretFailure>> {
        *self.reads.lock().unwrap() += 1;
        let found = match key {
            "forbidden" => Err(SecretFailure::Forbidden),
            "stale" => Err(SecretFailure::NotAuthenticated),
            "broken" => Err(SecretFailure::Unavailable("the store is closed".into())),
            _ => match self.secrets.lock().unwrap().get(key) {
                Some((value, version)) => Ok(Secret { value: value.clone(), version: *version }),
                None => Err(SecretFailure::NotFound),
            },
        };
        Box::pin(async move {
            if key == "slow" {
                std::future::pending::<()>().await;
            }
            found
        })
    }

    fn update_secret<'a>(
        &'a self,
        key: &'a str,
        value: Value,
    ) -> Answering<'a, Result<Secret, SecretFailure>> {
        let mut secrets = self.secrets.lock().unwrap();
        let updated = match secrets.get_mut(key) {
            Some((old, version)) => {
                *old = value.clone();
                *version += 1;
                Ok(Secret { value, version: *version })
            }
            None => Err(SecretFailure::NotFound),
        };
        Box::pin(async move { updated })
    }

    /// What was written is there at once, as a run sees its own writes.
    fn key_value(&self, ask: KeyValueAsk) -> Answering<'_, Result<Value, KeyValueFailure>> {
        let mut kept = self.kept.lock().unwrap();
        let found = |key: &String, (json, version): &(String, u64)| json!({ "key": key, "value": serde_json::from_str::<Value>(json).unwrap(), "version": version });
        let answer = match ask {
            KeyValueAsk::Get { namespace, key } => {
                Ok(kept.get(&(namespace, key.clone())).map_or(Value::Null, |entry| found(&key, entry)))
            }
            KeyValueAsk::List { namespace, prefix, after, .. } => {
                let wanted = kept.iter().filter(|((space, key), _)| {
                    *space == namespace && key.starts_with(&prefix) && *key > after
                });
                Ok(wanted.map(|((_, key), entry)| found(key, entry)).collect())
            }
            KeyValueAsk::Write { namespace, key, json, version, .. } => {
                let place = (namespace, key);
                let there = kept.get(&place).map_or(0, |(_, version)| *version);
                if version.is_some_and(|version| version != there) {
                    let message = "another version is there".to_owned();
                    Err(KeyValueFailure { code: "key_value.version_conflict", message, version: Some(there) })
                } else {
                    match json {
                        Some(json) => drop(kept.insert(place, (json, there + 1))),
                        None => drop(kept.remove(&place)),
                    }
                    Ok(json!({ "version": there + 1 }))
                }
            }
        };
        Box::pin(async move { answer })
    }

    fn domains(&self) -> Answering<'_, Result<Vec<ServiceDomain>, DomainFailure>> {
        let named = |service: &str, domain: &str| ServiceDomain {
            service: service.to_owned(),
            domain: domain.to_owned(),
        };
        let domains = vec![
            named("msgHist", "va.msghist.liveperson.net"),
            named("swift", "objectstorage.liveperson.net"),
            named("faasGW", "faasgw.liveperson.net"),
        ];
        Box::pin(async move { Ok(domains) })
    }
}
