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
    let text = params.text("function");
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

async fn change(server: &Shared, tenant: &Tenant, command: Command) -> Answer<Arc<AccountView>> {
    let by = tenant.caller.account_actor();
    Ok(server.handle.change_functions(tenant.id(), &by, command).await?)
}

fn detail(view: &AccountView, id: FunctionId) -> Answer<Json<FunctionDetail>> {
    let function = view.functions.get(id).ok_or(Rejection::FunctionUnknown(id)).map_err(ApiError::from)?;
    Ok(Json(FunctionDetail::of(id, function)))
}
