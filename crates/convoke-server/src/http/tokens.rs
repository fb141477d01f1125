//! Access tokens of users and programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::list::List;
use convoke_api::v1::token::{IssueToken, IssuedToken, Token};
use convoke_domain::account::{Command, Rejection};

use super::removal::Removal;
use crate::auth::NewToken;
use crate::caller::Tenant;
use crate::extract::Body;
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
    let view = server.configure(&tenant, issue.into_command(new.id, new.sha256, server.auth.now())).await?;
    let token = view.account.tokens.get(&new.id).ok_or(Rejection::TokenUnknown(new.id))?;
    let issued = IssuedToken { token: Token::of(new.id, token), secret: new.text };
    Ok((StatusCode::CREATED, Json(issued)))
}

/// Ends a token at once. Its holder may do so, too.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/tokens/{token}", tag = "tokens",
    responses((status = 204)))]
pub(super) async fn revoke(removal: Removal) -> Answer<StatusCode> {
    removal.of("token", |id| Command::RevokeToken { id }).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Kit;

    #[tokio::test]
    async fn an_issued_token_works_until_it_is_revoked() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let issue = json!({"name": "ci", "principal": {"kind": "application"}, "roles": ["faas_developer"],
            "expires_at": "2026-03-04T00:00:00Z"});
        let issued = kit.post("/tokens", &admin, issue).await.ok(201);
        let secret = issued["secret"].as_str().unwrap();
        kit.get("/functions", secret).await.ok(200);
        kit.get("/tokens", secret).await.fails(403, "auth.forbidden");
        let listed = kit.get("/tokens", &admin).await;
        assert!(!listed.text.contains(secret) && !listed.text.contains("sha256"));
        kit.delete(&format!("/tokens/{}", issued["id"].as_str().unwrap()), &admin).await.ok(204);
        kit.get("/functions", secret).await.fails(401, "auth.required");
    }

    #[tokio::test]
    async fn a_token_ends_by_itself() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        kit.get("/skills", &admin).await.ok(200);
        kit.clock.advance(std::time::Duration::from_hours(24));
        kit.get("/skills", &admin).await.fails(401, "auth.required");
    }

    #[tokio::test]
    async fn a_token_allows_at_most_what_its_holder_may() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let issue = |id: &str, roles: &[&str]| {
            json!({"name": "t", "principal": {"kind": "user", "id": id}, "roles": roles,
                "expires_at": "2026-03-04T00:00:00Z"})
        };
        kit.post("/tokens", &admin, issue("4712", &["administrator"])).await.fails(403, "token.roles_exceed");
        let token = kit.post("/tokens", &admin, issue("4712", &["agent"])).await.ok(201);
        let token = token["secret"].as_str().unwrap();
        // What the user loses, the token loses.
        let demoted = json!({"login_name": "linus", "nickname": "Linus", "roles": ["faas_invocation"]});
        kit.put("/users/4712", &admin, demoted).await.ok(200);
        kit.get("/conversations", token).await.fails(403, "auth.forbidden");
    }

    #[tokio::test]
    async fn somebody_ends_their_own_token_and_nobody_elses() {
        let kit = Kit::new().await;
        let admin = kit.admin().await;
        let agent = kit.token(crate::testing::ACME, &[convoke_domain::account::UserRole::Agent]).await;
        let issue =
            json!({"name": "ci", "principal": {"kind": "application"}, "expires_at": "2026-03-04T00:00:00Z"});
        let other = kit.post("/tokens", &admin, issue).await.ok(201);
        let path = format!("/tokens/{}", other["id"].as_str().unwrap());
        kit.delete(&path, &agent).await.fails(403, "role.missing");
        let listed = kit.get("/tokens", &admin).await.ok(200);
        let own = listed["items"].as_array().unwrap().iter().find(|token| token["roles"] == json!(["agent"]));
        kit.delete(&format!("/tokens/{}", own.unwrap()["id"].as_str().unwrap()), &agent).await.ok(204);
    }
}
