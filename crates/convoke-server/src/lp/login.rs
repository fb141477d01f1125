//! `agentVep`: logging in with a name and a password, as the tools do.
//!
//! A session is a token of the user. Its cookie and its csrf are derived from the token's id with a key of the installation,
//! so nothing more is kept. An unknown session is a 401: on any other error the tools break off even when they only want to
//! log in anew.

use axum::Json;
use axum::extract::State;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use convoke_api::lp::login::{Config, Login, Refresh, Refreshed, Session};
use convoke_domain::account::{Actor, Command, Principal};
use convoke_domain::id::{AccountId, TokenId};
use convoke_engine::EngineError;
use serde_json::json;
use tracing::error;

use super::request::{Sent, parse};
use crate::auth::{LoginError, SessionProof};
use crate::caller::Peer;
use crate::extract::Params;
use crate::server::Shared;

const COOKIE_NAME: &str = "session_id";

/// Begins a session.
pub(super) async fn login(
    State(server): State<Shared>,
    peer: Option<Peer>,
    params: Params,
    sent: Sent,
) -> Response {
    let asked = sent.bytes().and_then(|bytes| parse::<Login>(&bytes));
    let Ok(asked) = asked else {
        return refused(StatusCode::BAD_REQUEST, "send {\"username\": …, \"password\": …} as JSON");
    };
    let account = params.text("account");
    let address = peer.map(|peer| peer.0.ip());
    let (login_name, verified) = match asked {
        Login::Person { username, password } => {
            let verified = server.auth.verify_login(&server.handle, account, &username, &password, address);
            let verified = verified.await;
            (username, verified)
        }
        Login::Bot(bot) => {
            let verified = server.auth.verify_bot(&server.handle, account, &bot, address);
            (bot.username, verified)
        }
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(LoginError::Refused) => {
            return refused(StatusCode::UNAUTHORIZED, "wrong account, name or password");
        }
        Err(LoginError::TooMany) => {
            return refused(StatusCode::TOO_MANY_REQUESTS, "too many failed logins; wait a minute");
        }
    };
    let Ok(account) = account.parse::<AccountId>() else {
        return refused(StatusCode::UNAUTHORIZED, "wrong account, name or password");
    };
    match server.auth.open_session(&server.handle, &account, &verified).await {
        Ok(session) => {
            let proof = server.auth.session_proof(&account, session.token.id);
            let known =
                server.handle.account(&account).and_then(|view| view.account.user(verified.user).cloned());
            let config = Config {
                user_id: verified.user.to_string(),
                user_pid: known.map(|user| user.pid.hyphenated().to_string()).unwrap_or_default(),
                login_name,
            };
            let SessionProof { cookie, csrf } = proof;
            let session = Session { bearer: session.token.text, csrf, session_id: cookie.clone(), config };
            with_cookie(&cookie, Json(session))
        }
        Err(failure) => failed(&failure),
    }
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
