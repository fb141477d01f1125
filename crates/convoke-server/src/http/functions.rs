//! Functions: created, edited, deployed; and what they begin with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::event_kind::EventKind;
use convoke_api::v1::function::{CreateFunction, Deployed, Function, FunctionDetail, Rollback, Version};
use convoke_api::v1::function_call::SaveFunction;
use convoke_api::v1::list::List;
use convoke_api::v1::template::Template;
use convoke_domain::decider::Decider;
use convoke_domain::function::{self, Command, Context, FunctionMachine, Rejection};
use convoke_domain::id::{DeploymentId, FunctionId};
use convoke_engine::AccountView;
use convoke_engine::ports::ProgramSource;

use crate::caller::Tenant;
use crate::extract::{Body, FunctionBody, Params};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// The events that functions can answer: names, codes, limits, and what each delivers.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/events", tag = "functions",
    responses((status = 200, body = List<EventKind>)))]
pub(super) async fn events(State(server): State<Shared>) -> Json<List<EventKind>> {
    let sample = |event| server.templates.for_event(event).map(|template| template.payload.clone());
    Json(EventKind::all(sample).into_iter().collect())
}

/// Where new functions can begin.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/templates", tag = "functions",
    responses((status = 200, body = List<Template>)))]
pub(super) async fn templates(State(server): State<Shared>) -> Json<List<Template>> {
    Json(server.templates.iter().cloned().collect())
}

/// A template.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/templates/{template}", tag = "functions",
    responses((status = 200, body = Template)))]
pub(super) async fn template(State(server): State<Shared>, params: Params) -> Answer<Json<Template>> {
    let template = server.templates.get(params.text("template"));
    Ok(Json(template.cloned().ok_or(PlatformError::TemplateUnknown)?))
}

/// The functions, without their sources.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions", tag = "functions",
    responses((status = 200, body = List<Function>)))]
pub(super) async fn list(tenant: Tenant) -> Json<List<Function>> {
    let functions = &tenant.view.functions.functions;
    Json(functions.iter().map(|(id, function)| Function::of(*id, function)).collect())
}

/// Creates a function from a source or a template. It answers nothing until it is deployed.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions", tag = "functions",
    request_body = CreateFunction, responses((status = 201, body = FunctionDetail)))]
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(create): FunctionBody<CreateFunction>,
) -> Answer<(StatusCode, Json<FunctionDetail>)> {
    let id = FunctionId::from_bits(server.handle.entropy().bits());
    let template = create.template.as_deref().and_then(|id| server.templates.get(id));
    let command = create.into_command(id, template)?;
    loads(&server, std::slice::from_ref(&command)).await?;
    let view = change(&server, &tenant, command).await?;
    Ok((StatusCode::CREATED, detail(&view, id)?))
}

/// A function with its draft; by id or by name.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions/{function}", tag = "functions",
    responses((status = 200, body = FunctionDetail)))]
pub(super) async fn get(tenant: Tenant, params: Params) -> Answer<Json<FunctionDetail>> {
    let (id, function) = find(&tenant, &params)?;
    Ok(Json(FunctionDetail::of(id, function)))
}

/// Saves the draft, which answers nothing until it is deployed, and description and skills, which count at once. All of
/// it, or, if something is refused, nothing.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/functions/{function}", tag = "functions",
    request_body = SaveFunction, responses((status = 200, body = FunctionDetail)))]
pub(super) async fn save(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(save): FunctionBody<SaveFunction>,
) -> Answer<Json<FunctionDetail>> {
    let (id, present) = find(&tenant, &params)?;
    let commands = save.into_commands(id, present);
    let actor = tenant.caller.account_actor();
    let context = Context { now: server.handle.now(), actor: &actor, account: &tenant.view.account };
    let mut state = tenant.view.functions.clone();
    for command in &commands {
        let events = FunctionMachine::decide(&state, command.clone(), &context)?;
        state = events.iter().fold(state, FunctionMachine::evolve);
    }
    loads(&server, &commands).await?;
    let mut view = tenant.view.clone();
    for command in commands {
        view = change(&server, &tenant, command).await?;
    }
    detail(&view, id)
}

/// Removes a function that is not deployed.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/functions/{function}", tag = "functions",
    responses((status = 204)))]
pub(super) async fn delete(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    let (id, _) = find(&tenant, &params)?;
    change(&server, &tenant, Command::Delete { id }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The kept versions of a function, oldest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions/{function}/versions", tag = "functions",
    responses((status = 200, body = List<Version>)))]
pub(super) async fn versions(tenant: Tenant, params: Params) -> Answer<Json<List<Version>>> {
    let (_, function) = find(&tenant, &params)?;
    Ok(Json(function.versions.iter().map(|(number, version)| Version::of(*number, version)).collect()))
}

