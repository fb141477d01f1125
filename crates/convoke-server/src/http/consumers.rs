//! Consumers: their tokens, and forgetting them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::consumer::{ConsumerRef, CreateConsumer, ErasedConsumer};
use convoke_api::v1::consumer_access::ConsumerAccess;
use convoke_domain::id::{AccountId, ConsumerId};

use crate::caller::Tenant;
use crate::extract::{MaybeBody, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// A token for a consumer: a new one, or one that the brand has a name for.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/consumers", tag = "consumers",
    request_body = CreateConsumer, responses((status = 201, body = ConsumerAccess)))]
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    MaybeBody(create): MaybeBody<CreateConsumer>,
) -> (StatusCode, Json<ConsumerAccess>) {
    let consumer = consumer(&server, tenant.id(), create.name.as_ref());
    (StatusCode::CREATED, Json(access(&server, tenant.id(), consumer)))
}

/// The consumer that a request names; without a name, a new one.
pub(super) fn consumer(server: &Shared, account: &AccountId, name: Option<&ConsumerRef>) -> ConsumerId {
    match name {
        None => server.handle.new_consumer(),
        Some(ConsumerRef::Id(id)) => *id,
        Some(ConsumerRef::Name(name)) => server.auth.consumer_named(account, name),
    }
}

pub(super) fn access(server: &Shared, account: &AccountId, consumer: ConsumerId) -> ConsumerAccess {
    let (token, expires_at) = server.auth.consumer_token(account, consumer);
    ConsumerAccess { consumer, token, expires_at }
}

/// Erases a consumer: what they wrote and who they are can never be read again; order and causes stay.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/consumers/{consumer}", tag = "consumers",
    responses((status = 200, body = ErasedConsumer)))]
pub(super) async fn erase(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<ErasedConsumer>> {
    let named: ConsumerRef = params.get("consumer")?;
    let id = consumer(&server, tenant.id(), Some(&named));
    let erased = server.handle.erase_consumer(tenant.id(), id).await?;
    Ok(Json(ErasedConsumer { id, erased, at: server.handle.now() }))
}
