//! Secrets: set and forgotten here, read by functions only.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::secret::{Secret, SetSecret};
use convoke_domain::account::Command;
use convoke_domain::id::SecretName;

use super::removal::Removal;
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// The secrets of the account: names and versions, never values.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/secrets", tag = "secrets",
    responses((status = 200, body = List<Secret>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<Secret>> {
    Json(tenant.view.account.secrets.iter().map(|(name, secret)| Secret::of(name, secret)).collect())
}

/// Gives a secret a value, making it if there is none. Functions that read it from now on get the new one.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/secrets/{secret}", tag = "secrets", request_body = SetSecret,
    responses((status = 200, body = Secret)))]
pub(super) async fn set(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(set): Body<SetSecret>,
) -> Answer<Json<Secret>> {
    let name: SecretName = params.get("secret")?;
    let by = tenant.caller.account_actor();
    let secret = server.handle.set_secret(tenant.id(), &by, &name, &set.value).await?;
    Ok(Json(Secret::of(&name, &secret)))
}

/// Forgets a secret. Functions that read it from now on are told that there is none.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/secrets/{secret}", tag = "secrets",
    responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("secret", |name| Command::RemoveSecret { name }).await
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use convoke_domain::id::FunctionId;
    use convoke_domain::limits::SECRET_VALUE_CHARS_MAX;
    use serde_json::json;

    use crate::testing::{ACME, Kit, OTHER};

    const VALUE: &str = "s3cr3t-value-of-the-order-system";

    #[tokio::test]
    async fn a_secret_is_set_and_listed_and_its_value_never_comes_back() {
        let kit = Kit::new().await;
        let admin = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        let set = kit.put("/secrets/order_key", &admin, json!({"value": VALUE})).await;
        assert_eq!(set.ok(200)["version"], 1);
        let again =
            kit.put("/secrets/order_key", &admin, json!({"value": {"user": "u", "pass": VALUE}})).await;
        let by = again.ok(200)["updated"]["by"].clone();
        assert_eq!(by, json!({"kind": "user", "id": "4711"}));
        let listed = kit.get("/secrets", &admin).await;
        assert_eq!(listed.ok(200)["items"][0]["version"], 2);
        let activity = kit.get("/activity", &kit.operator).await;
        let settings = kit.get("/settings", &kit.operator).await;
        for reply in [set, again, listed, activity, settings] {
            assert!(!reply.text.contains(VALUE) && !reply.text.contains("sealed"), "{}", reply.text);
        }
        kit.delete("/secrets/order_key", &admin).await.ok(204);
        kit.delete("/secrets/order_key", &admin).await.fails(404, "secret.unknown");
    }

    #[tokio::test]
    async fn a_function_reads_and_renews_what_was_set_and_only_in_its_account() {
        let kit = Kit::new().await;
        let admin = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        kit.put("/secrets/order_key", &admin, json!({"value": VALUE})).await.ok(200);
        let (acme, other) = (ACME.parse().unwrap(), OTHER.parse().unwrap());
        let name = "order_key".parse().unwrap();
        let read = kit.handle.read_secret(&acme, &name).unwrap();
        assert_eq!((read.version, read.expose()), (1, json!(VALUE).to_string().as_str()));
        assert!(!format!("{read:?}").contains(VALUE));
        assert!(kit.handle.read_secret(&other, &name).is_err());

        let function = FunctionId::from_bits(5);
        let version = kit.handle.update_secret(&acme, function, &name, &json!({"a": 1})).await.unwrap();
        assert_eq!(version, 2);
        assert_eq!(kit.handle.read_secret(&acme, &name).unwrap().expose(), r#"{"a":1}"#);
        let missing = "missing".parse().unwrap();
        assert!(kit.handle.update_secret(&acme, function, &missing, &json!(1)).await.is_err());
        let listed = kit.get("/secrets", &admin).await.ok(200);
        assert_eq!(
            listed["items"][0]["updated"]["by"],
            json!({"kind": "function", "id": function.to_string()})
        );
    }

    #[tokio::test]
    async fn names_and_values_have_their_limits() {
        let kit = Kit::new().await;
        let admin = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        let long = "x".repeat(SECRET_VALUE_CHARS_MAX);
        kit.put("/secrets/fits", &admin, json!({"value": &long})).await.ok(200);
        let longer = json!({"value": format!("{long}x")});
        kit.put("/secrets/long", &admin, longer).await.fails(400, "secret.value_too_long");
        kit.put("/secrets/a%20b", &admin, json!({"value": "x"})).await.fails(400, "request.invalid");
        let reserved = kit.put("/secrets/LIVEPERSON_DEFAULT_X", &admin, json!({"value": "x"})).await;
        reserved.fails(403, "secret.name_reserved");
    }
}
