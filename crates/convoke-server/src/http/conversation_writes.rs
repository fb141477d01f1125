//! What is asked of an open conversation. Every answer means that it is recorded for good.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::conversation::{
    AcceptConversation, JoinConversation, PublishLine, SetDeadline, SetNote, SetTtr, StepUp,
    TransferConversation, Written,
};
use convoke_api::v1::live::{Act, LeaveConversation};
use convoke_api::v1::participant::Role;
use convoke_domain::conversation::{Action, Actor, Command};
use convoke_domain::id::{ConversationId, UserId};
use convoke_domain::sequence::EventSeq;

use super::conversations::visible;
use crate::caller::{Caller, Identity, Tenant};
use crate::extract::{Body, MaybeBody, Params};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// Writes a line. The same key again is the same line.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/lines", tag = "conversations",
    request_body = PublishLine, responses((status = 201, body = Written)))]
pub(super) async fn publish(
    write: Writing,
    Body(line): Body<PublishLine>,
) -> Answer<(StatusCode, Json<Written>)> {
    let written = write.act(Act::Publish(line)).await?;
    Ok((StatusCode::CREATED, written))
}

/// Brings somebody in, or gives them another role.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/participants",
    tag = "conversations", request_body = JoinConversation, responses((status = 200, body = Written)))]
pub(super) async fn join(write: Writing, Body(join): Body<JoinConversation>) -> Answer<Json<Written>> {
    write.act(Act::Join(join)).await
}

/// Takes somebody out. When the assigned agent leaves, the conversation is back in its queue.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/conversations/{conversation}/participants/{participant}",
    tag = "conversations", responses((status = 200, body = Written)))]
pub(super) async fn leave(write: Writing) -> Answer<Json<Written>> {
    let leave = LeaveConversation { participant: write.params.get("participant")? };
    write.act(Act::Leave(leave)).await
}

/// Serves the conversation from now on. Managers can name the agent.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/accept",
    tag = "conversations", request_body = AcceptConversation, responses((status = 200, body = Written)))]
pub(super) async fn accept(
    write: Writing,
    MaybeBody(accept): MaybeBody<AcceptConversation>,
) -> Answer<Json<Written>> {
    write.act(Act::Accept(accept)).await
}

/// Moves the conversation to another skill, to an agent, or both.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/transfer",
    tag = "conversations", request_body = TransferConversation, responses((status = 200, body = Written)))]
pub(super) async fn transfer(
    write: Writing,
    Body(transfer): Body<TransferConversation>,
) -> Answer<Json<Written>> {
    write.act(Act::Transfer(transfer)).await
}

/// Records that the consumer proved who they are. The brand vouches for it, so it is recorded as the platform's act.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/step-up",
    tag = "conversations", request_body = StepUp, responses((status = 200, body = Written)))]
pub(super) async fn step_up(write: Writing, Body(step_up): Body<StepUp>) -> Answer<Json<Written>> {
    write.act(Act::StepUp(step_up)).await
}

/// Closes the conversation. Where the account asks what consumers think, and people closed it, its survey follows.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/conversations/{conversation}/close",
    tag = "conversations", responses((status = 200, body = Written)))]
pub(super) async fn close(write: Writing) -> Answer<Json<Written>> {
    write.act(Act::Close).await
}

/// Sets the time to respond. Consumers choose urgent or normal.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/conversations/{conversation}/ttr",
    tag = "conversations", request_body = SetTtr, responses((status = 200, body = Written)))]
pub(super) async fn set_ttr(write: Writing, Body(set): Body<SetTtr>) -> Answer<Json<Written>> {
    write.act(Act::SetTtr(set)).await
}

/// Promises an answer at a certain time, or takes the promise back.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/conversations/{conversation}/manual-deadline",
    tag = "conversations", request_body = SetDeadline, responses((status = 200, body = Written)))]
pub(super) async fn set_manual_deadline(
    write: Writing,
    Body(set): Body<SetDeadline>,
) -> Answer<Json<Written>> {
    write.act(Act::SetManualDeadline(set)).await
}

/// Notes something about the conversation, for agents and managers only; an empty note takes it away.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/conversations/{conversation}/note",
    tag = "conversations", request_body = SetNote, responses((status = 200, body = Written)))]
pub(super) async fn set_note(write: Writing, Body(set): Body<SetNote>) -> Answer<Json<Written>> {
    write.act(Act::SetNote(set)).await
}

/// A write to the conversation that the path names.
pub(super) struct Writing {
    server: Shared,
    tenant: Tenant,
    params: Params,
}

impl Writing {
    /// Does it in the caller's name.
    pub(super) async fn act(self, act: Act) -> Answer<Json<Written>> {
        perform(&self.server, &self.tenant, self.params.get("conversation")?, act).await.map(Json)
    }
}

