//! Functions: created, edited, deployed; and what they begin with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::functions::schema::input_schema;
use convoke_api::platform_error::PlatformError;
use convoke_api::problem::Problem;
use convoke_api::v1::event_kind::EventKind;
use convoke_api::v1::function::{
    CreateFunction, Deployed, DeploymentRecord, Draft, Function, FunctionDetail, FunctionDiff, Rollback,
    SavedFunction, Side, SourceProblem, Version,
};
use convoke_api::v1::function_call::SaveFunction;
use convoke_api::v1::list::List;
use convoke_api::v1::template::Template;
use convoke_domain::decider::Decider;
use convoke_domain::function::{self, Command, Context, FunctionMachine, Rejection};
use convoke_domain::id::{DeploymentId, FunctionId};
use convoke_engine::AccountView;
use convoke_engine::ports::ProgramSource;
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::caller::Tenant;
use crate::extract::{Body, FunctionBody, Params, Query};
use crate::problem::{Answer, ApiError};
use crate::server::Shared;

/// The events that functions can answer: names, codes, limits, and what each delivers.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/events", tag = "functions",
    responses((status = 200, body = List<EventKind>)))]
pub(super) async fn events(State(server): State<Shared>) -> Json<List<EventKind>> {
    let sample = |event| server.templates.for_event(event).map(|template| template.payload.clone());
    Json(EventKind::all(sample).into_iter().collect())
}

/// The JSON schema of what a function on this event receives.
#[utoipa::path(get, path = "/api/v1/events/{event}/schema", tag = "functions",
    responses((status = 200, body = Object)))]
pub(super) async fn event_schema(params: Params) -> Answer<Json<Value>> {
    Ok(Json(input_schema(params.get("event")?)))
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

/// Creates a function from a source or a template. It answers nothing until it is deployed; what would keep its source
/// from being deployed is said in the answer.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/functions", tag = "functions",
    request_body = CreateFunction, responses((status = 201, body = SavedFunction)))]
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    Body(create): FunctionBody<CreateFunction>,
) -> Answer<(StatusCode, Json<SavedFunction>)> {
    let id = FunctionId::from_bits(server.handle.entropy().bits());
    let template = create.template.as_deref().and_then(|id| server.templates.get(id));
    let command = create.into_command(id, template)?;
    let view = change(&server, &tenant, command).await?;
    Ok((StatusCode::CREATED, saved(&server, &view, id, true).await?))
}

/// A function with its draft; by id or by name.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions/{function}", tag = "functions",
    responses((status = 200, body = FunctionDetail)))]
pub(super) async fn get(tenant: Tenant, params: Params) -> Answer<Json<FunctionDetail>> {
    let (id, function) = find(&tenant, &params)?;
    Ok(Json(FunctionDetail::of(id, function)))
}

/// Saves the draft, which answers nothing until it is deployed, and description and skills, which count at once. All of
/// it, or, if something is refused, nothing. A source that could not be deployed is saved, too, and the answer says what
/// is wrong with it.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/functions/{function}", tag = "functions",
    request_body = SaveFunction, responses((status = 200, body = SavedFunction)))]
pub(super) async fn save(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    Body(save): FunctionBody<SaveFunction>,
) -> Answer<Json<SavedFunction>> {
    let (id, present) = find(&tenant, &params)?;
    let commands = save.into_commands(id, present);
    let actor = tenant.caller.account_actor();
    let context = Context { now: server.handle.now(), actor: &actor, account: &tenant.view.account };
    let mut state = tenant.view.functions.clone();
    for command in &commands {
        let events = FunctionMachine::decide(&state, command.clone(), &context)?;
        state = events.iter().fold(state, FunctionMachine::evolve);
    }
    let of_code = commands.iter().any(|command| matches!(command, Command::SaveDraft { .. }));
    let mut view = tenant.view.clone();
    for command in commands {
        view = change(&server, &tenant, command).await?;
    }
    saved(&server, &view, id, of_code).await
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

/// The last deployments of a function, failed ones among them, oldest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions/{function}/deployments", tag = "functions",
    responses((status = 200, body = List<DeploymentRecord>)))]
pub(super) async fn deployments(tenant: Tenant, params: Params) -> Answer<Json<List<DeploymentRecord>>> {
    let (_, function) = find(&tenant, &params)?;
    Ok(Json(function.deployments.iter().map(Into::into).collect()))
}

/// Which two sides of a function are compared.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Sides {
    /// The older side: `draft`, `deployed`, or the number of a kept version; left out, what is deployed.
    from: Option<String>,
    /// The newer side; left out, the draft.
    to: Option<String>,
}

/// What differs between two versions of a function, or its draft: source, environment and settings.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/functions/{function}/diff", tag = "functions", params(Sides),
    responses((status = 200, body = FunctionDiff)))]
pub(super) async fn diff(
    tenant: Tenant,
    params: Params,
    Query(sides): Query<Sides>,
) -> Answer<Json<FunctionDiff>> {
    let (_, function) = find(&tenant, &params)?;
    let side = |field: &str, text: Option<&str>, usual: Side| -> Answer<(String, Draft)> {
        let side = text.map_or(Ok(usual), str::parse).map_err(|error| ApiError::field(field, error))?;
        Ok((side.to_string(), side.of(function).ok_or_else(|| no_such_side(function, side))?))
    };
    let (from, before) = side("from", sides.from.as_deref(), Side::Deployed)?;
    let (to, after) = side("to", sides.to.as_deref(), Side::Draft)?;
    Ok(Json(FunctionDiff::between((&from, &before), (&to, &after))))
}

