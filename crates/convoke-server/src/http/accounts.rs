//! Accounts and their settings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::v1::account::{Account, CreateAccount};
use convoke_api::v1::controller_bot::ControllerBot;
use convoke_api::v1::list::List;
use convoke_api::v1::settings::{Settings, UpdateSettings};
use convoke_domain::account::{AccountMachine, Context};
use convoke_domain::decider::Decider;

use crate::caller::{Caller, Tenant};
use crate::extract::Body;
use crate::problem::Answer;
use crate::server::Shared;

/// The accounts that the token can act in: its own, or all for the operator.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", responses((status = 200, body = List<Account>)))]
pub(super) async fn list(State(server): State<Shared>, caller: Caller) -> Json<List<Account>> {
    let accounts = server.handle.accounts();
    let own = |id| caller.account.as_ref().is_none_or(|own| own == id);
    Json(accounts.iter().filter(|view| own(&view.account.id)).map(|view| (&view.account).into()).collect())
}

/// Opens an account: the Controller Bot is off, and there are no skills.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = CreateAccount,
    responses((status = 201, body = Account)))]
pub(super) async fn create(
    State(server): State<Shared>,
    caller: Caller,
    Body(create): Body<CreateAccount>,
) -> Answer<(StatusCode, Json<Account>)> {
    let id = create.id.clone();
    let view = server.handle.configure(&id, &caller.account_actor(), create.into_command()).await?;
    Ok((StatusCode::CREATED, Json((&view.account).into())))
}

/// An account.
#[utoipa::path(get, path = "/api/v1/accounts/{account}", tag = "accounts", responses((status = 200, body = Account)))]
pub(super) async fn get(tenant: Tenant) -> Json<Account> {
    Json((&tenant.view.account).into())
}

/// What the account is set to.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/settings", tag = "accounts",
    responses((status = 200, body = Settings)))]
pub(super) async fn settings(tenant: Tenant) -> Json<Settings> {
    Json((&tenant.view.account).into())
}

/// Changes settings. All of them, or, if one is refused, none.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/settings", tag = "accounts", request_body = UpdateSettings,
    responses((status = 200, body = Settings)))]
pub(super) async fn update_settings(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(update): Body<UpdateSettings>,
) -> Answer<Json<Settings>> {
    let commands = update.into_commands();
    let actor = tenant.caller.account_actor();
    let context = Context { now: server.handle.now(), actor: &actor };
    let mut state = Some(tenant.view.account.clone());
    for command in &commands {
        let events = AccountMachine::decide(&state, command.clone(), &context)?;
        state = events.iter().fold(state, AccountMachine::evolve);
    }
    let mut view = tenant.view.clone();
    for command in commands {
        view = server.configure(&tenant, command).await?;
    }
    Ok(Json((&view.account).into()))
}

/// Switches the Controller Bot on or off, for the whole account and at once.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/controller-bot", tag = "accounts",
    request_body = ControllerBot, responses((status = 200, body = ControllerBot)))]
pub(super) async fn switch_controller_bot(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(switch): Body<ControllerBot>,
) -> Answer<Json<ControllerBot>> {
    let view = server.configure(&tenant, switch.into_command()).await?;
    Ok(Json(ControllerBot { enabled: view.account.controller_bot_enabled }))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit};

    #[tokio::test]
    async fn the_operator_opens_accounts_and_sees_all_of_them() {
        let kit = Kit::new().await;
        let new = json!({"id": "globex", "name": "Globex"});
        let created = kit.raw(Method::POST, "/api/v1/accounts", &kit.operator, new.clone()).await.ok(201);
        assert_eq!((&created["id"], &created["controller_bot_enabled"]), (&json!("globex"), &json!(false)));
        let all = kit.raw(Method::GET, "/api/v1/accounts", &kit.operator, Value::Null).await.ok(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 3);
        kit.raw(Method::POST, "/api/v1/accounts", &kit.operator, new).await.fails(409, "account.exists");
    }

    #[tokio::test]
    async fn an_administrator_sees_only_the_own_account_and_opens_none() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let all = kit.raw(Method::GET, "/api/v1/accounts", &token, Value::Null).await.ok(200);
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
        assert_eq!(all["items"][0]["id"], ACME);
        let new = json!({"id": "globex", "name": "Globex"});
        kit.raw(Method::POST, "/api/v1/accounts", &token, new).await.fails(403, "auth.forbidden");
    }

    #[tokio::test]
    async fn settings_change_together_or_not_at_all() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let changed = json!({"name": "Acme & Sons", "fence_policy": "apply"});
        assert_eq!(kit.put("/settings", &token, changed).await.ok(200)["fence_policy"], "apply");
        let half = json!({"name": "Half", "auto_close_seconds": 1});
        kit.put("/settings", &token, half).await.fails(400, "auto_close.out_of_range");
        assert_eq!(kit.get("/settings", &token).await.ok(200)["name"], "Acme & Sons");
    }

    #[tokio::test]
    async fn a_functions_administrator_sets_where_functions_call_and_nothing_else() {
        let kit = Kit::new().await;
        let token = kit.token(ACME, &[UserRole::FaasAdmin]).await;
        let egress = json!({"egress": {"mode": "listed", "domains": ["api.example.com"]}});
        kit.put("/settings", &token, egress).await.ok(200);
        kit.put("/settings", &token, json!({"name": "Mine"})).await.fails(403, "role.missing");
    }

    #[tokio::test]
    async fn unknown_fields_and_wrong_types_are_named() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let problem = kit.put("/settings", &token, json!({"nmae": "x"})).await.fails(400, "request.invalid");
        assert_eq!(problem["errors"][0]["field"], "nmae");
        let problem = kit.put("/settings", &token, json!({"name": 7})).await.fails(400, "request.invalid");
        assert_eq!(problem["errors"][0]["field"], "name");
    }
}
