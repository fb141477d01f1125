//! Those who work for the brand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::user::{DefineUser, User};
use convoke_domain::account::{Command, Rejection};
use convoke_domain::id::UserId;
use uuid::Uuid;

use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
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
pub(super) async fn remove(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    server.configure(&tenant, Command::RemoveUser { id: params.get("user")? }).await?;
    Ok(StatusCode::NO_CONTENT)
}