impl FromRequestParts<Shared> for Writing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, ApiError> {
        let tenant = Tenant::from_request_parts(parts, server).await?;
        let params = Params::from_request_parts(parts, server).await?;
        Ok(Self { server: server.clone(), tenant, params })
    }
}

/// Asks for it in the caller's name: what HTTP and live connections have in common.
pub(crate) async fn perform(
    server: &Shared,
    tenant: &Tenant,
    id: ConversationId,
    act: Act,
) -> Answer<Written> {
    let (by, action) = command(&tenant.caller, act)?;
    if let Some(consumer) = tenant.caller.consumer() {
        if tenant.caller.by_window {
            server.visits.act(consumer)?;
        }
        // Whether somebody else's conversation exists is none of a consumer's business.
        visible(server, tenant, id).await?;
    }
    let written = server.handle.command(tenant.id(), id, Command { by, cause: None, action }).await?;
    Ok(Written::of(written.head.map_or(0, EventSeq::number), written.reply))
}

/// Who does what, unless the caller's roles do not reach so far.
fn command(caller: &Caller, act: Act) -> Answer<(Actor, Action)> {
    let action = match act {
        Act::Publish(line) => line.into_action()?,
        Act::Join(join) if join.role == Role::Manager && !caller.oversees() => {
            return Err(for_managers("joining as a manager"));
        }
        Act::Join(join) => join.into(),
        Act::Leave(leave) => Action::Leave { participant: leave.participant.0 },
        Act::Accept(accept) => Action::Accept { agent: accepting(caller, accept)? },
        Act::Transfer(transfer) => transfer.into_action()?,
        // The brand vouches for it, whoever of the brand says so.
        Act::StepUp(step_up) => return Ok((Actor::System, step_up.into_action()?)),
        Act::Close => Action::CloseMain,
        Act::SetTtr(set) => set.into_action()?,
        Act::SetManualDeadline(set) => set.into(),
        Act::SetNote(set) => set.into(),
        Act::Receive(received) => received.into(),
        Act::Rate(rating) => rating.into(),
    };
    Ok((caller.actor()?, action))
}

/// The agent who is to serve it.
fn accepting(caller: &Caller, accept: AcceptConversation) -> Answer<UserId> {
    let own = if let Identity::User { user, .. } = caller.identity { Some(user) } else { None };
    let agent = accept.agent.or(own).ok_or_else(|| ApiError::field("agent", "name the agent"))?;
    if Some(agent) != own && !caller.oversees() {
        return Err(for_managers("assigning another agent"));
    }
    Ok(agent)
}

