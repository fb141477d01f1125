//! The consumer window's beginning: somebody whom nobody knows becomes a consumer, on pages that the account lists.
//!
//! The page sends its JSON as text, which browsers let pass without asking first; what protects the account is not that
//! question but the origin, which is compared here. An account without a window, a page that is not listed and an account
//! that does not exist are answered alike. Nothing is kept of a visit: the token says all of it.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use convoke_api::body::parse_body;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::window::{OpenWindow, WindowSession};
use convoke_domain::account::{Account, Rejection};
use convoke_domain::id::{AccountId, ConsumerId};

use crate::caller::Peer;
use crate::extract::{Params, read};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;
use crate::{limits, window};

/// Who one is in the consumer window: the same as before, or somebody new. Asked by a page that the account lists, whatever
/// its content type; a page that may not is answered as if there were no such account.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/window", tag = "consumers",
    request_body = OpenWindow, responses((status = 200, body = WindowSession)))]
pub(super) async fn open(
    State(server): State<Shared>,
    params: Params,
    peer: Option<Peer>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let account = params.text("account").parse::<AccountId>().ok();
    let view = account.and_then(|account| server.handle.account(&account));
    let Some(view) = view.filter(|view| window::may_be_on(&view.account, &headers)) else {
        let refused = ApiError::from(Rejection::AccountUnknown);
        return with_origin(refused.into_response(), None);
    };
    let body = read(request, limits::BODY_BYTES_MAX).await;
    let session = body.and_then(|body| visit(&server, &view.account, peer, &body));
    let answer = session.map_or_else(IntoResponse::into_response, |session| Json(session).into_response());
    with_origin(answer, window::origin(&headers))
}

fn visit(server: &Shared, account: &Account, peer: Option<Peer>, body: &[u8]) -> Answer<WindowSession> {
    let open: OpenWindow = if body.is_empty() { OpenWindow::default() } else { parse_body(body)? };
    let skill = open.skill.or_else(|| account.default_skill.clone());
    if let Some(skill) = skill.as_ref().filter(|skill| !account.skill_enabled(skill)) {
        return Err(Rejection::SkillUnknown(skill.clone()).into());
    }
    let known = open.id_token.is_some();
    let consumer = match open.id_token {
        Some(id_token) => identified(server, account, &id_token, open.token.as_deref())?,
        None => anybody(server, account, peer, open.token.as_deref())?,
    };
    let (token, expires_at) = server.auth.window_token(&account.id, consumer, known);
    let (hours, now) = (account.hours_of(skill.as_ref()), server.handle.now());
    let off_hours = !hours.is_on(now);
    let back_at = hours.next_on(now).filter(|_| off_hours);
    Ok(WindowSession { consumer, token, known, expires_at, off_hours, back_at })
}

/// Who the brand says that it is. What it said is good for minutes, a visit that began with it for longer.
fn identified(server: &Shared, account: &Account, id_token: &str, token: Option<&str>) -> Answer<ConsumerId> {
    let (consumer, counts) = server
        .auth
        .identified(&account.id, id_token)
        .ok_or_else(|| ApiError::field("id_token", "this account's installation gave out no such token"))?;
    let before = || token.and_then(|token| server.auth.window_consumer(&account.id, token, true));
    if counts || before() == Some(consumer) {
        return Ok(consumer);
    }
    let detail = "the id_token is over; the brand's server asks for another one";
    Err(Problem::new(PlatformError::AuthRequired, detail).into())
}

/// Whoever was here before, or somebody new.
fn anybody(
    server: &Shared,
    account: &Account,
    peer: Option<Peer>,
    token: Option<&str>,
) -> Answer<ConsumerId> {
    if let Some(consumer) = token.and_then(|token| server.auth.window_consumer(&account.id, token, false)) {
        return Ok(consumer);
    }
    server.visits.newcomer(peer.map(|peer| peer.0.ip()))?;
    Ok(server.handle.new_consumer())
}

/// The answer as the page that asked may read it, and no other.
fn with_origin(mut response: Response, origin: Option<&str>) -> Response {
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin.and_then(|origin| HeaderValue::from_str(origin).ok()) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

#[cfg(test)]
mod tests;
