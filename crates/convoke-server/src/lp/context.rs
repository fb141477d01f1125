//! `mavenContext`: what an account's functions remember. Namespaces, sessions, properties, some with a time to live.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use convoke_domain::context::{Command, Rejection};
use convoke_engine::EngineError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::failure::{Answer, PlaneError};
use super::request::{Asked, Sent, parse};
use crate::caller::Tenant;
use crate::extract::Params;
use crate::server::Shared;

#[derive(Debug, Deserialize)]
struct NewNamespace {
    name: String,
}

/// A namespace that was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Namespace {
    name: String,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_second: Option<u64>,
}

/// The namespaces that were made.
pub(super) async fn namespaces(State(server): State<Shared>, tenant: Tenant) -> Answer<Json<Vec<Namespace>>> {
    let look = |contexts: &convoke_domain::context::Contexts, _| {
        let all = contexts.namespaces().map(|(name, namespace)| Namespace {
            name: name.to_owned(),
            created_at: namespace.created_at,
            ttl_second: namespace.time_to_live.map(|time| time.as_secs()),
        });
        all.collect()
    };
    server.handle.remembered(tenant.id(), look).await.map(Json).map_err(PlaneError::gateway)
}

/// Makes a namespace.
pub(super) async fn create(
    State(server): State<Shared>,
    tenant: Tenant,
    asked: Asked,
    sent: Sent,
) -> Answer<StatusCode> {
    let read = sent.bytes().and_then(|bytes| parse::<NewNamespace>(&bytes));
    let NewNamespace { name } = read.map_err(PlaneError::gateway)?;
    let seconds = asked.parsed::<u64>("ttlSecond").map_err(PlaneError::gateway)?;
    let time_to_live = seconds.map(Duration::from_secs);
    done(&server, &tenant, Command::CreateNamespace { name, time_to_live }).await
}

/// Forgets a namespace.
pub(super) async fn delete(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    let name = params.text("namespace").to_owned();
    done(&server, &tenant, Command::DeleteNamespace { name }).await
}

/// The sessions of a namespace.
pub(super) async fn sessions(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<Vec<String>>> {
    let namespace = params.text("namespace");
    let found = server.handle.remembered(tenant.id(), |contexts, now| {
        let sessions = contexts.sessions(namespace, now).into_iter().map(str::to_owned).collect();
        contexts.has(namespace).then_some(sessions)
    });
    found.await.map_err(PlaneError::gateway)?.map(Json).ok_or_else(|| unknown("namespace", namespace))
}

/// The properties of a session.
pub(super) async fn properties(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Json<BTreeMap<String, Box<RawValue>>>> {
    let session = params.text("session");
    let all = read(&server, &tenant, &params).await?;
    if all.is_empty() { Err(unknown("session", session)) } else { Ok(Json(all)) }
}

/// A property, as the JSON that it is.
pub(super) async fn property(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<Response> {
    let name = params.text("property");
    let mut all = read(&server, &tenant, &params).await?;
    let value = all.remove(name).ok_or_else(|| unknown("property", name))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], value.get().to_owned()).into_response())
}

/// Gives properties of a session values.
pub(super) async fn set(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    sent: Sent,
) -> Answer<StatusCode> {
    let read = sent.bytes().and_then(|bytes| parse::<BTreeMap<String, Box<RawValue>>>(&bytes));
    let values = read.map_err(PlaneError::gateway)?.into_iter();
    let properties = values.map(|(name, value)| (name, value.get().to_owned())).collect();
    let (namespace, session) = place(&params);
    done(&server, &tenant, Command::SetProperties { namespace, session, properties }).await
}

/// Forgets a session.
pub(super) async fn delete_session(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    let (namespace, session) = place(&params);
    done(&server, &tenant, Command::DeleteSession { namespace, session }).await
}

/// Forgets a property.
pub(super) async fn delete_property(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
) -> Answer<StatusCode> {
    let (namespace, session) = place(&params);
    let property = params.text("property").to_owned();
    done(&server, &tenant, Command::DeleteProperty { namespace, session, property }).await
}

async fn read(server: &Shared, tenant: &Tenant, params: &Params) -> Answer<BTreeMap<String, Box<RawValue>>> {
    let (namespace, session) = place(params);
    let look = |contexts: &convoke_domain::context::Contexts, now| {
        let found = contexts.properties(&namespace, &session, now).into_iter();
        let own = found.map(|(name, json)| (name.to_owned(), RawValue::from_string(json.to_owned())));
        own.filter_map(|(name, json)| Some((name, json.ok()?))).collect()
    };
    server.handle.remembered(tenant.id(), look).await.map_err(PlaneError::gateway)
}

fn place(params: &Params) -> (String, String) {
    (params.text("namespace").to_owned(), params.text("session").to_owned())
}

async fn done(server: &Shared, tenant: &Tenant, command: Command) -> Answer<StatusCode> {
    server.handle.remember(tenant.id(), command).await.map_err(PlaneError::gateway)?;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown(what: &'static str, name: &str) -> PlaneError {
    PlaneError::gateway(EngineError::Context(Rejection::Unknown { what, name: name.to_owned() }))
}
