//! Those who work for the brand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::v1::list::List;
use convoke_api::v1::user::{DefineUser, SetPassword, User};
use convoke_domain::account::{Command, Rejection};
use convoke_domain::id::UserId;
use uuid::Uuid;

use super::removal::Removal;
use crate::auth::Auth;
use crate::caller::{Identity, Peer, Tenant};
use crate::extract::{Body, Params};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// The users.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/users", tag = "users",
    responses((status = 200, body = List<User>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<User>> {
    Json(tenant.view.account.users.iter().map(|(id, user)| User::of(*id, user)).collect())
}

/// Defines a user, or replaces them.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/users/{user}", tag = "users", request_body = DefineUser,
    responses((status = 200, body = User)))]
pub(super) async fn define(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(define): Body<DefineUser>,
) -> Answer<Json<User>> {
    let id: UserId = params.get("user")?;
    let present = tenant.view.account.user(id).map(|user| user.pid);
    let pid = present.unwrap_or_else(|| Uuid::from_u128(server.handle.entropy().bits()));
    let view = server.configure(&tenant, define.into_command(id, pid)).await?;
    let user = view.account.user(id).ok_or(Rejection::UserUnknown(id))?;
    Ok(Json(User::of(id, user)))
}

/// Removes a user, and ends their tokens.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/users/{user}", tag = "users", responses((status = 204)))]
pub(super) async fn remove(removal: Removal) -> Answer<StatusCode> {
    removal.of("user", |id| Command::RemoveUser { id }).await
}

/// Gives a user a password, and ends their sessions. Users who change their own say the present one.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/users/{user}/password", tag = "users",
    request_body = SetPassword, responses((status = 204)))]
pub(super) async fn set_password(
    State(server): State<Shared>,
    tenant: Tenant,
    peer: Option<Peer>,
    params: Params,
    Body(set): Body<SetPassword>,
) -> Answer<StatusCode> {
    let id: UserId = params.get("user")?;
    let own = matches!(tenant.caller.identity, Identity::User { user, .. } if user == id);
    if own {
        // A token that lies around must not be enough to keep its user out.
        let user = tenant.view.account.user(id).ok_or(Rejection::UserUnknown(id))?;
        let present = set.present.unwrap_or_default();
        let address = peer.map(|peer| peer.0.ip());
        let (handle, account) = (&server.handle, tenant.id().as_str());
        let verified = server.auth.verify_login(handle, account, &user.login_name, &present, address).await;
        if verified.map_err(ApiError::from)?.user != id {
            return Err(PlatformError::LoginFailed.into());
        }
    }
    let command = hashed(&server, id, set.password).await?;
    server.configure(&tenant, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hashing takes long enough to keep others waiting.
async fn hashed(server: &Shared, user: UserId, password: String) -> Answer<Command> {
    let handle = server.handle.clone();
    let hashing = tokio::task::spawn_blocking(move || Auth::set_password(&handle, user, &password));
    let hashed = hashing.await.map_err(|_| PlatformError::Internal)?;
    hashed.map_err(|unfit| ApiError::field("password", unfit))
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::json;

    use crate::testing::{ACME, Kit};

    #[tokio::test]
    async fn a_user_keeps_the_participant_id_when_redefined() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let ada = json!({"login_name": "ada", "nickname": "Ada", "roles": ["agent"]});
        let first = kit.put("/users/5", &token, ada.clone()).await.ok(200);
        let second = kit.put("/users/5", &token, ada).await.ok(200);
        assert_eq!(first["pid"], second["pid"]);
        assert_eq!(kit.get("/users", &token).await.ok(200)["items"].as_array().unwrap().len(), 3);
        kit.delete("/users/5", &token).await.ok(204);
        kit.delete("/users/5", &token).await.fails(404, "user.unknown");
    }

    #[tokio::test]
    async fn nobody_but_the_operator_makes_an_operator() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let mighty = json!({"login_name": "ada", "nickname": "Ada", "roles": ["operator"]});
        kit.put("/users/5", &token, mighty.clone()).await.fails(403, "role.not_grantable");
        kit.put("/users/5", &kit.operator, mighty).await.ok(200);
    }

    #[tokio::test]
    async fn removing_a_user_ends_their_tokens_at_once() {
        let kit = Kit::new().await;
        let token = kit.token(ACME, &[UserRole::Agent]).await;
        kit.get("/skills", &token).await.ok(200);
        kit.delete("/users/4711", &kit.operator).await.ok(204);
        kit.get("/skills", &token).await.fails(401, "auth.required");
    }
}