/// Lets the draft answer from now on, if it can run.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions/{function}/deploy", tag = "functions",
    responses((status = 200, body = Deployed)))]
pub(super) async fn deploy(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Deployed>> {
    let (id, _) = find(&tenant, &params)?;
    let deployed = server.handle.deploy(tenant.id(), &tenant.caller.account_actor(), id).await?;
    let function = deployed.view.functions.get(id).ok_or(Rejection::FunctionUnknown(id))?;
    Ok(Json(Deployed::of(id, function, deployed.controller_bot_off)))
}

/// Lets the function answer no longer.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions/{function}/undeploy", tag = "functions",
    responses((status = 200, body = Function)))]
pub(super) async fn undeploy(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Function>> {
    let (id, _) = find(&tenant, &params)?;
    let view = change(&server, &tenant, Command::Undeploy { id }).await?;
    let function = view.functions.get(id).ok_or(Rejection::FunctionUnknown(id))?;
    Ok(Json(Function::of(id, function)))
}

/// Lets a kept version answer from now on; the draft stays as it is.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions/{function}/rollback", tag = "functions",
    request_body = Rollback, responses((status = 200, body = Deployed)))]
pub(super) async fn rollback(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(rollback): Body<Rollback>,
) -> Answer<Json<Deployed>> {
    let (id, _) = find(&tenant, &params)?;
    let deployment = DeploymentId::from_bits(server.handle.entropy().bits());
    let view = change(&server, &tenant, rollback.into_command(id, deployment)?).await?;
    let function = view.functions.get(id).ok_or(Rejection::FunctionUnknown(id))?;
    Ok(Json(Deployed::of(id, function, !view.account.controller_bot_enabled)))
}

/// The function that the path names, by id or by name.
pub(super) fn find<'t>(tenant: &'t Tenant, params: &Params) -> Answer<(FunctionId, &'t function::Function)> {
    named(tenant, params.text("function"))
}

/// The function with this id or name.
pub(super) fn named<'t>(tenant: &'t Tenant, text: &str) -> Answer<(FunctionId, &'t function::Function)> {
    let functions = &tenant.view.functions;
    let by_id = text.parse().ok().and_then(|id| functions.get(id).map(|function| (id, function)));
    by_id.or_else(|| functions.by_name(text)).ok_or_else(|| {
        let detail = format!("there is no function \"{text}\" in this account");
        Problem::of_code("function.unknown", detail).into()
    })
}

/// Refuses a draft that would not load: its author learns of it now, and not when it is deployed.
async fn loads(server: &Shared, commands: &[Command]) -> Answer<()> {
    for command in commands {
        let (Command::Create { draft, .. } | Command::SaveDraft { draft, .. }) = command else { continue };
        let environment = Arc::new(draft.environment.clone());
        let program = ProgramSource { source: Arc::clone(&draft.source), environment };
        let handle = server.handle.clone();
        // Evaluating a top level can take a second.
        let checked = tokio::task::spawn_blocking(move || handle.check_source(&program)).await;
        checked.map_err(|_| PlatformError::Internal)??;
    }
    Ok(())
}

pub(super) async fn change(server: &Shared, tenant: &Tenant, command: Command) -> Answer<Arc<AccountView>> {
    let by = tenant.caller.account_actor();
    Ok(server.handle.change_functions(tenant.id(), &by, command).await?)
}

fn detail(view: &AccountView, id: FunctionId) -> Answer<Json<FunctionDetail>> {
    let function = view.functions.get(id).ok_or(Rejection::FunctionUnknown(id)).map_err(ApiError::from)?;
    Ok(Json(FunctionDetail::of(id, function)))
}

#[cfg(test)]
mod tests {
    use convoke_domain::account::UserRole;
    use serde_json::{Value, json};

    use crate::testing::{ACME, Kit, SKILL, ScriptedHost};

    const NEW: &str = "controllerbot_messaging_new_conversation";

