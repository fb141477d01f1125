//! App keys: what bots' users log in with.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::app_key::{AppKey, IssueAppKey, IssuedAppKey};
use convoke_api::v1::list::List;
use convoke_domain::account::{Command, Rejection};
use convoke_domain::id::AppKeyId;

use super::removal::Removal;
use crate::auth::NewAppKey;
use crate::caller::Tenant;
use crate::extract::Body;
use crate::problem::Answer;
use crate::server::Shared;

/// The app keys of the account, without their secrets.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/app-keys", tag = "app keys",
    responses((status = 200, body = List<AppKey>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<AppKey>> {
    Json(tenant.view.account.app_keys.iter().map(|(id, key)| AppKey::of(*id, key)).collect())
}

/// Gives a user an app key. Its secrets are in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/app-keys", tag = "app keys", request_body = IssueAppKey,
    responses((status = 201, body = IssuedAppKey)))]
pub(super) async fn issue(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(issue): Body<IssueAppKey>,
) -> Answer<(StatusCode, Json<IssuedAppKey>)> {
    let id = AppKeyId::from_bits(server.handle.entropy().bits());
    let NewAppKey { access_token, secrets } = NewAppKey::generate(server.handle.entropy());
    let by = tenant.caller.account_actor();
    let asked = (id, issue.name, issue.user, access_token.clone());
    let view = server.handle.issue_app_key(tenant.id(), &by, asked, &secrets).await?;
    let key = view.account.app_keys.get(&id).ok_or(Rejection::AppKeyUnknown(id))?;
    let username = view.account.user(key.user).map(|user| user.login_name.clone()).unwrap_or_default();
    let (secret, access_token_secret) = (secrets.secret, secrets.access_token_secret);
    let issued =
        IssuedAppKey { key: AppKey::of(id, key), username, secret, access_token, access_token_secret };
    Ok((StatusCode::CREATED, Json(issued)))
}

/// Revokes an app key, and ends the sessions of its user.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/app-keys/{key}", tag = "app keys",
    responses((status = 204)))]
pub(super) async fn revoke(removal: Removal) -> Answer<StatusCode> {
    removal.of("key", |id| Command::RevokeAppKey { id }).await
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit};

    #[tokio::test]
    async fn the_secrets_of_a_key_are_shown_once_and_to_administrators() {
        let kit = Kit::new().await;
        let (admin, agent) = (kit.admin().await, kit.token(ACME, &[UserRole::Agent]).await);
        let user: Value = kit.get("/users", &admin).await.ok(200)["items"][0].clone();
        let body = json!({"name": "echo bot", "user": user["id"]});
        kit.post("/app-keys", &agent, body.clone()).await.fails(403, "auth.forbidden");
        let issued = kit.post("/app-keys", &admin, body).await.ok(201);
        assert_eq!(issued["username"], user["login_name"]);
        let listed = kit.get("/app-keys", &admin).await;
        assert_eq!(listed.ok(200)["items"][0]["name"], "echo bot");
        let activity = kit.get("/activity", &admin).await;
        for secret in ["secret", "access_token", "access_token_secret"] {
            let secret = issued[secret].as_str().unwrap();
            assert!(secret.len() >= 32, "{secret}");
            assert!(!listed.text.contains(secret) && !activity.text.contains(secret));
        }
        let path = format!("/app-keys/{}", issued["id"].as_str().unwrap());
        kit.delete(&path, &admin).await.ok(204);
        kit.delete(&path, &admin).await.fails(404, "app_key.unknown");
        let nobody = json!({"name": "echo bot", "user": "99999999"});
        kit.post("/app-keys", &admin, nobody).await.fails(404, "user.unknown");
    }
}
