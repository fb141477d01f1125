//! Which generation a request is answered in.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use convoke_api::lp::failure::Plane;
use convoke_domain::account::{Account, Generation};

/// What marks the hosts of the second generation; clients look for the same.
const MARKS: [&str; 2] = ["fninvocations", "functions"];

/// The generation of a request that both have: the tool's, where it says so; else the host's, else the account's.
pub(super) fn generation(parts: &Parts, plane: Plane, account: Option<&Account>) -> Generation {
    if plane == Plane::Management && says_first(parts) {
        return Generation::V1;
    }
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.host()).unwrap_or_default();
    if MARKS.iter().any(|mark| host.contains(mark)) {
        return Generation::V2;
    }
    account.map_or(Generation::V1, |account| account.generation)
}

/// Whether a tool is of the first generation, whatever the account is: it asks management for `v=1`, and those of the second
/// never do (functions contract §3.2, §4). At the gateway the same words are said by clients of both.
fn says_first(parts: &Parts) -> bool {
    parts.uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "v=1"))
}

/// The generation of this request, as the guard found it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken(pub(super) Generation);

impl<S: Sync> FromRequestParts<S> for Spoken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // The guard puts it there before any handler.
        Ok(parts.extensions.get().copied().unwrap_or(Self(Generation::V1)))
    }
}