    #[tokio::test(flavor = "multi_thread")]
    async fn a_function_goes_from_template_to_deployed_and_back() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let create = json!({"name": "greet", "template": "new-conversation"});
        let created = kit.post("/functions", &token, create).await.ok(201);
        assert_eq!((&created["event"], &created["state"]), (&json!(NEW), &json!("draft")));
        assert!(created["draft"]["source"].as_str().unwrap().contains("lambda"));
        let by_id = kit.get(&format!("/functions/{}", created["id"].as_str().unwrap()), &token).await.ok(200);
        assert_eq!(by_id, kit.get("/functions/GREET", &token).await.ok(200));
        let deployed = kit.post("/functions/greet/deploy", &token, Value::Null).await.ok(200);
        assert_eq!(
            (&deployed["function"]["state"], &deployed["warnings"]),
            (&json!("productive"), &json!([]))
        );
        let saved =
            kit.put("/functions/greet", &token, json!({"source": "two", "description": "again"})).await;
        assert_eq!(
            (&saved.ok(200)["state"], &saved.json()["description"]),
            (&json!("modified"), &json!("again"))
        );
        kit.post("/functions/greet/deploy", &token, json!(null)).await.ok(200);
        let back = kit.post("/functions/greet/rollback", &token, json!({"version": 1})).await.ok(200);
        assert_eq!(back["function"]["deployed"]["version"], 1);
        let versions = kit.get("/functions/greet/versions", &token).await.ok(200);
        assert_eq!(versions["items"].as_array().unwrap().len(), 2);
        kit.delete("/functions/greet", &token).await.fails(409, "function.still_deployed");
        kit.post("/functions/greet/undeploy", &token, Value::Null).await.ok(200);
        kit.delete("/functions/greet", &token).await.ok(204);
        kit.get("/functions/greet", &token).await.fails(404, "function.unknown");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_wrong_with_a_source_is_said_with_its_place() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let problem = kit.post("/functions", &token, json!({"name": "broken", "source": "("})).await;
        let problem = problem.fails(422, "function.syntax");
        assert_eq!(problem["errors"][0]["message"], "line 1, column 2");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn deploying_while_the_controller_bot_is_off_warns() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        kit.put("/controller-bot", &token, json!({"enabled": false})).await.ok(200);
        kit.post("/functions", &token, json!({"name": "greet", "template": "new-conversation"}))
            .await
            .ok(201);
        let deployed = kit.post("/functions/greet/deploy", &token, Value::Null).await.ok(200);
        assert_eq!(deployed["warnings"][0]["code"], "controller_bot.off");
    }

    #[tokio::test]
    async fn names_templates_and_skills_are_checked() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let create = async |body: Value| kit.post("/functions", &token, body).await;
        create(json!({"name": "a b", "source": "x"})).await.fails(400, "function.name_invalid");
        create(json!({"name": "a", "template": "none"})).await.fails(400, "request.invalid");
        create(json!({"name": "a"})).await.fails(400, "request.invalid");
        create(json!({"name": "a", "source": "x", "skills": ["99"]})).await.fails(404, "skill.unknown");
        create(json!({"name": "one", "source": "x", "event": NEW, "skills": [SKILL]})).await.ok(201);
        let overlap = create(json!({"name": "two", "source": "x", "event": NEW, "skills": [SKILL]})).await;
        let problem = overlap.fails(409, "function.skills_overlap");
        assert!(problem["detail"].as_str().unwrap().contains("one"));
        create(json!({"name": "ONE", "source": "x"})).await.fails(409, "function.name_taken");
    }

    #[tokio::test]
    async fn a_save_is_whole_or_nothing() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        kit.post("/functions", &token, json!({"name": "f", "source": "x"})).await.ok(201);
        let half = json!({"source": "changed", "skills": ["99"]});
        kit.put("/functions/f", &token, half).await.fails(404, "skill.unknown");
        let half = json!({"description": "changed", "environment": {"1": "x"}});
        kit.put("/functions/f", &token, half).await.fails(400, "function.variable_invalid");
        let now = kit.get("/functions/f", &token).await.ok(200);
        assert_eq!((&now["draft"]["source"], &now["description"]), (&json!("x"), &json!("")));
    }

    #[tokio::test]
    async fn invokers_call_functions_and_do_not_read_their_code() {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        let invoker = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        kit.post("/functions", &developer, json!({"name": "f", "source": "1"})).await.ok(201);
        kit.get("/functions", &invoker).await.ok(200);
        kit.get("/functions/f", &invoker).await.fails(403, "auth.forbidden");
        kit.put("/functions/f", &invoker, json!({"source": "2"})).await.fails(403, "auth.forbidden");
        kit.post("/functions/f/invoke", &invoker, Value::Null).await.fails(404, "function.not_deployed");
    }

    #[tokio::test]
    async fn events_and_templates_tell_where_to_begin() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        let events = kit.get("/events", &token).await.ok(200);
        let new = events["items"].as_array().unwrap().iter().find(|event| event["id"] == NEW).unwrap();
        assert!(new["sample"]["payload"]["general"].is_object());
        assert_eq!(new["codes"].as_array().unwrap().len(), 5);
        let templates = kit.get("/templates", &token).await.ok(200);
        for template in templates["items"].as_array().unwrap() {
            let one = kit.get(&format!("/templates/{}", template["id"].as_str().unwrap()), &token).await;
            assert_eq!(&one.ok(200), template);
        }
        kit.get("/templates/none", &token).await.fails(404, "function.template_unknown");
    }
}
