//! `msgHist`: a conversation with all that was said in it.

use axum::Json;
use axum::extract::State;
use convoke_api::lp::failure::Plane;
use convoke_api::lp::history::{Search, found};
use convoke_domain::conversation::Rejection;
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;
use serde_json::{Value, json};

use super::failure::{Answer, PlaneError};
use super::request::{Sent, parse};
use crate::caller::Tenant;
use crate::limits::EXPLAINED_EVENTS_MAX;
use crate::problem::ApiError;
use crate::server::Shared;

/// The conversation with this id; no record if there is none in the account.
pub(super) async fn search(State(server): State<Shared>, tenant: Tenant, sent: Sent) -> Answer<Json<Value>> {
    let read = sent.bytes().and_then(|bytes| parse::<Search>(&bytes));
    let search = read.map_err(PlaneError::gateway)?;
    let nothing = || Json(json!({"_metadata": {"count": 0}, "conversationHistoryRecords": []}));
    let Ok(id) = search.conversation_id.parse::<ConversationId>() else { return Ok(nothing()) };
    let conversation = match server.handle.conversation(tenant.id(), id).await {
        Ok(conversation) => conversation,
        Err(convoke_engine::EngineError::Conversation(Rejection::NotFound)) => return Ok(nothing()),
        Err(error) => return Err(PlaneError::gateway(error)),
    };
    let mut events = Vec::new();
    let mut from = EventSeq::FIRST;
    while events.len() < EXPLAINED_EVENTS_MAX {
        let more = server.handle.events(tenant.id(), id, from).await;
        let more = more.map_err(|error| PlaneError::on(Plane::Gateway, ApiError::from(error)))?;
        let Some(last) = more.last() else { break };
        from = last.seq.next();
        events.extend(more);
    }
    Ok(Json(found(&tenant.view.account, &conversation, &events, &search.content_to_retrieve)))
}
