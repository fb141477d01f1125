//! The doors: the handshakes of both sides, and who is let in.

use axum::extract::State;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use convoke_api::lp::messaging::Dialect;
use convoke_domain::account::UserRole;
use convoke_domain::id::AccountId;
use serde_json::Value;

use super::consumer_door::{self, Arrival};
use super::session::{Session, Side};
use crate::caller::{Caller, Identity, Peer, Tenant};
use crate::extract::Params;
use crate::limits;
use crate::lp::request::Asked;
use crate::operator::SocketKind;
use crate::serve::Slot;
use crate::server::Shared;

/// What an upgrade comes to, before it is one.
type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;

/// The socket of an agent or a bot. The token is in the path.
pub(in crate::lp) async fn agent(
    State(server): State<Shared>,
    params: Params,
    asked: Asked,
    peer: Option<Peer>,
    slot: Option<Slot>,
    upgrade: Upgrade,
) -> Response {
    let Ok(upgrade) = upgrade else { return refused(StatusCode::UPGRADE_REQUIRED, "this speaks WebSocket") };
    let token = params.text("bearer").to_owned();
    let tenant = match admitted(&server, &params, &token, peer) {
        Ok(tenant) => tenant,
        Err((status, why)) => return refused(status, why),
    };
    let Identity::User { user, .. } = tenant.caller.identity else {
        return refused(StatusCode::FORBIDDEN, "only users have a desk; log in as one");
    };
    let takes_part = tenant.caller.has_any(&[UserRole::Agent, UserRole::AgentManager]);
    if !takes_part {
        return refused(StatusCode::FORBIDDEN, "this needs the role agent or agent manager");
    }
    let dialect = Dialect::Agent { suggestions: asked.get("v") != Some("2") };
    bounded(upgrade).on_upgrade(async move |socket| {
        let open = server.sockets.opened(SocketKind::Agent);
        let session = Session::begin(server, tenant, token, Side::Agent(user), dialect, peer).await;
        if let Ok(session) = session {
            session.run(socket, Vec::new()).await;
        }
        // Until here the connection counted as one of the listener's.
        drop((slot, open));
    })
}

/// The socket of a consumer. The token is in the handshake, or in the first frame.
pub(in crate::lp) async fn consumer(
    State(server): State<Shared>,
    params: Params,
    asked: Asked,
    peer: Option<Peer>,
    slot: Option<Slot>,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let Ok(upgrade) = upgrade else { return refused(StatusCode::UPGRADE_REQUIRED, "this speaks WebSocket") };
    let Some(account) = params.text("account").parse::<AccountId>().ok() else {
        return refused(StatusCode::UNAUTHORIZED, "this token does not count");
    };
    let properties = headers.get("client-properties").and_then(|value| value.to_str().ok());
    let properties = properties.or_else(|| asked.get("Client-Properties"));
    let properties = properties.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let shown =
        shown(&headers).or_else(|| asked.get("Authorization").and_then(scheme_off).map(str::to_owned));
    let arrival = match shown {
        Some(token) => match consumer_door::known(&server, &account, &token, peer) {
            Some(known) => Arrival::Known(Box::new(known), properties),
            None => return refused(StatusCode::UNAUTHORIZED, "this token does not count"),
        },
        // As for an unknown token, so that nobody learns which accounts there are.
        None if server.handle.account(&account).is_none() => {
            return refused(StatusCode::UNAUTHORIZED, "this token does not count");
        }
        None => Arrival::Unknown(account),
    };
    bounded(upgrade).on_upgrade(async move |socket| {
        let open = server.sockets.opened(SocketKind::Consumer);
        consumer_door::serve(server, arrival, peer, socket).await;
        drop((slot, open));
    })
}

fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(limits::LIVE_READ_BUFFER_BYTES)
        .max_frame_size(limits::LIVE_FRAME_BYTES_READ_MAX)
        .max_message_size(limits::LIVE_FRAME_BYTES_READ_MAX)
}

/// Who shows this token, in the account that the path names.
fn admitted(
    server: &Shared,
    params: &Params,
    token: &str,
    peer: Option<Peer>,
) -> Result<Tenant, (StatusCode, &'static str)> {
    const UNKNOWN: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "this token does not count; log in");
    let address = peer.map(|peer| peer.0.ip());
    if address.is_some_and(|address| !server.attempts.may_try(address)) {
        return Err((StatusCode::TOO_MANY_REQUESTS, "too many refused tokens; wait a moment"));
    }
    let caller: Option<Caller> = server.auth.caller(&server.handle, token);
    let account = params.text("account").parse::<AccountId>().ok();
    let caller = caller.filter(|caller| caller.account == account);
    let Some((caller, account)) = caller.zip(account) else {
        if let Some(address) = address {
            server.attempts.refused(address);
        }
        return Err(UNKNOWN);
    };
    let view = server.handle.account(&account).ok_or(UNKNOWN)?;
    Ok(Tenant { view, caller })
}

/// The token in `Authorization`, whatever its scheme is called: windows say `jwt`, others `Bearer`.
fn shown(headers: &HeaderMap) -> Option<String> {
    scheme_off(headers.get(AUTHORIZATION)?.to_str().ok()?).map(str::to_owned)
}

fn scheme_off(text: &str) -> Option<&str> {
    let token = text.split_once(' ').map_or(text, |(_, token)| token).trim();
    Some(token).filter(|token| !token.is_empty())
}

fn refused(status: StatusCode, why: &'static str) -> Response {
    (status, why).into_response()
}
