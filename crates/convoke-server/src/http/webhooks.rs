//! Webhooks: where the account's conversations are told to, what waits for that, and what could not be told.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::v1::list::{List, Page};
use convoke_api::v1::webhook::{
    DeadLetter, DefineWebhook, Deliveries, FailingDelivery, InspectedDeadLetter, IssuedWebhook,
    ListDeadLetters, ListedWebhook, Redelivered, TestDelivery, Webhook,
};
use convoke_domain::account::{Command, Rejection, Webhook as Domain};
use convoke_domain::id::WebhookId;
use convoke_engine::{AccountView, DeadLetter as Dead, DeadLetterId};

use super::removal::Removal;
use crate::auth::WebhookSecret;
use crate::caller::Tenant;
use crate::extract::{Body, Params, Query};
use crate::limits;
use crate::problem::{Answer, ApiError};
use crate::server::Shared;
use crate::webhooks::{body_of, send_test};

/// The webhooks of the account, without their secrets, each with what it still has to be told and what it never was.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/webhooks", tag = "webhooks",
    responses((status = 200, body = List<ListedWebhook>)))]
pub(super) async fn list(State(server): State<Shared>, tenant: Tenant) -> Answer<Json<List<ListedWebhook>>> {
    let mut listed = Vec::with_capacity(tenant.view.account.webhooks.len());
    for (id, webhook) in &tenant.view.account.webhooks {
        let waiting = server.lanes.waiting(tenant.id(), *id);
        listed.push(ListedWebhook {
            webhook: Webhook::of(*id, webhook),
            waiting: waiting.conversations,
            failing: waiting.failing.len(),
            dead: server.handle.dead_letters_of(tenant.id(), *id).await?,
        });
    }
    Ok(Json(listed.into_iter().collect()))
}

/// Makes a webhook. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/webhooks", tag = "webhooks", request_body = DefineWebhook,
    responses((status = 201, body = IssuedWebhook)))]
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(define): Body<DefineWebhook>,
) -> Answer<(StatusCode, Json<IssuedWebhook>)> {
    let id = WebhookId::from_bits(server.handle.entropy().bits());
    let secret = WebhookSecret::generate(server.handle.entropy()).text;
    let by = tenant.caller.account_actor();
    let plan = define.into_plan();
    let view = server.handle.define_webhook(tenant.id(), &by, id, plan, Some(&secret)).await?;
    Ok((StatusCode::CREATED, issued(&view, id, secret)?))
}

/// One webhook.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/webhooks/{webhook}", tag = "webhooks",
    responses((status = 200, body = Webhook)))]
pub(super) async fn get(tenant: Tenant, params: Params) -> Answer<Json<Webhook>> {
    let (id, webhook) = find(&tenant.view, &params)?;
    Ok(Json(Webhook::of(id, webhook)))
}

/// Changes a webhook; its secret stays. What already waits goes where it leads from now on.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/webhooks/{webhook}", tag = "webhooks",
    request_body = DefineWebhook, responses((status = 200, body = Webhook)))]
pub(super) async fn define(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(define): Body<DefineWebhook>,
) -> Answer<Json<Webhook>> {
    let (id, _) = find(&tenant.view, &params)?;
    let by = tenant.caller.account_actor();
    let view = server.handle.define_webhook(tenant.id(), &by, id, define.into_plan(), None).await?;
    let webhook = view.account.webhooks.get(&id).ok_or(Rejection::WebhookUnknown(id))?;
    Ok(Json(Webhook::of(id, webhook)))
}

/// Removes a webhook, with everything that it was not told yet.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/webhooks/{webhook}", tag = "webhooks",
    responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("webhook", |id| Command::RemoveWebhook { id }).await
}

/// Gives a webhook a new secret; letters are signed with it from now on.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/webhooks/{webhook}/secret", tag = "webhooks",
    responses((status = 200, body = IssuedWebhook)))]
pub(super) async fn renew(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<IssuedWebhook>> {
    let (id, webhook) = find(&tenant.view, &params)?;
    let secret = WebhookSecret::generate(server.handle.entropy()).text;
    let (by, plan) = (tenant.caller.account_actor(), webhook.plan.clone());
    let view = server.handle.define_webhook(tenant.id(), &by, id, plan, Some(&secret)).await?;
    issued(&view, id, secret)
}

/// Sends the webhook a letter that says nothing, and tells what came of it.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/webhooks/{webhook}/test", tag = "webhooks",
    responses((status = 200, body = TestDelivery)))]
pub(super) async fn test(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<TestDelivery>> {
    let (id, webhook) = find(&tenant.view, &params)?;
    Ok(Json(match send_test(&server, &tenant.view, id, webhook).await {
        Ok(status) => TestDelivery { delivered: true, status: Some(status), reason: None },
        Err(failure) => {
            TestDelivery { delivered: false, status: failure.status, reason: Some(failure.reason.to_owned()) }
        }
    }))
}

/// What the webhook still has to be told, and why it is not yet.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/webhooks/{webhook}/deliveries", tag = "webhooks",
    responses((status = 200, body = Deliveries)))]
