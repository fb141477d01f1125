//! `idp`: who a consumer is (messaging contract §2.1).
//!
//! Anybody is given a new anonymous identity. One that the brand vouches for begins with the brand: it asks the native API
//! for a token of a consumer it has a name for, and hands the `id_token` on to its page, which exchanges it here.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use convoke_domain::id::{AccountId, ConsumerId};
use serde::Deserialize;
use serde_json::json;

use super::request::{Asked, Sent};
use crate::auth::Purpose;
use crate::extract::Params;
use crate::limits;
use crate::server::Shared;

/// What is exchanged.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    id_token: String,
    #[serde(rename = "authCode")]
    auth_code: String,
}

/// A new anonymous consumer, at once good for connections.
pub(super) async fn signup(State(server): State<Shared>, params: Params) -> Response {
    match newcomer(&server, &params) {
        Some(jwt) => Json(json!({"jwt": jwt})).into_response(),
        None => unknown(),
    }
}

/// The same for a page that cannot ask otherwise.
pub(super) async fn signup_jsonp(State(server): State<Shared>, params: Params, asked: Asked) -> Response {
    let callback = asked.get("callback").or_else(|| asked.get("cb")).unwrap_or_default();
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
    if !(1..=limits::CALLBACK_BYTES_MAX).contains(&callback.len()) || !callback.bytes().all(word) {
        return refused(StatusCode::BAD_REQUEST, "name a callback");
    }
    match newcomer(&server, &params) {
        Some(jwt) => {
            let script = format!("{callback}({})", json!({"jwt": jwt}));
            ([(CONTENT_TYPE, "application/javascript; charset=utf-8")], script).into_response()
        }
        None => unknown(),
    }
}

/// An anonymous identity that still has to be exchanged; the same consumer as before if one shows who that was.
pub(super) async fn authorize(State(server): State<Shared>, params: Params, sent: Sent) -> Response {
    let Some(account) = known(&server, &params) else { return unknown() };
    let shown = sent.json::<Shown>().unwrap_or_default();
    let now = server.auth.now();
    let signer = server.auth.signer();
    // It may have ended some hours ago: what is asked for is to go on.
    let earlier = now.saturating_sub(limits::ANONYMOUS_EXTENDED).unwrap_or(now);
    let before = [Purpose::Connection, Purpose::Exchange]
        .into_iter()
        .find_map(|purpose| signer.consumer_of(&shown.id_token, purpose, earlier))
        .filter(|bearer| bearer.account == account && !bearer.authenticated);
    let consumer = before.map_or_else(|| server.handle.new_consumer(), |bearer| bearer.consumer);
    let token = signer.consumer_jwt(&account, consumer, false, Purpose::Exchange, now);
    Json(json!({"token": token})).into_response()
}

/// A token that is good for connections, for one that is good to be exchanged.
pub(super) async fn authenticate(State(server): State<Shared>, params: Params, sent: Sent) -> Response {
    let Some(account) = known(&server, &params) else { return unknown() };
    let Ok(shown) = sent.json::<Shown>() else {
        return refused(StatusCode::BAD_REQUEST, "send {\"id_token\": …} or {\"authCode\": …} as JSON");
    };
    let token = if shown.id_token.is_empty() { &shown.auth_code } else { &shown.id_token };
    let (now, signer) = (server.auth.now(), server.auth.signer());
    let bearer = signer.consumer_of(token, Purpose::Exchange, now).filter(|bearer| bearer.account == account);
    let Some(bearer) = bearer else {
        return refused(StatusCode::UNAUTHORIZED, "this token is none of this account, or is over");
    };
    let purpose = Purpose::Connection;
    let token = signer.consumer_jwt(&account, bearer.consumer, bearer.authenticated, purpose, now);
    Json(json!({"token": token, "jwt": token})).into_response()
}

/// A token for a new consumer; `None` if there is no such account.
fn newcomer(server: &Shared, params: &Params) -> Option<String> {
    let account = known(server, params)?;
    let consumer: ConsumerId = server.handle.new_consumer();
    let auth = &server.auth;
    Some(auth.signer().consumer_jwt(&account, consumer, false, Purpose::Connection, auth.now()))
}

fn known(server: &Shared, params: &Params) -> Option<AccountId> {
    let account: AccountId = params.text("account").parse().ok()?;
    server.handle.account(&account)?;
    Some(account)
}

fn unknown() -> Response {
    refused(StatusCode::NOT_FOUND, "there is no such account")
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message, "statusCode": status.as_u16()}}))).into_response()
}
