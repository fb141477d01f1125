//! `faasUI`, second generation: functions with manifests; and the list of events, which both have.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use convoke_api::lp::event::Event;
use convoke_api::lp::failure::Failure;
use convoke_api::lp::function::{
    CreateFunction, EMPTY_FUNCTION, Manifest, Meta, SaveManifest, UpdateMeta, WithManifest, WithVersions,
};
use convoke_api::lp::invocation::{InvokeBody, TestResult};
use convoke_api::v1::event_kind::EventKind;
use convoke_api::v1::run::FunctionInput;
use convoke_domain::function::{Command, Draft, Function, FunctionSettings, Rejection};
use convoke_domain::id::FunctionId;
use convoke_engine::ports::Ending;
use convoke_engine::{AccountView, Trial, Which};
use serde_json::Value;

use super::failure::{Answer, PlaneError};
use super::gateway::logs;
use super::managed::{Changed, apply, listed, names};
use super::request::{Asked, Sent, find, parse};
use crate::caller::Tenant;
use crate::extract::Params;
use crate::server::Shared;

/// The functions, all or by state, event and name, without their code.
pub(super) async fn list(tenant: Tenant, asked: Asked) -> Answer<Json<Vec<Meta>>> {
    let wanted = listed(&tenant, &asked, "functionName")?;
    let meta = |(id, function)| Meta::of(id, function, &names(&tenant.view.account));
    Ok(Json(wanted.into_iter().map(meta).collect()))
}

/// How many there are.
pub(super) async fn count(tenant: Tenant) -> Json<usize> {
    Json(tenant.view.functions.functions.len())
}

/// A function with what is being edited and its kept versions.
pub(super) async fn get(tenant: Tenant, params: Params) -> Answer<Json<WithVersions>> {
    let (id, function) = find(&tenant, &params).map_err(PlaneError::management)?;
    Ok(Json(WithVersions::of(id, function, &names(&tenant.view.account))))
}

/// Creates a function without code; the code comes as its manifest.
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    sent: Sent,
) -> Answer<(StatusCode, Json<WithManifest>)> {
    let read = sent.bytes().and_then(|bytes| parse::<CreateFunction>(&bytes));
    let create = read.map_err(PlaneError::management)?;
    let id = FunctionId::from_bits(server.handle.entropy().bits());
    let event = create.event()?;
    let draft = Draft {
        source: EMPTY_FUNCTION.into(),
        environment: BTreeMap::new(),
        settings: FunctionSettings::default(),
    };
    let CreateFunction { name, description, skills, .. } = create;
    let command = Command::Create { id, name, description, event, skills, draft };
    let Changed::To(view) = apply(&server, &tenant, vec![command]).await? else {
        return Err(PlaneError::management(Rejection::FunctionUnknown(id)));
    };
    Ok((StatusCode::CREATED, Json(with_manifest(&view, id)?)))
}

/// Saves description and skills. If nothing is different, the function is told as it is.
pub(super) async fn save(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    sent: Sent,
) -> Answer<Json<WithManifest>> {
    let (id, _) = find(&tenant, &params).map_err(PlaneError::management)?;
    let update: UpdateMeta = sent.json().map_err(PlaneError::management)?;
    let description = update.description.map(|description| Command::SetDescription { id, description });
    let skills = update.skills.map(|skills| Command::SetSkills { id, skills });
    let commands = skills.into_iter().chain(description).collect();
    let view = match apply(&server, &tenant, commands).await? {
        Changed::To(view) => view,
        Changed::Unchanged => tenant.view,
    };
    Ok(Json(with_manifest(&view, id)?))
}

/// Saves code and variables. If nothing is different, that is a failure with a code of its own.
pub(super) async fn save_manifest(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    sent: Sent,
) -> Answer<Json<Manifest>> {
    let (id, present) = find(&tenant, &params).map_err(PlaneError::management)?;
    let save: SaveManifest = sent.json().map_err(PlaneError::management)?;
    let draft = save.into_draft(&present.draft);
    match apply(&server, &tenant, vec![Command::SaveDraft { id, draft }]).await? {
        Changed::To(view) => {
            let function = function(&view, id)?;
            Ok(Json(Manifest::draft(id, function, &names(&view.account))))
        }
        Changed::Unchanged => {
            let words = "there is nothing to save: code and variables are as they were";
            Err(Failure::new(400, "fm.general", "function.unchanged", words).into())
        }
    }
}

/// Runs what is being edited once, without acting on anything.
pub(super) async fn test(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    sent: Sent,
) -> Answer<Response> {
    let (id, _) = find(&tenant, &params).map_err(PlaneError::management)?;
    let body: InvokeBody = sent.json().map_err(PlaneError::management)?;
    let input = FunctionInput::from(body).json(server.handle.now()).into();
    let trial = Trial { which: Which::Draft, input, inspected: false, network: true };
    let tried = server.handle.try_function(tenant.id(), id, trial).await;
    let tried = tried.map_err(PlaneError::management)?;
    let logs = logs(&tried.report.logs);
    match tried.ending {
        Ending::Returned(json) => {
            let result = json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or(Value::Null);
            Ok(Json(TestResult { result, logs }).into_response())
        }
        Ending::Failed(failure) => Err(Failure::of_function(failure.code, &failure.detail, logs).into()),
    }
}

/// The events that functions can be made for.
pub(super) async fn events() -> Json<Vec<Event>> {
    Json(EventKind::all(|_| None).iter().map(Event::from).collect())
}

fn with_manifest(view: &AccountView, id: FunctionId) -> Answer<WithManifest> {
    Ok(WithManifest::of(id, function(view, id)?, &names(&view.account)))
}

fn function(view: &AccountView, id: FunctionId) -> Answer<&Function> {
    view.functions.get(id).ok_or_else(|| PlaneError::management(Rejection::FunctionUnknown(id)))
}
