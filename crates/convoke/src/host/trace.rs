//! Where a URL leads, for whoever keeps the allow-list: the sandbox's guard follows, this tells.

use convoke_domain::account::Egress;
use convoke_engine::ports::EgressHop;
use convoke_sandbox::Sandbox;
use convoke_sandbox::egress::{EgressError, Hop};
use url::Url;

use super::convert;

/// Follows the redirects of `url` by the guard of `sandbox`.
pub(super) async fn trace(sandbox: &Sandbox, egress: &Egress, url: &str) -> Vec<EgressHop> {
    match url.parse() {
        Ok(url) => {
            let hops = sandbox.egress().trace(&convert::domains(egress), url).await;
            hops.into_iter().map(told).collect()
        }
        Err(_) => vec![EgressHop {
            url: String::new(),
            host: String::new(),
            permitted: false,
            status: None,
            error: Some("this is no URL".to_owned()),
        }],
    }
}

fn told(hop: Hop) -> EgressHop {
    let out_of_reach = matches!(hop.outcome, Err(EgressError::AddressNotAllowed(_) | EgressError::BadUrl));
    let host = hop.url.host_str().filter(|_| !out_of_reach).unwrap_or_default().to_owned();
    EgressHop {
        url: shown(&hop.url),
        host,
        permitted: hop.permitted,
        status: hop.outcome.as_ref().ok().copied(),
        error: hop.outcome.err().map(|error| error.to_string()),
    }
}

/// A URL without what may be secret in it.
fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}
