//! `faasUI`: deploying and undeploying, in both generations.
//!
//! The tools ask and then look until it is done; here it is done with the answer. The answer never names a `uuid`: the tools
//! take that as a failure.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use convoke_api::lp::function::Deployment;
use convoke_domain::function::Command;
use serde_json::{Value, json};

use super::failure::{Answer, PlaneError};
use super::managed::names;
use super::request::find;
use crate::caller::Tenant;
use crate::extract::Params;
use crate::http::functions::change;
use crate::server::Shared;

/// Lets what is being edited answer from now on.
pub(super) async fn deploy(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<(StatusCode, Json<Value>)> {
    let (id, function) = find(&tenant, &params).map_err(PlaneError::management)?;
    let message = format!("function {} is deployed", function.name);
    let deployed = server.handle.deploy(tenant.id(), &tenant.caller.account_actor(), id).await;
    deployed.map_err(PlaneError::management)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"message": message}))))
}

/// Lets a function answer no longer.
pub(super) async fn undeploy(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<(StatusCode, Json<Value>)> {
    let (id, function) = find(&tenant, &params).map_err(PlaneError::management)?;
    let message = format!("function {} is undeployed", function.name);
    change(&server, &tenant, Command::Undeploy { id }).await.map_err(PlaneError::management)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"message": message}))))
}

/// What answers.
pub(super) async fn list(tenant: Tenant) -> Json<Vec<Deployment>> {
    let functions = tenant.view.functions.functions.iter();
    let deployed =
        functions.filter_map(|(&id, function)| Deployment::of(id, function, &names(&tenant.view.account)));
    Json(deployed.collect())
}

/// How many functions answer.
pub(super) async fn count(tenant: Tenant) -> Json<usize> {
    let functions = tenant.view.functions.functions.values();
    Json(functions.filter(|function| function.deployed.is_some()).count())
}
