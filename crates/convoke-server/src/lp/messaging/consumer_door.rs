//! A consumer's connection until it is known whose it is (messaging contract §2.2).
//!
//! Windows say it in their first frame and do not wait for the answer: what comes before is kept, not refused, and asked
//! in its order afterwards.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use convoke_api::lp::messaging::{Dialect, Refused, Request, response};
use convoke_domain::id::{AccountId, ConsumerId};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use super::session::{ERROR, Session, Side};
use crate::auth::{ConsumerBearer, Purpose};
use crate::caller::{Caller, Identity, Peer, Tenant};
use crate::limits;
use crate::server::Shared;

/// A close that asks for a new token (messaging contract §1.3).
const NEW_TOKEN_NEEDED: u16 = 4401;

/// How somebody comes in.
pub(super) enum Arrival {
    /// With a token, and what is known of the client.
    Known(Box<Known>, Option<Value>),
    /// With nothing yet.
    Unknown(AccountId),
}

/// A consumer whose token counts.
pub(super) struct Known {
    tenant: Tenant,
    token: String,
    consumer: ConsumerId,
    authenticated: bool,
}

/// Who shows this token.
pub(super) fn known(server: &Shared, account: &AccountId, token: &str, peer: Option<Peer>) -> Option<Known> {
    let address = peer.map(|peer| peer.0.ip());
    if token.len() > limits::TOKEN_BYTES_MAX
        || address.is_some_and(|address| !server.attempts.may_try(address))
    {
        return None;
    }
    let bearer = server.auth.signer().consumer_of(token, Purpose::Connection, server.auth.now());
    let authenticated = bearer.as_ref().is_some_and(|ConsumerBearer { authenticated, .. }| *authenticated);
    let caller = server.auth.caller(&server.handle, token);
    // The consumer window has a connection of its own, which is watched more closely.
    let caller = caller.filter(|caller| caller.account.as_ref() == Some(account) && !caller.by_window);
    let consumer = caller.as_ref().and_then(Caller::consumer);
    let (Some(consumer), Some(view)) = (consumer, server.handle.account(account)) else {
        if let Some(address) = address {
            server.attempts.refused(address);
        }
        return None;
    };
    let caller = Caller::new(Some(account.clone()), Identity::Consumer(consumer));
    Some(Known { tenant: Tenant { view, caller }, token: token.to_owned(), consumer, authenticated })
}

/// Serves the connection, once it is known whose it is.
pub(super) async fn serve(server: Shared, arrival: Arrival, peer: Option<Peer>, mut socket: WebSocket) {
    let (known, properties, waiting) = match arrival {
        Arrival::Known(known, properties) => (known, properties, Vec::new()),
        Arrival::Unknown(account) => {
            let asked = tokio::select! {
                asked = introduction(&mut socket) => asked,
                () = server.stopping.cancelled() => return,
            };
            let Some((first, waiting)) = asked else {
                return close(&mut socket, "say who you are with InitConnection").await;
            };
            let (jwt, properties) = said(&first.headers);
            let known = jwt.and_then(|jwt| known(&server, &account, &jwt, peer));
            let Some(known) = known else {
                let refused = Refused::not_known("the token of InitConnection does not count");
                let frame = response(&first.id, refused.status, ERROR, &refused.body());
                let _ = timeout(limits::LIVE_WRITE_TIME_MAX, socket.send(Message::Text(frame.into()))).await;
                return close(&mut socket, "the token does not count").await;
            };
            let welcome = response(&first.id, 200, "StringResponse", &json!("OK"));
            if socket.send(Message::Text(welcome.into())).await.is_err() {
                return;
            }
            (Box::new(known), properties, waiting)
        }
    };
    let Known { tenant, token, consumer, authenticated } = *known;
    let features = features(properties.as_ref());
    let side = Side::Consumer { consumer, authenticated, features };
    if let Ok(session) = Session::begin(server, tenant, token, side, Dialect::Consumer, peer).await {
        session.run(socket, waiting).await;
    }
}

/// The first frame that says who it is, and the requests that came with it; `None` if none comes in time.
async fn introduction(socket: &mut WebSocket) -> Option<(Request, Vec<Request>)> {
    let until = Instant::now() + limits::INIT_TIME_MAX;
    let mut waiting = Vec::new();
    while waiting.len() <= limits::REQUESTS_BEFORE_INIT_MAX {
        let frame = timeout_at(until, socket.recv()).await.ok()??.ok()?;
        let text = match frame {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Binary(_) | Message::Close(_) => return None,
        };
        let request = Request::read(text.as_bytes()).ok()?;
        if request.kind == "InitConnection" {
            return Some((request, waiting));
        }
        waiting.push(request);
    }
    None
}

/// Token and client properties of the headers of `InitConnection`.
fn said(headers: &[Value]) -> (Option<String>, Option<Value>) {
    let of = |kind: &str| {
        headers.iter().find(|header| header["type"].as_str().is_some_and(|name| name.ends_with(kind)))
    };
    let jwt = of("ConsumerAuthentication").and_then(|header| header["jwt"].as_str()).map(str::to_owned);
    (jwt, of("ClientProperties").cloned())
}

/// The features that a client declares.
pub(in crate::lp) fn features(properties: Option<&Value>) -> Vec<String> {
    let declared = properties.and_then(|properties| properties["features"].as_array()).into_iter().flatten();
    let words = declared.filter_map(Value::as_str).filter(|word| (1..=64).contains(&word.len()));
    words.take(limits::CLIENT_FEATURES_MAX).map(str::to_owned).collect()
}

async fn close(socket: &mut WebSocket, reason: &'static str) {
    let frame = CloseFrame { code: NEW_TOKEN_NEEDED, reason: reason.into() };
    // Best effort: whoever does not read gets none.
    let _ = timeout(limits::LIVE_WRITE_TIME_MAX, socket.send(Message::Close(Some(frame)))).await;
}