fn no_such_side(function: &function::Function, side: Side) -> Rejection {
    match side {
        Side::Version(version) => {
            Rejection::VersionUnknown { version, kept: function.versions.keys().copied().collect() }
        }
        Side::Draft | Side::Deployed => Rejection::NotDeployed(function.name.clone()),
    }
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

pub(crate) async fn change(server: &Shared, tenant: &Tenant, command: Command) -> Answer<Arc<AccountView>> {
    let by = tenant.caller.account_actor();
    Ok(server.handle.change_functions(tenant.id(), &by, command).await?)
}

/// A function as it was saved. If its code may have changed, it is looked at again.
async fn saved(
    server: &Shared,
    view: &AccountView,
    id: FunctionId,
    of_code: bool,
) -> Answer<Json<SavedFunction>> {
    let function = view.functions.get(id).ok_or(Rejection::FunctionUnknown(id)).map_err(ApiError::from)?;
    let problems = if of_code {
        let environment = Arc::new(function.draft.environment.clone());
        let program = ProgramSource { source: Arc::clone(&function.draft.source), environment };
        server.handle.problems(program).await?
    } else {
        Vec::new()
    };
    let problems = problems.into_iter().map(|error| SourceProblem {
        code: error.code.to_owned(),
        message: error.message,
        line: error.line,
        column: error.column,
    });
    let function = FunctionDetail::of(id, function);
    Ok(Json(SavedFunction { function, problems: problems.collect() }))
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
        let saved = kit.post("/functions", &token, json!({"name": "broken", "source": "("})).await.ok(201);
        let problem = json!({"code": "function.syntax", "message": "SyntaxError: unexpected end",
            "line": 1, "column": 2});
        assert_eq!(saved["problems"], json!([problem]));
        assert_eq!(saved["draft"]["source"], "(", "it is saved nevertheless");

        let refused = kit.post("/functions/broken/deploy", &token, Value::Null).await;
        let refused = refused.fails(422, "function.syntax");
        assert_eq!(refused["errors"][0]["message"], "line 1, column 2");
        let known = kit.get("/functions/broken", &token).await.ok(200);
        assert_eq!((&known["state"], &known["failure"]), (&json!("build_error"), &problem));
        let deployments = kit.get("/functions/broken/deployments", &token).await.ok(200);
        assert_eq!(deployments["items"][0]["outcome"], "failed");

        let mended = kit.put("/functions/broken", &token, json!({"source": "fine"})).await.ok(200);
        assert_eq!((&mended["state"], &mended["problems"]), (&json!("draft"), &json!([])));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn any_two_sides_of_a_function_are_compared() {
        let kit = Kit::new().await;
        let token = kit.admin().await;
        kit.post("/functions", &token, json!({"name": "f", "source": "one\n"})).await.ok(201);
        kit.get("/functions/f/diff", &token).await.fails(404, "function.not_deployed");
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        let change = json!({"source": "two\n", "environment": {"A": "1"}, "settings": {"hold_ms": 9}});
        kit.put("/functions/f", &token, change).await.ok(200);
        let diff = kit.get("/functions/f/diff", &token).await.ok(200);
        assert!(diff["source"]["unified"].as_str().unwrap().contains("-one\n+two\n"));
        let fields: Vec<&str> =
            diff["changes"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["environment.A", "settings.hold_ms"]);
        kit.post("/functions/f/deploy", &token, Value::Null).await.ok(200);
        let back = kit.get("/functions/f/diff?from=2&to=1", &token).await.ok(200);
        assert_eq!((&back["from"], &back["to"]), (&json!("version 2"), &json!("version 1")));
        assert!(back["source"]["unified"].as_str().unwrap().contains("-two\n+one\n"));
        kit.get("/functions/f/diff?from=7", &token).await.fails(404, "function.version_unknown");
        kit.get("/functions/f/diff?from=x", &token).await.fails(400, "request.invalid");
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
    async fn an_events_schema_is_told_to_everybody_who_works_here() {
        let kit = Kit::new().await;
        let token = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        let ask = async |event: &str| {
            kit.raw(axum::http::Method::GET, &format!("/api/v1/events/{event}/schema"), &token, Value::Null)
                .await
        };
        let schema = ask(NEW).await.ok(200);
        assert_eq!(schema["$defs"]["EventCode"]["enum"].as_array().unwrap().len(), 5);
        assert_eq!(ask("conversational_command").await.ok(200)["type"], "object");
        ask("nothing").await.fails(400, "request.invalid");
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
    async fn invokers_read_and_call_functions_and_do_not_change_them() {
        let kit = Kit::with(ScriptedHost::echo()).await;
        let developer = kit.token(ACME, &[UserRole::FaasDeveloper]).await;
        let invoker = kit.token(ACME, &[UserRole::FaasInvocation]).await;
        kit.post("/functions", &developer, json!({"name": "f", "source": "1"})).await.ok(201);
        kit.get("/functions", &invoker).await.ok(200);
        kit.put("/functions/f", &invoker, json!({"source": "2"})).await.fails(403, "auth.forbidden");
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
