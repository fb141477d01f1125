//! Consumers: their tokens, and forgetting them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::consumer::{ConsumerRef, CreateConsumer, ErasedConsumer};
use convoke_api::v1::consumer_access::ConsumerAccess;
use convoke_domain::id::{AccountId, ConsumerId};
use convoke_engine::FileOwner;

use crate::auth::Purpose;
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
    let mut access = access(&server, tenant.id(), consumer);
    if create.name.is_some() {
        let auth = &server.auth;
        let token = auth.signer().consumer_jwt(tenant.id(), consumer, true, Purpose::Exchange, auth.now());
        access.id_token = Some(token);
    }
    (StatusCode::CREATED, Json(access))
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
    ConsumerAccess { consumer, token, expires_at, id_token: None }
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
    // Their files first: if that fails, asking again finds the key still there.
    server.files.remove_of(tenant.id(), FileOwner::Consumer(id)).await?;
    let erased = server.handle.erase_consumer(tenant.id(), id).await?;
    Ok(Json(ErasedConsumer { id, erased, at: server.handle.now() }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Kit;

    #[tokio::test]
    async fn the_same_name_is_the_same_consumer_and_no_name_a_new_one() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let made = async |body: Value| kit.post("/consumers", &token, body).await.ok(201)["consumer"].clone();
        assert_eq!(made(json!({"name": "ada"})).await, made(json!({"name": "ada"})).await);
        assert_ne!(made(json!({})).await, made(Value::Null).await);
        kit.post("/consumers", &token, json!({"name": " "})).await.fails(400, "request.invalid");
    }

    #[tokio::test]
    async fn an_erased_consumers_words_are_gone_and_the_order_stays() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let made = kit.post("/consumers", &admin, json!({"name": "ada"})).await.ok(201);
        let token = made["token"].as_str().unwrap();
        let open = json!({"line": {"text": "my card is 4111"}});
        let opened = kit.post("/conversations", token, open).await.ok(201);
        let path = format!("/conversations/{}/events", opened["id"].as_str().unwrap());
        let before = kit.get(&path, &admin).await;
        assert!(before.text.contains("my card is 4111"));
        assert_eq!(kit.delete("/consumers/ada", &admin).await.ok(200)["erased"], true);
        let after = kit.get(&path, &admin).await;
        assert!(!after.text.contains("4111"), "{}", after.text);
        let count = |reply: &crate::testing::Reply| reply.json()["items"].as_array().unwrap().len();
        assert_eq!(count(&before), count(&after));
        assert_eq!(kit.delete("/consumers/ada", &admin).await.ok(200)["erased"], false);
    }

    #[tokio::test]
    async fn an_erased_consumer_who_comes_back_is_read_from_then_on() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let made = kit.post("/consumers", &admin, json!({"name": "ada"})).await.ok(201);
        let token = made["token"].as_str().unwrap();
        let opened = kit.post("/conversations", token, json!({"line": {"text": "before"}})).await.ok(201);
        let path = format!("/conversations/{}", opened["id"].as_str().unwrap());
        kit.delete("/consumers/ada", &admin).await.ok(200);
        kit.post(&format!("{path}/lines"), token, json!({"text": "afterwards"})).await.ok(201);
        let events = kit.get(&format!("{path}/events"), &admin).await;
        events.ok(200);
        assert!(events.text.contains("afterwards") && !events.text.contains("before\""), "{}", events.text);
    }
}