fn for_managers(what: &str) -> ApiError {
    let detail = format!("{what} needs one of the roles agent manager, administrator");
    Problem::new(PlatformError::Forbidden, detail).into()
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::{Principal, UserRole};
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, WORKSHOP};

    #[tokio::test]
    async fn an_agent_accepts_answers_transfers_and_the_consumer_closes() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        let consumer = kit.consumer(ACME, 7);
        kit.post(&format!("{path}/lines"), &agent, json!({"text": "hi"}))
            .await
            .fails(403, "participant.not_in_conversation");
        kit.post(&format!("{path}/accept"), &agent, Value::Null).await.ok(200);
        let line =
            kit.post(&format!("{path}/lines"), &agent, json!({"text": "hi", "key": "k"})).await.ok(201);
        let again =
            kit.post(&format!("{path}/lines"), &agent, json!({"text": "hi", "key": "k"})).await.ok(201);
        assert_eq!((&again["line"], &again["duplicate"]), (&line["line"], &json!(true)));
        kit.put(&format!("{path}/ttr"), &consumer, json!({"ttr": {"type": "urgent"}})).await.ok(200);
        let custom = json!({"ttr": {"type": "custom", "seconds": 60}});
        kit.put(&format!("{path}/ttr"), &consumer, custom.clone()).await.fails(403, "ttr.not_for_consumers");
        kit.put(&format!("{path}/ttr"), &agent, custom).await.ok(200);
        let promise = json!({"deadline": "2026-03-03T12:00:00Z"});
        kit.put(&format!("{path}/manual-deadline"), &agent, promise).await.ok(200);
        let past = json!({"deadline": "2026-03-03T09:00:00Z"});
        kit.put(&format!("{path}/manual-deadline"), &agent, past)
            .await
            .fails(400, "ttr.deadline_in_the_past");
        kit.post(&format!("{path}/transfer"), &agent, json!({"skill": WORKSHOP})).await.ok(200);
        let now = kit.get(&path, &agent).await.ok(200);
        assert_eq!((&now["skill"], now.get("assigned_agent")), (&json!(WORKSHOP), None));
        kit.post(&format!("{path}/close"), &consumer, Value::Null).await.ok(200);
        kit.post(&format!("{path}/lines"), &consumer, json!({"text": "one more"}))
            .await
            .fails(409, "conversation.closed");
        assert_eq!(kit.get(&path, &consumer).await.ok(200)["closed"]["by"], "consumer");
    }

    #[tokio::test]
    async fn a_note_is_for_those_who_serve_and_hidden_from_the_consumer() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        let note = format!("{path}/note");
        kit.put(&note, &agent, json!({"note": "x"})).await.fails(403, "participant.not_in_conversation");
        kit.post(&format!("{path}/accept"), &agent, Value::Null).await.ok(200);
        kit.put(&note, &agent, json!({"note": "a regular"})).await.ok(200);
        kit.put(&note, &kit.consumer(ACME, 7), json!({"note": "x"})).await.fails(403, "auth.forbidden");
        assert_eq!(kit.get(&path, &agent).await.ok(200)["note"], "a regular");
        let seen = kit.get(&path, &kit.consumer(ACME, 7)).await.ok(200);
        assert_eq!(seen.get("note"), None);
        kit.put(&note, &agent, json!({"note": ""})).await.ok(200);
        assert_eq!(kit.get(&path, &agent).await.ok(200).get("note"), None);
    }

    #[tokio::test]
    async fn only_managers_assign_others_and_join_as_managers() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        let manager = kit.token(ACME, &[UserRole::AgentManager]).await;
        let other = json!({"agent": "4712"});
        kit.post(&format!("{path}/accept"), &agent, other.clone()).await.fails(403, "auth.forbidden");
        let join = json!({"participant": "4711", "role": "manager"});
        kit.post(&format!("{path}/participants"), &agent, join.clone()).await.fails(403, "auth.forbidden");
        kit.post(&format!("{path}/participants"), &manager, join).await.ok(200);
        kit.post(&format!("{path}/accept"), &manager, other).await.ok(200);
        assert_eq!(kit.get(&path, &manager).await.ok(200)["assigned_agent"], "4712");
        kit.delete(&format!("{path}/participants/4712"), &manager).await.ok(200);
        kit.delete(&format!("{path}/participants/4712"), &manager).await.fails(404, "participant.unknown");
        kit.delete(&format!("{path}/participants/nobody"), &manager).await.fails(400, "request.invalid");
    }

    #[tokio::test]
    async fn a_second_consumer_is_brought_in_by_the_brand_and_then_sees_it() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let friend = kit.consumer(ACME, 8);
        let join = json!({"participant": "cons_00000000000000000000000000000008", "role": "consumer"});
        kit.post(&format!("{path}/participants"), &kit.consumer(ACME, 7), join.clone())
            .await
            .fails(403, "participant.role_not_allowed");
        kit.get(&path, &friend).await.fails(404, "conversation.not_found");
        kit.post(&format!("{path}/participants"), &kit.operator, join).await.ok(200);
        kit.post(&format!("{path}/lines"), &friend, json!({"text": "me too"})).await.ok(201);
    }

    #[tokio::test]
    async fn the_brand_says_who_a_consumer_is() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let proof = json!({"identity": "crm-1815"});
        kit.post(&format!("{path}/step-up"), &kit.consumer(ACME, 7), proof.clone())
            .await
            .fails(403, "auth.forbidden");
        let agent = kit.token(ACME, &[UserRole::Agent]).await;
        kit.post(&format!("{path}/step-up"), &agent, proof.clone()).await.ok(200);
        kit.post(&format!("{path}/step-up"), &agent, proof)
            .await
            .fails(409, "consumer.already_authenticated");
    }

    #[tokio::test]
    async fn a_program_takes_part_only_if_it_oversees() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        let program = kit.issue(ACME, Principal::Application, &[UserRole::Agent]).await;
        kit.post(&format!("{path}/close"), &program, Value::Null).await.fails(403, "auth.forbidden");
        kit.post(&format!("{path}/accept"), &program, Value::Null).await.fails(400, "request.invalid");
        let overseer = kit.issue(ACME, Principal::Application, &[UserRole::AgentManager]).await;
        kit.post(&format!("{path}/close"), &overseer, Value::Null).await.ok(200);
        assert_eq!(kit.get(&path, &overseer).await.ok(200)["closed"]["what"], "operator");
    }

    #[tokio::test]
    async fn an_agent_who_is_gone_or_lacks_the_skill_is_refused() {
        let kit = Kit::new().await;
        let path = kit.open().await;
        kit.post(&format!("{path}/accept"), &kit.operator, json!({"agent": "99"}))
            .await
            .fails(404, "agent.unknown");
        kit.post(&format!("{path}/transfer"), &kit.operator, json!({})).await.fails(400, "request.invalid");
        kit.post(&format!("{path}/transfer"), &kit.operator, json!({"skill": "99"}))
            .await
            .fails(404, "skill.unknown");
        let unknown = "/conversations/conv_00000000000000000000000000000001/close";
        kit.post(unknown, &kit.operator, Value::Null).await.fails(404, "conversation.not_found");
    }
}
