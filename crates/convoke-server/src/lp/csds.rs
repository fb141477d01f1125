//! CSDS: where an account's services are. Also served alone, on a plain listener, because some clients ask that way.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use convoke_api::lp::csds::{BaseUri, BaseUris};
use convoke_domain::account::Generation;
use convoke_domain::id::AccountId;
use serde_json::json;

use crate::extract::Params;
use crate::server::Shared;

/// Every service that is asked for by name.
const SERVICES: [&str; 26] = [
    "faasGW",
    "faasUI",
    "sentinel",
    "agentVep",
    "msgHist",
    "accountConfigReadOnly",
    "accountConfigReadWrite",
    "asyncMessaging",
    "asyncMessagingEnt",
    "engHistDomain",
    "rtbf",
    "auditLog",
    "auditlog",
    "smt",
    "pusher",
    "leDataReporting",
    "msgEwtAPI",
    "msdkgw",
    "swift",
    "mavenContext",
    "mtlsGateway",
    "idp",
    "facadeMsg",
    "acCdnDomain",
    "messagingRestApiDomain",
    "shiftstatus",
];

/// Where clients are told to find services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Host, and port if it is not 443, of every service that has no address of its own.
    pub usual: String,
    /// The addresses of some services, by name.
    pub of_service: BTreeMap<String, String>,
    /// The same for accounts of the second generation, before the others.
    pub of_service_v2: BTreeMap<String, String>,
}

impl Published {
    /// All services at `host`, where TLS is on `port`. Clients want a bare host where they can have one.
    pub fn at(host: &str, port: u16) -> Self {
        let usual = if port == 443 { host.to_owned() } else { format!("{host}:{port}") };
        Self { usual, of_service: BTreeMap::new(), of_service_v2: BTreeMap::new() }
    }

    /// The hosts of all addresses, without ports.
    pub fn hosts(&self) -> Vec<String> {
        let own = self.of_service.values().chain(self.of_service_v2.values());
        let hosts: BTreeSet<&str> =
            std::iter::once(&self.usual).chain(own).map(|address| host_of(address)).collect();
        hosts.into_iter().map(str::to_owned).collect()
    }

    /// Whether a host is one of ours. What means this machine is ours on the published port only: other programs listen
    /// there, too.
    pub fn is_own(&self, host: &str, port: u16) -> bool {
        let values = self.of_service.values().chain(self.of_service_v2.values());
        std::iter::once(&self.usual).chain(values).any(|address| {
            host_of(address).eq_ignore_ascii_case(host)
                && (!means_this_machine(host) || port_of(address) == port)
        })
    }

    /// The service whose own address has this host, if it is one service's alone.
    pub fn service_at(&self, host: &str) -> Option<&str> {
        let own = self.of_service.iter().chain(&self.of_service_v2);
        let mut named = own.filter(|(_, address)| host_of(address).eq_ignore_ascii_case(host));
        named.next().map(|(service, _)| service.as_str())
    }

    /// Where an account of this generation finds a service; `None` if there is no such service.
    pub fn address(&self, service: &str, generation: Generation) -> Option<String> {
        let own = self.of_service.get(service);
        if generation == Generation::V2 {
            if let Some(address) = self.of_service_v2.get(service) {
                return Some(address.clone());
            }
            // What marks the second generation, where no host says it: clients read it, connections do not.
            let mark = match service {
                "faasGW" => "fninvocations@",
                "faasUI" => "functions@",
                _ => "",
            };
            let known = own.is_some() || SERVICES.contains(&service);
            return known.then(|| format!("{mark}{}", own.unwrap_or(&self.usual)));
        }
        own.cloned().or_else(|| SERVICES.contains(&service).then(|| self.usual.clone()))
    }

    /// All services of an account of this generation, by name.
    pub fn all(&self, generation: Generation) -> BTreeMap<String, String> {
        let named = self.of_service.keys().chain(self.of_service_v2.keys()).map(String::as_str);
        let known = SERVICES.into_iter().chain(named);
        known.filter_map(|service| Some((service.to_owned(), self.address(service, generation)?))).collect()
    }
}

/// The host in an address, without a mark before it and a port after it.
fn host_of(address: &str) -> &str {
    let host = address.rsplit_once('@').map_or(address, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}

fn port_of(address: &str) -> u16 {
    address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(443)
}

fn means_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The routes, for every listener that has them.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/account/{account}/service/baseURI.json", get(list))
        .route("/api/account/{account}/service/baseURI", get(list))
        .route("/api/account/{account}/service/{service}/baseURI.json", get(one))
        .route("/api/account/{account}/service/{service}/baseURI", get(one))
}

async fn list(State(server): State<Shared>, params: Params) -> Response {
    let Some((account, generation)) = generation_of(&server, &params) else { return unknown() };
    let entry = |(service, base_uri)| BaseUri { account: account.clone(), service, base_uri };
    let base_uris = server.planes.published.all(generation).into_iter().map(entry).collect();
    Json(BaseUris { base_uris }).into_response()
}

async fn one(State(server): State<Shared>, params: Params) -> Response {
    let Some((account, generation)) = generation_of(&server, &params) else { return unknown() };
    let service = params.text("service").to_owned();
    match server.planes.published.address(&service, generation) {
        Some(base_uri) => Json(BaseUri { account, service, base_uri }).into_response(),
        None => unknown(),
    }
}

fn generation_of(server: &Shared, params: &Params) -> Option<(String, Generation)> {
    let account: AccountId = params.text("account").parse().ok()?;
    let view = server.handle.account(&account)?;
    Some((account.to_string(), view.account.generation))
}

fn unknown() -> Response {
    let body = json!({"error": "there is no such account or service"});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_host_is_published_where_tls_is_on_its_usual_port() {
        assert_eq!(
            Published::at("lp.example.com", 443).address("msgHist", Generation::V1).unwrap(),
            "lp.example.com"
        );
        assert_eq!(
            Published::at("localhost", 8443).address("faasUI", Generation::V1).unwrap(),
            "localhost:8443"
        );
        assert_eq!(Published::at("localhost", 8443).address("nothing", Generation::V1), None);
    }

    #[test]
    fn the_second_generation_is_marked_in_the_names_of_its_functions_planes() {
        let mut published = Published::at("localhost", 443);
        assert_eq!(published.address("faasGW", Generation::V2).unwrap(), "fninvocations@localhost");
        assert_eq!(published.address("faasUI", Generation::V2).unwrap(), "functions@localhost");
        assert_eq!(published.address("sentinel", Generation::V2).unwrap(), "localhost");
        published.of_service_v2.insert("faasGW".to_owned(), "fninvocations.example.com".to_owned());
        assert_eq!(published.address("faasGW", Generation::V2).unwrap(), "fninvocations.example.com");
        assert_eq!(published.address("faasGW", Generation::V1).unwrap(), "localhost");
    }

    #[test]
    fn published_hosts_are_known_as_our_own() {
        let mut published = Published::at("localhost", 8443);
        published.of_service.insert("msgHist".to_owned(), "history.example.com:444".to_owned());
        for (host, port) in [("localhost", 8443), ("history.example.com", 444), ("History.Example.Com", 80)] {
            assert!(published.is_own(host, port), "{host}:{port}");
        }
        for (host, port) in [("example.com", 443), ("localhost", 3000), ("localhost", 443)] {
            assert!(!published.is_own(host, port), "{host}:{port}");
        }
        assert_eq!(published.service_at("history.example.com"), Some("msgHist"));
        assert_eq!(published.service_at("localhost"), None);
    }
}
