//! Clients: programs with credentials of their own.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::client::{Client, CreateClient, IssuedClient};
use convoke_api::v1::list::List;
use convoke_domain::account::{Command, Rejection};
use convoke_domain::id::ClientId;
use convoke_engine::AccountView;

use super::removal::Removal;
use crate::auth::ClientSecret;
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// The clients of the account, without their secrets.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/clients", tag = "clients",
    responses((status = 200, body = List<Client>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<Client>> {
    Json(tenant.view.account.clients.iter().map(|(id, client)| Client::of(*id, client)).collect())
}

/// Makes a client. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/clients", tag = "clients", request_body = CreateClient,
    responses((status = 201, body = IssuedClient)))]
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(create): Body<CreateClient>,
) -> Answer<(StatusCode, Json<IssuedClient>)> {
    let id = ClientId::from_bits(server.handle.entropy().bits());
    let secret = ClientSecret::generate(server.handle.entropy());
    let view = server.configure(&tenant, create.into_command(id, secret.sha256)).await?;
    Ok((StatusCode::CREATED, issued(&view, id, secret.text)?))
}

/// Gives a client a new secret; the old one counts no longer.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/clients/{client}/secret", tag = "clients",
    responses((status = 200, body = IssuedClient)))]
pub(super) async fn renew(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<IssuedClient>> {
    let id: ClientId = params.get("client")?;
    let present = tenant.view.account.clients.get(&id).ok_or(Rejection::ClientUnknown(id))?;
    let secret = ClientSecret::generate(server.handle.entropy());
    let command = Command::DefineClient {
        id,
        name: present.name.clone(),
        roles: present.roles.clone(),
        secret_sha256: secret.sha256,
    };
    let view = server.configure(&tenant, command).await?;
    issued(&view, id, secret.text)
}

/// Removes a client; its tokens count no longer.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/clients/{client}", tag = "clients",
    responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("client", |id| Command::RemoveClient { id }).await
}

fn issued(view: &AccountView, id: ClientId, secret: String) -> Answer<Json<IssuedClient>> {
    let client = view.account.clients.get(&id).ok_or(Rejection::ClientUnknown(id))?;
    Ok(Json(IssuedClient { client: Client::of(id, client), secret }))
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::auth::LoginError;
    use crate::limits::FAILED_LOGINS_OF_NAME_MAX;
    use crate::testing::{ACME, Kit, OTHER};

    fn verify(kit: &Kit, account: &str, client: &Value, secret: &str) -> Result<Vec<UserRole>, LoginError> {
        let id = client["id"].as_str().unwrap();
        let verified = kit.auth.verify_client(&kit.handle, account, id, secret, None);
        verified.map(|client| client.roles.into_iter().collect())
    }

    #[tokio::test]
    async fn a_client_proves_itself_by_its_secret_until_it_has_another_or_is_removed() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let client = kit.post("/clients", &admin, json!({"name": "orders"})).await.ok(201);
        let secret = client["secret"].as_str().unwrap().to_owned();
        let invoking = Ok(vec![UserRole::FaasInvocation]);
        assert_eq!(verify(&kit, ACME, &client, &secret), invoking);
        assert_eq!(verify(&kit, OTHER, &client, &secret), Err(LoginError::Refused));
        assert_eq!(verify(&kit, ACME, &client, "wrong"), Err(LoginError::Refused));
        let path = format!("/clients/{}", client["id"].as_str().unwrap());
        let renewed = kit.post(&format!("{path}/secret"), &admin, Value::Null).await.ok(200);
        assert_eq!(verify(&kit, ACME, &client, &secret), Err(LoginError::Refused));
        assert_eq!(verify(&kit, ACME, &client, renewed["secret"].as_str().unwrap()), invoking);
        let listed = kit.get("/clients", &admin).await;
        assert!(!listed.text.contains("sha256") && !listed.text.contains(&secret));
        kit.delete(&path, &admin).await.ok(204);
        kit.delete(&path, &admin).await.fails(404, "client.unknown");
        assert_eq!(
            verify(&kit, ACME, &client, renewed["secret"].as_str().unwrap()),
            Err(LoginError::Refused)
        );
    }

    #[tokio::test]
    async fn guessing_a_clients_secret_ends_soon() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let client = kit.post("/clients", &admin, json!({"name": "orders"})).await.ok(201);
        for _ in 0..FAILED_LOGINS_OF_NAME_MAX {
            assert_eq!(verify(&kit, ACME, &client, "guess"), Err(LoginError::Refused));
        }
        assert_eq!(verify(&kit, ACME, &client, client["secret"].as_str().unwrap()), Err(LoginError::TooMany));
    }

    #[tokio::test]
    async fn a_client_has_at_most_what_its_maker_can_give() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let mighty = json!({"name": "x", "roles": ["operator"]});
        kit.post("/clients", &admin, mighty).await.fails(403, "role.not_grantable");
    }
}
