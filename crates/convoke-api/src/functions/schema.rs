//! JSON schemas of what functions receive and return, made from the types that write it.
//!
//! They are compared with the ones in `schema/`, which are written by hand from the contract; a field that only one of the
//! two has turns a test red.

use convoke_domain::function::{EventBinding, OtherEvent};
use convoke_domain::state_change::CbotEventType;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::command::Command;
use super::other_events;
use super::payload::EventInput;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
const REFERENCE: &str = "#/components/schemas/";

/// The schema of what a function receives for `event`.
pub fn input_schema(event: EventBinding) -> Value {
    let change = match event {
        EventBinding::StateChange(change) => change,
        EventBinding::Other(other) => return other_input(other),
    };
    let mut schema = document::<EventInput<'static>>(&format!("Input of a function on {}", change.title()));
    let codes = CbotEventType::ALL.iter().filter(|code| code.event() == change).map(|code| code.code());
    if let Some(words) = schema.pointer_mut("/$defs/EventCode/enum") {
        *words = codes.collect();
    }
    schema
}

/// The schema of what a function on any change of a conversation receives.
pub fn event_input_schema() -> Value {
    document::<EventInput<'static>>("Input of a function on a change of a conversation")
}

/// The schema of one callback command.
pub fn command_schema() -> Value {
    document::<Command>("A command that a function may return")
}

/// The payloads of events that are no change of a conversation, and their parts, by the names in declarations.
pub(super) fn other_payloads() -> Map<String, Value> {
    let mut all = Map::new();
    for event in OtherEvent::ALL {
        let described = other_events::payload(event);
        all.insert(described.name, plain(&described.schema));
        all.extend(described.parts.iter().map(|(name, schema)| (name.clone(), plain(schema))));
    }
    all.sort_keys();
    all
}

/// An input whose payload another system sends.
fn other_input(event: OtherEvent) -> Value {
    let header = json!({
        "type": "object",
        "required": ["key", "value"],
        "properties": { "key": { "type": "string", "minLength": 1 }, "value": { "type": "string" } }
    });
    let described = other_events::payload(event);
    let definitions: Map<String, Value> =
        described.parts.iter().map(|(name, schema)| (name.clone(), plain(schema))).collect();
    sorted(json!({
        "$schema": DIALECT,
        "title": format!("Input of a function on {}", event.event_id()),
        "type": "object",
        "required": ["headers", "payload", "timestamp"],
        "properties": {
            "headers": { "type": "array", "items": header },
            "payload": plain(&described.schema),
            "timestamp": { "type": "integer", "minimum": 1 }
        },
        "$defs": definitions
    }))
}

/// The schema of `T` as a document of its own.
fn document<T: ToSchema>(title: &str) -> Value {
    let mut parts: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut parts);
    let definitions: Map<String, Value> =
        parts.into_iter().map(|(name, schema)| (name, plain(&schema))).collect();
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), DIALECT.into());
    whole.insert("title".to_owned(), title.into());
    if let Value::Object(own) = plain(&T::schema()) {
        whole.extend(own);
    }
    whole.insert("$defs".to_owned(), definitions.into());
    sorted(Value::Object(whole))
}

/// Documents are in alphabetical order: who looks for a name finds it, and moving a field changes none.
fn sorted(mut document: Value) -> Value {
    document.sort_all_objects();
    document
}

/// A schema in words of JSON Schema alone.
fn plain(schema: &RefOr<Schema>) -> Value {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    point_inwards(&mut value);
    sorted(value)
}

/// References lead to the document's own definitions. What only an OpenAPI document knows is left out.
fn point_inwards(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("format");
            if let Some(Value::String(target)) = fields.get_mut("$ref")
                && let Some(name) = target.strip_prefix(REFERENCE)
            {
                *target = format!("#/$defs/{name}");
            }
            fields.values_mut().for_each(point_inwards);
        }
        Value::Array(items) => items.iter_mut().for_each(point_inwards),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
