//! smt: engagement attributes that functions add to a visitor. They are remembered with the visitor, the latest last.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use convoke_domain::context::{Command, Contexts};
use serde_json::{Value, json};

use super::failure::{Answer, PlaneError};
use super::request::{Asked, Sent, parse};
use crate::caller::Tenant;
use crate::extract::Params;
use crate::limits::VISITOR_ATTRIBUTES_MAX;
use crate::problem::ApiError;
use crate::server::Shared;

/// Where attributes are remembered: in the namespace of consumers, a session for each visitor.
const NAMESPACE: &str = "consumer";
const PROPERTY: &str = "engagementAttributes";

/// Adds attributes to a visitor.
pub(super) async fn add(
    State(server): State<Shared>,
    tenant: Tenant,
    params: Params,
    asked: Asked,
    sent: Sent,
) -> Answer<Json<Value>> {
    let read = sent.bytes().and_then(|bytes| parse::<Value>(&bytes));
    let sent = match read.map_err(PlaneError::gateway)? {
        Value::Array(attributes) => attributes,
        one @ Value::Object(_) => vec![one],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(PlaneError::gateway(ApiError::field("", "expected attributes")));
        }
    };
    let visitor = format!("visitor:{}", params.text("visitor"));
    let look = |contexts: &Contexts, now| {
        let all = contexts.properties(NAMESPACE, &visitor, now);
        all.get(PROPERTY).and_then(|json| serde_json::from_str::<Vec<Value>>(json).ok()).unwrap_or_default()
    };
    let mut known = server.handle.remembered(tenant.id(), look).await.map_err(PlaneError::gateway)?;
    let (at, session) = (server.handle.now().as_millisecond(), asked.get("sid"));
    known.extend(sent.into_iter().map(|attribute| {
        json!({"sdeType": attribute["type"], "serverTimeStamp": at, "sessionId": session, "sde": attribute})
    }));
    let too_many = known.len().saturating_sub(VISITOR_ATTRIBUTES_MAX);
    known.drain(..too_many);
    let properties = BTreeMap::from([(PROPERTY.to_owned(), Value::Array(known).to_string())]);
    let command = Command::SetProperties { namespace: NAMESPACE.to_owned(), session: visitor, properties };
    server.handle.remember(tenant.id(), command).await.map_err(PlaneError::gateway)?;
    Ok(Json(json!({})))
}