pub(super) async fn deliveries(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Deliveries>> {
    let (id, _) = find(&tenant.view, &params)?;
    let waiting = server.lanes.waiting(tenant.id(), id);
    let failing = waiting.failing.into_iter().map(|failing| FailingDelivery {
        conversation: failing.conversation,
        attempts: failing.attempts,
        reason: failing.failure.reason.to_owned(),
        status: failing.failure.status,
        next_attempt: failing.next_attempt,
    });
    Ok(Json(Deliveries { conversations: waiting.conversations, failing: failing.collect() }))
}

/// Events that were tried for as long as they may, oldest first, without what they would say.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/webhooks/{webhook}/dead-letters", tag = "webhooks",
    params(ListDeadLetters), responses((status = 200, body = Page<DeadLetter>)))]
pub(super) async fn dead_letters(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Query(list): Query<ListDeadLetters>,
) -> Answer<Json<Page<DeadLetter>>> {
    let (id, _) = find(&tenant.view, &params)?;
    let after = list
        .after
        .map(|after| after.parse::<DeadLetterId>().map_err(|error| ApiError::field("after", error)));
    let (after, most) = (after.transpose()?, limits::DEAD_LETTERS_SHOWN);
    // One more than is shown tells whether there is a next page.
    let mut dead = server.handle.dead_letters(tenant.id(), id, after, most + 1).await?;
    let more = dead.len() > most;
    dead.truncate(most);
    let next = dead.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(Page { items: dead.into_iter().map(shown).collect(), next }))
}

/// One dead letter, with what it would say now.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/webhooks/{webhook}/dead-letters/{letter}", tag = "webhooks",
    responses((status = 200, body = InspectedDeadLetter)))]
pub(super) async fn dead_letter(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<InspectedDeadLetter>> {
    let (id, webhook) = find(&tenant.view, &params)?;
    let dead = find_dead(&server, &tenant, id, &params).await?;
    let DeadLetterId { conversation, event, .. } = dead.id;
    let events = server.handle.events(tenant.id(), conversation, event).await?;
    let body = match events.first().filter(|recorded| recorded.seq == event) {
        Some(recorded) => body_of(&server, &tenant.view, webhook, conversation, recorded).await?,
        None => None,
    };
    Ok(Json(InspectedDeadLetter { letter: shown(dead), body }))
}

/// Delivers a dead letter again, as if its event had happened now.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/webhooks/{webhook}/dead-letters/{letter}/redeliver",
    tag = "webhooks", responses((status = 200, body = Redelivered)))]
pub(super) async fn redeliver(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Redelivered>> {
    let (id, _) = find(&tenant.view, &params)?;
    let dead = find_dead(&server, &tenant, id, &params).await?;
    server.handle.redeliver(tenant.id(), id, &[dead.id]).await?;
    Ok(Json(Redelivered { redelivered: 1, more: false }))
}

/// Delivers dead letters again, the oldest 1,000 at most; `more` says whether to ask again.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/webhooks/{webhook}/redeliver", tag = "webhooks",
    responses((status = 200, body = Redelivered)))]
pub(super) async fn redeliver_all(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Redelivered>> {
    let (id, _) = find(&tenant.view, &params)?;
    let dead = server.handle.dead_letters(tenant.id(), id, None, limits::REDELIVERED_AT_ONCE).await?;
    let ids: Vec<DeadLetterId> = dead.iter().map(|dead| dead.id).collect();
    server.handle.redeliver(tenant.id(), id, &ids).await?;
    let more = !server.handle.dead_letters(tenant.id(), id, None, 1).await?.is_empty();
    Ok(Json(Redelivered { redelivered: ids.len(), more }))
}

fn issued(view: &AccountView, id: WebhookId, secret: String) -> Answer<Json<IssuedWebhook>> {
    let webhook = view.account.webhooks.get(&id).ok_or(Rejection::WebhookUnknown(id))?;
    Ok(Json(IssuedWebhook { webhook: Webhook::of(id, webhook), secret }))
}

fn find<'v>(view: &'v AccountView, params: &Params) -> Answer<(WebhookId, &'v Domain)> {
    let id: WebhookId = params.get("webhook")?;
    let webhook = view.account.webhooks.get(&id).ok_or(Rejection::WebhookUnknown(id))?;
    Ok((id, webhook))
}

async fn find_dead(server: &Shared, tenant: &Tenant, id: WebhookId, params: &Params) -> Answer<Dead> {
    let dead = server.handle.dead_letter(tenant.id(), id, params.get("letter")?).await?;
    dead.ok_or_else(|| PlatformError::NotFound.into())
}

fn shown(dead: Dead) -> DeadLetter {
    let Dead { id, death } = dead;
    DeadLetter {
        id: id.to_string(),
        conversation: id.conversation,
        seq: id.event.number(),
        event: death.kind,
        since: death.since,
        died_at: id.died_at,
        attempts: death.attempts,
        reason: death.reason,
        status: death.status,
    }
}
