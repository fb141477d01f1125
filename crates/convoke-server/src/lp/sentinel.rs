//! sentinel: tokens for applications, for their id and secret (OAuth 2 client credentials).
//!
//! Clients say both in the body, in the query, or in the header; all of it is read.

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use convoke_api::lp::sentinel::{Refusal, Token, TokenRequest, TokenV2};
use convoke_domain::id::AccountId;

use super::request::{Asked, Sent, parse};
use crate::auth::LoginError;
use crate::caller::Peer;
use crate::extract::Params;
use crate::server::Shared;

/// A token with the keys that strict clients accept.
pub(super) async fn token(
    State(server): State<Shared>,
    peer: Option<Peer>,
    params: Params,
    asked: Asked,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let request = Wanted { server, peer, params, asked, headers };
    match request.issue(sent) {
        Ok((access_token, _)) => Json(Token { access_token, token_type: "Bearer" }).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// A token with its time, all as texts.
pub(super) async fn token_v2(
    State(server): State<Shared>,
    peer: Option<Peer>,
    params: Params,
    asked: Asked,
    headers: HeaderMap,
    sent: Sent,
) -> Response {
    let request = Wanted { server, peer, params, asked, headers };
    match request.issue(sent) {
        Ok((access_token, life)) => {
            let token = TokenV2 { access_token, token_type: "Bearer", expires_in: life.to_string() };
            Json(token).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// The key that tokens can be checked with.
pub(super) async fn key_set(State(server): State<Shared>) -> Response {
    Json(server.auth.signer().key_set()).into_response()
}

struct Wanted {
    server: Shared,
    peer: Option<Peer>,
    params: Params,
    asked: Asked,
    headers: HeaderMap,
}

impl Wanted {
    /// The token and its life in seconds, or the refusal.
    fn issue(&self, sent: Sent) -> Result<(String, i64), Refused> {
        let body = self.body(sent)?;
        let said = |body: Option<String>, name: &str| {
            body.filter(|text| !text.is_empty()).or_else(|| self.asked.get(name).map(str::to_owned))
        };
        let (basic_id, basic_secret) = basic(&self.headers).unzip();
        if said(body.grant_type, "grant_type").as_deref() != Some("client_credentials") {
            let description = "the grant type is client_credentials";
            return Err(Refused::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", description));
        }
        let id = said(body.client_id, "client_id").or(basic_id).unwrap_or_default();
        let secret = said(body.client_secret, "client_secret").or(basic_secret).unwrap_or_default();
        let address = self.peer.map(|peer| peer.0.ip());
        let account = self.params.text("account");
        let verified = self.server.auth.verify_client(&self.server.handle, account, &id, &secret, address);
        let client = verified.map_err(not_verified)?.client;
        let account: AccountId = account.parse().map_err(|_| not_verified(LoginError::Refused))?;
        let auth = &self.server.auth;
        Ok(auth.signer().issue(&account, &client.to_string(), auth.now()))
    }

    /// What the body says, as a form or as JSON.
    fn body(&self, sent: Sent) -> Result<TokenRequest, Refused> {
        let unreadable = || {
            let description = "send a form or JSON of at most some kilobytes";
            Refused::new(StatusCode::BAD_REQUEST, "invalid_request", description)
        };
        let bytes = sent.bytes().map_err(|_| unreadable())?;
        if bytes.is_empty() {
            return Ok(TokenRequest::default());
        }
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") {
            return parse(&bytes).map_err(|_| unreadable());
        }
        let mut request = TokenRequest::default();
        for (name, value) in url::form_urlencoded::parse(&bytes) {
            let field = match &*name {
                "grant_type" => &mut request.grant_type,
                "client_id" => &mut request.client_id,
                "client_secret" => &mut request.client_secret,
                "scope" => &mut request.scope,
                _ => continue,
            };
            *field = Some(value.into_owned());
        }
        Ok(request)
    }
}

/// Id and secret in the header.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}

fn not_verified(error: LoginError) -> Refused {
    match error {
        LoginError::Refused => {
            Refused::new(StatusCode::UNAUTHORIZED, "invalid_client", "wrong account, client id or secret")
        }
        LoginError::TooMany => {
            let description = "too many failed attempts; wait a minute";
            Refused::new(StatusCode::TOO_MANY_REQUESTS, "invalid_client", description)
        }
    }
}

/// A refusal with its status.
struct Refused(StatusCode, Refusal);

impl Refused {
    const fn new(status: StatusCode, error: &'static str, error_description: &'static str) -> Self {
        Self(status, Refusal { error, error_description })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, refusal) = self;
        let mut response = (status, Json(refusal)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        response
    }
}
