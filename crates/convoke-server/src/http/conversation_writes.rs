//! What is asked of an open conversation. Every answer means that it is recorded for good.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::conversation::{
    AcceptConversation, JoinConversation, PublishLine, SetDeadline, SetTtr, StepUp, TransferConversation,
    Written,
};
use convoke_api::v1::participant::{ParticipantRef, Role};
use convoke_domain::conversation::{Action, Actor, Command};
use convoke_domain::id::ConversationId;
use convoke_domain::sequence::EventSeq;

use super::conversations::visible;
use crate::caller::{Identity, Tenant};
use crate::extract::{Body, MaybeBody, Params};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Writes a line. The same key again is the same line.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/lines", tag = "conversations",
    request_body = PublishLine, responses((status = 201, body = Written)))]
pub(super) async fn publish(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(line): Body<PublishLine>,
) -> Answer<(StatusCode, Json<Written>)> {
    let written = act(&server, &tenant, &params, line.into_action()?).await?;
    Ok((StatusCode::CREATED, written))
}

/// Brings somebody in, or gives them another role.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/participants",
    tag = "conversations", request_body = JoinConversation, responses((status = 200, body = Written)))]
pub(super) async fn join(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(join): Body<JoinConversation>,
) -> Answer<Json<Written>> {
    if join.role == Role::Manager && !tenant.caller.oversees() {
        return Err(for_managers("joining as a manager"));
    }
    act(&server, &tenant, &params, join.into()).await
}

/// Takes somebody out. When the assigned agent leaves, the conversation is back in its queue.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/conversations/{conversation}/participants/{participant}",
    tag = "conversations", responses((status = 200, body = Written)))]
pub(super) async fn leave(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Written>> {
    let ParticipantRef(participant) = params.get("participant")?;
    act(&server, &tenant, &params, Action::Leave { participant }).await
}

/// Serves the conversation from now on. Managers can name the agent.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/accept",
    tag = "conversations", request_body = AcceptConversation, responses((status = 200, body = Written)))]
pub(super) async fn accept(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    MaybeBody(accept): MaybeBody<AcceptConversation>,
) -> Answer<Json<Written>> {
    let own = if let Identity::User { user, .. } = tenant.caller.identity { Some(user) } else { None };
    let agent = accept.agent.or(own).ok_or_else(|| ApiError::field("agent", "name the agent"))?;
    if Some(agent) != own && !tenant.caller.oversees() {
        return Err(for_managers("assigning another agent"));
    }
    act(&server, &tenant, &params, Action::Accept { agent }).await
}

/// Moves the conversation to another skill, to an agent, or both.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/transfer",
    tag = "conversations", request_body = TransferConversation, responses((status = 200, body = Written)))]
pub(super) async fn transfer(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(transfer): Body<TransferConversation>,
) -> Answer<Json<Written>> {
    act(&server, &tenant, &params, transfer.into_action()?).await
}

/// Records that the consumer proved who they are. The brand vouches for it, so it is recorded as the platform's act.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/step-up",
    tag = "conversations", request_body = StepUp, responses((status = 200, body = Written)))]
pub(super) async fn step_up(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(step_up): Body<StepUp>,
) -> Answer<Json<Written>> {
    let action = step_up.into_action()?;
    command(&server, &tenant, params.get("conversation")?, Actor::System, action).await
}

/// Closes the conversation.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/close",
    tag = "conversations", responses((status = 200, body = Written)))]
pub(super) async fn close(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Written>> {
    act(&server, &tenant, &params, Action::Close).await
}

/// Sets the time to respond. Consumers choose urgent or normal.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/conversations/{conversation}/ttr",
    tag = "conversations", request_body = SetTtr, responses((status = 200, body = Written)))]
pub(super) async fn set_ttr(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(set): Body<SetTtr>,
) -> Answer<Json<Written>> {
    act(&server, &tenant, &params, set.into_action()?).await
}

/// Promises an answer at a certain time, or takes the promise back.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/conversations/{conversation}/manual-deadline",
    tag = "conversations", request_body = SetDeadline, responses((status = 200, body = Written)))]
pub(super) async fn set_manual_deadline(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(set): Body<SetDeadline>,
) -> Answer<Json<Written>> {
    act(&server, &tenant, &params, set.into()).await
}

/// Asks for it in the caller's name.
async fn act(server: &Shared, tenant: &Tenant, params: &Params, action: Action) -> Answer<Json<Written>> {
    let id: ConversationId = params.get("conversation")?;
    let by = tenant.caller.actor()?;
    if tenant.caller.consumer().is_some() {
        // Whether somebody else's conversation exists is none of a consumer's business.
        visible(server, tenant, id).await?;
    }
    command(server, tenant, id, by, action).await
}

async fn command(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
    by: Actor,
    action: Action,
) -> Answer<Json<Written>> {
    let written = server.handle.command(tenant.id(), id, Command { by, cause: None, action }).await?;
    Ok(Json(Written::of(written.head.map_or(0, EventSeq::number), written.reply)))
}

fn for_managers(what: &str) -> ApiError {
    let detail = format!("{what} needs one of the roles agent manager, administrator");
    Problem::new(PlatformError::Forbidden, detail).into()
}
