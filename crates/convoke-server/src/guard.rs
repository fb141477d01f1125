//! Stands before every handler of the API: checks the token, the account in the path, and the roles, in this order.
//!
//! An account that is somebody else's is answered exactly as one that does not exist, whatever the route and the role.

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::live::TOKEN_PROTOCOL;
use convoke_domain::account::Rejection;
use convoke_domain::id::AccountId;

use crate::access::{self, Who};
use crate::caller::{Caller, Peer, Tenant};
use crate::cookie;
use crate::problem::ApiError;
use crate::server::Shared;
use crate::window;

pub(crate) async fn guard(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let Some(who) = access::who(&parts.method, &path) else { return not_in_the_table(&path) };
    if who != Who::Anyone
        && let Err(error) = admit(&server, &mut parts, who).await
    {
        return error.into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// A path that is known with another method, or a route that somebody forgot to give a row: closed to everybody.
fn not_in_the_table(path: &str) -> Response {
    match access::allowed(path) {
        Some(methods) => {
            let mut response = ApiError::from(PlatformError::MethodNotAllowed).into_response();
            if let Ok(methods) = HeaderValue::from_str(&methods) {
                response.headers_mut().insert(ALLOW, methods);
            }
            response
        }
        None => ApiError::from(PlatformError::Forbidden).into_response(),
    }
}

async fn admit(server: &Shared, parts: &mut Parts, who: Who) -> Result<(), ApiError> {
    let caller = authenticate(server, parts)?;
    if let Some(account) = account_in_path(parts, server).await? {
        let tenant = tenant(server, &account, &caller)?;
        parts.extensions.insert(tenant);
    }
    permit(&caller, who)?;
    parts.extensions.insert(caller);
    Ok(())
}

/// Refuses whoever may not do what these may.
pub(crate) fn permit(caller: &Caller, who: Who) -> Result<(), ApiError> {
    let may = match who {
        Who::Anyone => true,
        Who::Operator => caller.account.is_none(),
        Who::Staff(roles) => caller.has_any(roles),
        Who::StaffAndConsumers(roles) => caller.consumer().is_some() || caller.has_any(roles),
    };
    if may {
        return Ok(());
    }
    let detail = format!("this needs {}", access::needed(who));
    Err(Problem::new(PlatformError::Forbidden, detail).into())
}

pub(crate) fn authenticate(server: &Shared, parts: &Parts) -> Result<Caller, ApiError> {
    let token = shown_token(&parts.headers).ok_or(PlatformError::AuthRequired)?;
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
    if peer.is_some_and(|address| !server.attempts.may_try(address)) {
        return Err(PlatformError::TooManyRequests.into());
    }
    let caller = server.auth.caller(&server.handle, token);
    let caller = caller.filter(|caller| window::counts(server, caller, &parts.headers));
    caller.ok_or_else(|| {
        if let Some(address) = peer {
            server.attempts.refused(address);
        }
        PlatformError::AuthRequired.into()
    })
}

/// The token of a request: in `Authorization`, for a WebSocket of a page among the subprotocols, or in the cookie of our
/// own pages.
pub(crate) fn shown_token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| subprotocol(headers)).or_else(|| cookie::token(headers))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn subprotocol(headers: &HeaderMap) -> Option<&str> {
    let offered = headers.get_all(SEC_WEBSOCKET_PROTOCOL).into_iter();
    let mut offered = offered.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    offered.find_map(|protocol| protocol.trim().strip_prefix(TOKEN_PROTOCOL))
}

async fn account_in_path(parts: &mut Parts, server: &Shared) -> Result<Option<String>, ApiError> {
    let Ok(params) = RawPathParams::from_request_parts(parts, server).await else {
        return Err(ApiError::field("path", "the path is not UTF-8"));
    };
    Ok(params.iter().find(|(name, _)| *name == "account").map(|(_, value)| value.to_owned()))
}

fn tenant(server: &Shared, account: &str, caller: &Caller) -> Result<Tenant, ApiError> {
    let own = caller.account.as_ref().is_none_or(|own| own.as_str() == account);
    let view = account.parse::<AccountId>().ok().filter(|_| own).and_then(|id| server.handle.account(&id));
    let view = view.ok_or(Rejection::AccountUnknown)?;
    Ok(Tenant { view, caller: caller.clone() })
}

/// Whether this token still speaks for `caller` with the same rights.
pub(crate) fn still_admitted(server: &Shared, token: &str, caller: &Caller) -> bool {
    server.auth.caller(&server.handle, token).as_ref() == Some(caller)
}
