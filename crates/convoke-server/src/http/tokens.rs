//! Access tokens of users and programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::token::{IssueToken, IssuedToken, Token};
use convoke_domain::account::{Command, Rejection};

use crate::auth::NewToken;
use crate::caller::Tenant;
use crate::extract::{Body, Params};
use crate::problem::Answer;
use crate::server::Shared;

/// The tokens of the account, without their secrets.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/tokens", tag = "tokens",
    responses((status = 200, body = List<Token>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<Token>> {
    Json(tenant.view.account.tokens.iter().map(|(id, token)| Token::of(*id, token)).collect())
}

/// Issues a token. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/tokens", tag = "tokens", request_body = IssueToken,
    responses((status = 201, body = IssuedToken)))]
pub(super) async fn issue(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(issue): Body<IssueToken>,
) -> Answer<(StatusCode, Json<IssuedToken>)> {
    let new = NewToken::generate(tenant.id(), server.handle.entropy());
    let view = server.configure(&tenant, issue.into_command(new.id, new.sha256)).await?;
    let token = view.account.tokens.get(&new.id).ok_or(Rejection::TokenUnknown(new.id))?;
    let issued = IssuedToken { token: Token::of(new.id, token), secret: new.text };
    Ok((StatusCode::CREATED, Json(issued)))
}

/// Ends a token at once. Its holder may do so, too.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/tokens/{token}", tag = "tokens",
    responses((status = 204)))]
pub(super) async fn revoke(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    server.configure(&tenant, Command::RevokeToken { id: params.get("token")? }).await?;
    Ok(StatusCode::NO_CONTENT)
}
