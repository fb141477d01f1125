//! Where a URL leads: the chain of its redirects, hop by hop, and which hosts of it the allow-list does not name.
//!
//! For whoever keeps the allow-list. Names are not held against a hop, so that one look shows everything that is missing;
//! addresses are judged as for every other request.

use convoke_domain::allow_list::DomainAllowList;
use reqwest::Method;
use reqwest::header::HeaderMap;
use url::Url;

use super::{Egress, EgressError, REDIRECTS_MAX, REQUEST_TIME_MAX, Redirect, Request, redirect_target};

/// One request of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// Where.
    pub url: Url,
    /// Whether the allow-list names the host.
    pub permitted: bool,
    /// The status, or why there is none.
    pub outcome: Result<u16, EgressError>,
}

impl Egress {
    /// Follows the redirects of `url`, reading no bodies.
    pub async fn trace(&self, domains: &DomainAllowList, url: Url) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut next = Some(url);
        while let Some(url) = next.take() {
            if hops.len() > REDIRECTS_MAX {
                hops.push(Hop { url, permitted: false, outcome: Err(EgressError::TooManyRedirects) });
                break;
            }
            let permitted = url.host_str().is_some_and(|host| domains.permits(host));
            let answer = tokio::time::timeout(REQUEST_TIME_MAX, self.look(&url)).await;
            let answer = answer.unwrap_or(Err(EgressError::TimedOut));
            if let Ok((_, target)) = &answer {
                next.clone_from(target);
            }
            hops.push(Hop { url, permitted, outcome: answer.map(|(status, _)| status) });
        }
        hops
    }

    /// The status of one answer, and where it points to.
    async fn look(&self, url: &Url) -> Result<(u16, Option<Url>), EgressError> {
        let request = Request {
            method: Method::GET,
            url: url.clone(),
            headers: Vec::new(),
            body: bytes::Bytes::new(),
            redirect: Redirect::Manual,
        };
        let answer = self.hop(&DomainAllowList::Any, &request, HeaderMap::new()).await?;
        Ok((answer.status().as_u16(), redirect_target(&answer, url)))
    }
}
