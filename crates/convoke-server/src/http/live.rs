//! The live connection's door: the WebSocket handshake. What is said over it is in [`crate::live`].

use axum::extract::State;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::http::HeaderMap;
use axum::response::Response;
use convoke_api::v1::live::{LiveMessage, PROTOCOL};

use crate::caller::{Peer, Tenant};
use crate::guard::shown_token;
use crate::limits;
use crate::live::Connection;
use crate::operator::SocketKind;
use crate::problem::{Answer, ApiError};
use crate::serve::Slot;
use crate::server::Shared;

/// One WebSocket for everything live: follow conversations, open them, write and act in them.
///
/// Each text frame of the client is a `LiveRequest` with an `id` of its own, each of the server a `LiveMessage`; answers
/// have the id of their request. The subprotocol is `convoke.v1`. The token comes in `Authorization`, or, from a page,
/// as a second subprotocol: `convoke.token.` and the token. What is asked needs the role that its HTTP route needs.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/live", tag = "conversations",
    responses((status = 101, description = "The connection is a WebSocket now; this is what the server says on it.",
        body = LiveMessage)))]
pub(super) async fn live(
    State(server): State<Shared>,
    tenant: Tenant,
    peer: Option<Peer>,
    slot: Option<Slot>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Answer<Response> {
    let upgrade =
        upgrade.map_err(|_| ApiError::field("Upgrade", "this route speaks WebSocket, version 13"))?;
    let token = shown_token(&headers).unwrap_or_default().to_owned();
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(limits::LIVE_READ_BUFFER_BYTES)
        .max_frame_size(limits::LIVE_FRAME_BYTES_READ_MAX)
        .max_message_size(limits::LIVE_FRAME_BYTES_READ_MAX);
    Ok(upgrade.on_upgrade(async move |socket| {
        let open = server.sockets.opened(SocketKind::Live);
        Connection::new(server, tenant, token, peer).run(socket).await;
        drop(open);
        // Until here the connection counted as one of the listener's.
        drop(slot);
    }))
}
