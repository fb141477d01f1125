//! `agentVep`: logging in with a name and a password as the tools do, or with an app key as bots do.
//!
//! A session is a token of the user. Its cookie and its csrf are derived from the token's id with a key of the installation,
//! so nothing more is kept. An unknown session is a 401: on any other error the tools break off even when they only want to
//! log in anew.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, SET_COOKIE};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use convoke_api::lp::login::{Config, Login, Refresh, Refreshed, Session};
use convoke_domain::account::{Actor, Command, Principal};
use convoke_domain::id::{AccountId, TokenId};
use convoke_engine::EngineError;
use serde_json::json;
use tracing::error;

use super::request::{Sent, parse};
use crate::auth::{LoginError, SessionProof, Signed, SignedRequest, VerifiedUser};
use crate::caller::Peer;
use crate::extract::Params;
use crate::server::Shared;

const COOKIE_NAME: &str = "session_id";

/// Begins a session.
pub(super) async fn login(
    State(server): State<Shared>,
    peer: Option<Peer>,
    params: Params,
    uri: Uri,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let asked = sent.bytes().and_then(|bytes| match bytes.as_ref() {
        [] => Ok(Login::Signed { username: None }),
        bytes => parse::<Login>(bytes),
    });
    let Ok(asked) = asked else {
        return refused(StatusCode::BAD_REQUEST, "send {\"username\": …, \"password\": …} as JSON");
    };
    let account = params.text("account");
    let request = SignedRequest {
        method: "POST",
        host: host(&uri, &headers),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
    };
    let signed = (signature(&headers), request);
    let verified = match verify(&server, account, asked, signed, peer.map(|peer| peer.0.ip())).await {
        Ok(verified) => verified,
        Err(LoginError::Refused) => {
            return refused(StatusCode::UNAUTHORIZED, "wrong account, name, password, key or signature");
        }
        Err(LoginError::TooMany) => {
            return refused(StatusCode::TOO_MANY_REQUESTS, "too many logins; wait a minute");
        }
    };
    let Ok(account) = account.parse::<AccountId>() else {
        return refused(StatusCode::UNAUTHORIZED, "wrong account, name, password, key or signature");
    };
    begin(&server, &account, &verified).await
}

/// Who logs in.
async fn verify(
    server: &Shared,
    account: &str,
    asked: Login,
    (signed, request): (Option<Signed>, SignedRequest<'_>),
    address: Option<IpAddr>,
) -> Result<VerifiedUser, LoginError> {
    let (auth, handle) = (&server.auth, &server.handle);
    match asked {
        Login::Person { username, password } => {
            auth.verify_login(handle, account, &username, &password, address).await
        }
        Login::Bot(bot) => auth.verify_bot(handle, account, &bot, address),
        Login::Signed { username } => {
            let signed = signed.ok_or(LoginError::Refused)?;
            auth.verify_signed(handle, account, (&signed, &request), username.as_deref(), address)
        }
    }
}

async fn begin(server: &Shared, account: &AccountId, verified: &VerifiedUser) -> Response {
    match server.auth.open_session(&server.handle, account, verified).await {
        Ok(session) => {
            let proof = server.auth.session_proof(account, session.token.id);
            let known =
                server.handle.account(account).and_then(|view| view.account.user(verified.user).cloned());
            let config = Config {
                user_id: verified.user.to_string(),
                user_pid: known.as_ref().map(|user| user.pid.hyphenated().to_string()).unwrap_or_default(),
                login_name: known.map(|user| user.login_name).unwrap_or_default(),
            };
            let SessionProof { cookie, csrf } = proof;
            let session = Session { bearer: session.token.text, csrf, session_id: cookie.clone(), config };
            with_cookie(&cookie, Json(session))
        }
        Err(failure) => failed(&failure),
    }
}

/// The signature in the header, if there is one.
fn signature(headers: &HeaderMap) -> Option<Signed> {
    Signed::read(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

/// The host that a request names.
fn host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> &'r str {
    let named = uri.authority().map(Authority::as_str);
    named.or_else(|| headers.get(HOST)?.to_str().ok()).unwrap_or_default()
}

/// Says whether a session goes on.
pub(super) async fn refresh(
    State(server): State<Shared>,
    params: Params,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let csrf = sent.json::<Refresh>().map(|refresh| refresh.csrf).unwrap_or_default();
    match session(&server, &params, &headers, &csrf) {
        Some((_, _, cookie)) => with_cookie(&cookie.clone(), Json(Refreshed { csrf, session_id: cookie })),
        None => unknown(),
    }
}

/// Ends a session.
pub(super) async fn logout(
    State(server): State<Shared>,
    params: Params,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let csrf = sent.json::<Refresh>().map(|refresh| refresh.csrf).unwrap_or_default();
    let Some((account, id, _)) = session(&server, &params, &headers, &csrf) else { return unknown() };
    let ended = server.handle.configure(&account, &Actor::System, Command::RevokeToken { id }).await;
    match ended {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => failed(&failure),
    }
}

/// The session whose cookie a request carries, if it goes on and the csrf belongs to it.
fn session(
    server: &Shared,
    params: &Params,
    headers: &HeaderMap,
    csrf: &str,
) -> Option<(AccountId, TokenId, String)> {
    let account: AccountId = params.text("account").parse().ok()?;
    let cookie = cookie(headers)?;
    let id = server.auth.proved_session(&account, &cookie, csrf)?;
    let view = server.handle.account(&account)?;
    let token = view.account.tokens.get(&id).filter(|token| server.auth.now() < token.expires_at)?;
    let Principal::User(user) = token.principal else { return None };
    view.account.user(user).filter(|user| user.enabled)?;
    Some((account, id, cookie))
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut pairs = all.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value.to_owned())
}

fn with_cookie(cookie: &str, body: impl IntoResponse) -> Response {
    let cookie = format!("{COOKIE_NAME}={cookie}; Path=/; Secure; HttpOnly; SameSite=Strict");
    ([(SET_COOKIE, cookie)], body).into_response()
}

fn unknown() -> Response {
    refused(StatusCode::UNAUTHORIZED, "there is no such session; log in")
}

fn failed(failure: &EngineError) -> Response {
    error!(%failure, "a session could not be opened or ended");
    refused(StatusCode::SERVICE_UNAVAILABLE, "try again in a moment")
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message, "statusCode": status.as_u16()}}))).into_response()
}

#[cfg(test)]
mod tests;
