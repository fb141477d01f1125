//! Names to addresses, and clients that connect only to addresses that were judged.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use super::EgressError;
use crate::pem::is_certificate;

/// Clients kept with their connections; the next one beyond starts over, which costs new connections only.
const CLIENTS_MAX: usize = 128;
/// Addresses tried for one host.
const ADDRESSES_MAX: usize = 8;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long an unused connection is kept: shorter than servers keep theirs, so that few requests meet a closed one.
const IDLE_TIME_MAX: Duration = Duration::from_secs(15);

/// What a lookup gives.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Turns names into addresses.
pub trait Resolver: Send + Sync + fmt::Debug {
    /// The addresses of a host.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Resolving<'a> {
        Box::pin(
            async move { Ok(tokio::net::lookup_host((host, port)).await?.take(ADDRESSES_MAX).collect()) },
        )
    }
}

/// Who a request shows itself to be, and whom it trusts.
#[derive(Clone)]
pub struct ClientIdentity {
    /// Certificates in PEM, its own first.
    pub certificate: String,
    /// Its private key in PEM.
    pub key: String,
    /// Certificates in PEM that the server's must lead to, instead of the public ones.
    pub authority: Option<String>,
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").finish_non_exhaustive()
    }
}

impl ClientIdentity {
    /// A client that reaches `host` at these addresses as this identity. It is not kept: connections that carry an
    /// identity are not for anyone else.
    pub(crate) fn client(
        &self,
        host: &str,
        addresses: &[SocketAddr],
    ) -> Result<reqwest::Client, EgressError> {
        let both = format!("{}\n{}", self.key, self.certificate);
        let identity = reqwest::Identity::from_pem(both.as_bytes());
        let mut building = builder(host, addresses).identity(identity.map_err(|_| self.unreadable())?);
        if let Some(authority) = &self.authority {
            let trusted = reqwest::Certificate::from_pem_bundle(authority.as_bytes());
            building = building.tls_certs_only(trusted.map_err(|_| EgressError::BadCertificate)?);
        }
        building.build().map_err(|_| self.unreadable())
    }

    /// Which of the two cannot be read.
    fn unreadable(&self) -> EgressError {
        if is_certificate(&self.certificate) { EgressError::BadKey } else { EgressError::BadCertificate }
    }
}

fn builder(host: &str, addresses: &[SocketAddr]) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .resolve_to_addrs(host, addresses)
        .connect_timeout(CONNECT_TIME_MAX)
        .pool_idle_timeout(IDLE_TIME_MAX)
}

/// One client per host and judged addresses: connections are never shared across a change of address.
#[derive(Default)]
pub(crate) struct Clients {
    kept: Mutex<BTreeMap<(String, Vec<SocketAddr>), reqwest::Client>>,
}

impl Clients {
    /// A client that reaches `host` at these addresses and nothing else.
    pub(crate) fn to(&self, host: &str, addresses: &[SocketAddr]) -> Result<reqwest::Client, EgressError> {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut sorted = addresses.to_vec();
        sorted.sort();
        let key = (host.to_owned(), sorted);
        if let Some(client) = kept.get(&key) {
            return Ok(client.clone());
        }
        let client =
            builder(host, addresses).build().map_err(|error| EgressError::Failed(error.to_string()))?;
        if kept.len() >= CLIENTS_MAX {
            kept.clear();
        }
        kept.insert(key, client.clone());
        Ok(client)
    }
}
