//! The platform as a function reaches it: requests to its services, the account's secrets, the domains of its services.
//!
//! Promises: everything crosses here as data, in the name of the one run that it was granted to; nothing of it leaves the
//! process. Leaves out: who answers, and what the principal of the run may do. The binary names an implementation.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use serde_json::Value;

/// What a lookup gives, later.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Answers one run's requests, as that run's own principal: one value per run knows account, function, cause and depth.
pub trait Platform: Send + Sync + fmt::Debug {
    /// Whether a host is one of the platform's own beside `*.liveperson.net`; requests to it are diverted to [`request`].
    ///
    /// [`request`]: Platform::request
    fn is_own_host(&self, host: &str, port: u16) -> bool;

    /// Answers a request to a service. What is refused, unknown or not there is an answer with a status, as on a network.
    fn request(&self, request: PlatformRequest) -> Answering<'_, PlatformResponse>;

    /// Reads a secret of the account.
    fn read_secret<'a>(&'a self, key: &'a str) -> Answering<'a, Result<Secret, SecretFailure>>;

    /// Replaces the value of a secret that exists.
    fn update_secret<'a>(
        &'a self,
        key: &'a str,
        value: Value,
    ) -> Answering<'a, Result<Secret, SecretFailure>>;

    /// Reads or writes key-values of the account. What is written becomes true with the run's answer, or not at all.
    fn key_value(&self, ask: KeyValueAsk) -> Answering<'_, Result<Value, KeyValueFailure>>;

    /// The domains of all services, by name.
    fn domains(&self) -> Answering<'_, Result<Vec<ServiceDomain>, DomainFailure>>;
}

/// Who a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformTarget {
    /// A service by its published name: `msgHist`, `faasGW`, `mavenContext`, …
    Service(String),
    /// A host of the platform, in lower case, as the function wrote it in a URL.
    Host(String),
}

impl PlatformTarget {
    /// Its name, for logs and metrics.
    pub fn name(&self) -> &str {
        match self {
            Self::Service(name) | Self::Host(name) => name,
        }
    }
}

/// A request to the platform, shaped like HTTP.
#[derive(Clone, PartialEq, Eq)]
pub struct PlatformRequest {
    /// Who shall answer.
    pub target: PlatformTarget,
    /// In upper case.
    pub method: String,
    /// Path and query, beginning with `/`.
    pub path: String,
    /// Header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
}

impl fmt::Debug for PlatformRequest {
    // Headers and bodies can hold credentials and what people wrote.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        f.debug_struct("PlatformRequest")
            .field("target", &self.target)
            .field("method", &self.method)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}

/// Its answer.
#[derive(Clone, PartialEq, Eq)]
pub struct PlatformResponse {
    /// The status.
    pub status: u16,
    /// Header fields, in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// Whether the body is a credential, for instance a token: then it is left out of recordings.
    pub confidential: bool,
}

impl PlatformResponse {
    /// An answer in JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Bytes::from(body.to_string()),
            confidential: false,
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), confidential: false }
    }

    /// The same, kept out of recordings.
    #[must_use]
    pub fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }
}

impl fmt::Debug for PlatformResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A secret as a function sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Text, or any JSON.
    pub value: Value,
    /// Counts its values; what recordings name in place of the value.
    pub version: u64,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("version", &self.version).finish_non_exhaustive()
    }
}

/// Why there is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretFailure {
    /// The account has none of this name.
    #[error("there is no secret of this name")]
    NotFound,
    /// The run's own credentials do not count any more, for instance because its function was deleted.
    #[error("the function is not authenticated any more")]
    NotAuthenticated,
    /// This function may not use it.
    #[error("the function may not use this secret")]
    Forbidden,
    /// The name or the value is not one that a secret can have.
    #[error("{0}")]
    Invalid(String),
    /// It cannot be read or written now.
    #[error("{0}")]
    Unavailable(String),
}

/// What is asked of key-values. Rules are whoever's answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named as in the module `convoke`")]
pub enum KeyValueAsk {
    /// Gives `{value, version}`, or `null`.
    Get { namespace: String, key: String },
    /// Gives a list of `{key, value, version}`.
    List { namespace: String, prefix: String, after: String, limit: Option<usize> },
    /// Gives `{version}`; without `json` the key is deleted.
    Write {
        namespace: String,
        key: String,
        json: Option<String>,
        ttl_seconds: Option<u64>,
        version: Option<u64>,
    },
}

/// Why they are not read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValueFailure {
    /// Stable code.
    pub code: &'static str,
    /// In words.
    pub message: String,
    /// The version that is there, if another one was expected.
    pub version: Option<u64>,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceDomain {
    /// Its name, as in [`PlatformTarget::Service`].
    pub service: String,
    /// Host, or host and port.
    pub domain: String,
}

/// Why there are no domains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DomainFailure(pub String);

/// Whether a host is under the platform's public domain. Such hosts are never asked over the network.
pub fn is_public_platform_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let Some(start) = host.len().checked_sub(PUBLIC_DOMAIN.len()) else { return false };
    host.is_char_boundary(start)
        && host[start..].eq_ignore_ascii_case(PUBLIC_DOMAIN)
        && (start == 0 || host.as_bytes()[start - 1] == b'.')
}

/// The domain in which the contract's services are published, and which sources name literally.
const PUBLIC_DOMAIN: &str = "liveperson.net";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_under_the_public_domain_are_the_platforms() {
        for host in ["liveperson.net", "va.msghist.liveperson.net", "API.LivePerson.NET", "x.liveperson.net."]
        {
            assert!(is_public_platform_host(host), "{host}");
        }
        for host in ["notliveperson.net", "liveperson.net.example.com", "liveperson.com", "", "é.net"] {
            assert!(!is_public_platform_host(host), "{host}");
        }
    }

    #[test]
    fn what_is_secret_is_not_printed() {
        let secret = Secret { value: Value::from("s3cr3t"), version: 2 };
        let response = PlatformResponse::json(200, &serde_json::json!({ "token": "s3cr3t" }));
        let request = PlatformRequest {
            target: PlatformTarget::Service("sentinel".into()),
            method: "POST".into(),
            path: "/token?key=s3cr3t".into(),
            headers: vec![("authorization".into(), "s3cr3t".into())],
            body: Bytes::from_static(b"s3cr3t"),
        };
        assert!(!format!("{secret:?}{response:?}{request:?}").contains("s3cr3t"));
    }
}
