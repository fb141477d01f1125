//! `faasUI`, first generation: functions as lambdas.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use convoke_api::lp::lambda::{Lambda, Runtime, SaveLambda};
use convoke_domain::account;
use convoke_domain::function::{Command, Function, Rejection};
use convoke_domain::id::FunctionId;
use convoke_engine::AccountView;
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::{Answer, PlaneError};
use super::managed::{Changed, apply, listed, names};
use super::request::{Asked, Sent, find, parse};
use crate::caller::Tenant;
use crate::extract::Params;
use crate::problem::ApiError;
use crate::server::Shared;

/// The functions, all or by state, event and name. An empty list is an answer.
pub(super) async fn list(
    State(server): State<Shared>,
    tenant: Tenant,
    asked: Asked,
) -> Answer<Json<Vec<Lambda>>> {
    let wanted = listed(&tenant, &asked, "name")?;
    Ok(Json(wanted.into_iter().map(|(id, function)| lambda(&server, &tenant.view, id, function)).collect()))
}

/// A function, alone in an array.
pub(super) async fn get(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<[Lambda; 1]>> {
    let (id, function) = find(&tenant, &params).map_err(PlaneError::management)?;
    Ok(Json([lambda(&server, &tenant.view, id, function)]))
}

/// Creates a function.
pub(super) async fn create(State(server): State<Shared>, tenant: Tenant, sent: Sent) -> Answer<Response> {
    let save = saved(sent)?;
    let id = FunctionId::from_bits(server.handle.entropy().bits());
    let create = Command::Create {
        id,
        name: save.name.clone(),
        description: save.description.clone().unwrap_or_default(),
        event: save.event()?,
        skills: save.skills.clone().unwrap_or_default(),
        draft: save.into_draft(None),
    };
    match apply(&server, &tenant, vec![create]).await? {
        Changed::To(view) => {
            let function = function(&view, id)?;
            Ok((StatusCode::CREATED, Json(lambda(&server, &view, id, function))).into_response())
        }
        Changed::Unchanged => Err(PlaneError::management(Rejection::FunctionUnknown(id))),
    }
}

/// Saves a function as a whole. If nothing is different, 304.
pub(super) async fn save(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    sent: Sent,
) -> Answer<Response> {
    let (id, present) = find(&tenant, &params).map_err(PlaneError::management)?;
    let save = saved(sent)?;
    for_ever(present, &save)?;
    let mut commands = Vec::new();
    if let Some(description) = save.description.clone() {
        commands.push(Command::SetDescription { id, description });
    }
    if let Some(skills) = save.skills.clone() {
        commands.push(Command::SetSkills { id, skills });
    }
    commands.push(Command::SaveDraft { id, draft: save.into_draft(Some(&present.draft)) });
    match apply(&server, &tenant, commands).await? {
        Changed::To(view) => {
            let function = function(&view, id)?;
            Ok(Json(lambda(&server, &view, id, function)).into_response())
        }
        Changed::Unchanged => Ok(StatusCode::NOT_MODIFIED.into_response()),
    }
}

/// Name and event are chosen once.
fn for_ever(present: &Function, save: &SaveLambda) -> Answer<()> {
    let refused = |field: &str, detail: &str| Err(PlaneError::management(ApiError::field(field, detail)));
    if !save.name.is_empty() && save.name != present.name {
        return refused("name", "a function keeps its name; create another one");
    }
    if save.event()?.is_some_and(|event| Some(event) != present.event) {
        return refused("eventId", "a function keeps its event; create another one");
    }
    Ok(())
}

fn saved(sent: Sent) -> Answer<SaveLambda> {
    let read = sent.bytes().and_then(|bytes| parse(&bytes));
    read.map_err(PlaneError::management)
}

/// What functions can run on.
pub(super) async fn runtimes() -> Json<[Runtime; 1]> {
    Json([Runtime::only()])
}

/// A domain that functions shall be able to call.
#[derive(Debug, Deserialize)]
struct Domain {
    domain: String,
}

/// Lets functions call a domain, at once.
pub(super) async fn allow_domain(
    State(server): State<Shared>,
    tenant: Tenant,
    sent: Sent,
) -> Answer<(StatusCode, Json<Value>)> {
    let read = sent.bytes().and_then(|bytes| parse::<Domain>(&bytes));
    let Domain { domain } = read.map_err(PlaneError::management)?;
    let domain = domain.to_ascii_lowercase();
    let command = account::Command::AddDomain { domain: domain.clone() };
    let view = server.configure(&tenant, command).await.map_err(PlaneError::management)?;
    let place = view.account.egress.domains.iter().position(|known| *known == domain);
    Ok((StatusCode::CREATED, Json(json!({"id": place, "domain": domain}))))
}

fn lambda(server: &Shared, view: &AccountView, id: FunctionId, function: &Function) -> Lambda {
    let template = function.event.and_then(|event| server.templates.for_event(event));
    let sample =
        template.map_or_else(|| json!({"headers": [], "payload": {}}), |template| template.payload.clone());
    Lambda::of(id, function, &names(&view.account), sample)
}

fn function(view: &AccountView, id: FunctionId) -> Answer<&Function> {
    view.functions.get(id).ok_or_else(|| PlaneError::management(Rejection::FunctionUnknown(id)))
}
