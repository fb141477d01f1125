//! TypeScript declarations of what functions receive and return, written from the same schemas.

use std::fmt::Write as _;

use convoke_domain::function::OtherEvent;
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use serde_json::{Map, Value};

use super::other_events;
use super::schema::{command_schema, event_input_schema, other_payloads};

const HEAD: &str = "\
// What functions on changes of conversations receive and may return.
// Generated from the types of the server by `convoke types`; changes here are lost.

";

const FORMS: &str = "
/** What a function may answer with: commands, or nothing for the account's automatic message. */
export type Answer = Command | Command[] | null | undefined | void;

/** The form that returns: `async function lambda(input) { … }`. */
export type Lambda<Input = EventInput> = (input: Input) => Answer | Promise<Answer>;

/** Ends a function of the form `function lambda(input, callback) { … }`. */
export type Callback = (error: unknown, answer?: Answer | Promise<Answer>) => void;

/** The form with a callback: `function lambda(input, callback) { … }`. */
export type LambdaWithCallback<Input = EventInput> = (input: Input, callback: Callback) => void | Promise<void>;
";

/// The declarations, as a module.
pub fn declarations() -> String {
    let mut text = HEAD.to_owned();
    let input = event_input_schema();
    declare(&mut text, "EventInput", &input);
    definitions(&mut text, &input);
    let command = command_schema();
    declare(&mut text, "Command", &command);
    definitions(&mut text, &command);
    text.push_str(FORMS);
    for event in StateChangeEvent::ALL {
        narrowed(&mut text, event);
    }
    text.push_str("\n/** What functions receive, by the id of their event. */\nexport interface Inputs {\n");
    for event in StateChangeEvent::ALL {
        let _ = writeln!(text, "  {}: {}Input;", event.event_id(), type_name(event));
    }
    for event in OtherEvent::ALL {
        let name = other_events::payload(event).name;
        let _ = writeln!(
            text,
            "  {}: {{ headers: Header[]; payload: {name}; timestamp: number }};",
            event.event_id()
        );
    }
    text.push_str("}\n\n");
    for (name, schema) in &other_payloads() {
        declare(&mut text, name, schema);
    }
    text
}

fn definitions(text: &mut String, document: &Value) {
    for (name, schema) in document["$defs"].as_object().into_iter().flatten() {
        declare(text, name, schema);
    }
}

/// One interface or type.
fn declare(text: &mut String, name: &str, schema: &Value) {
    comment(text, schema, "");
    match schema["properties"].as_object() {
        Some(properties) => {
            let _ = writeln!(text, "export interface {name} {{");
            fields(text, properties, &schema["required"], "  ");
            text.push_str("}\n\n");
        }
        None => {
            let _ = writeln!(text, "export type {name} = {};\n", type_of(schema));
        }
    }
}

fn fields(text: &mut String, properties: &Map<String, Value>, required: &Value, indent: &str) {
    for (name, schema) in properties {
        comment(text, schema, indent);
        let is_required = required.as_array().is_some_and(|names| names.iter().any(|known| known == name));
        let mark = if is_required { "" } else { "?" };
        let _ = writeln!(text, "{indent}{name}{mark}: {};", type_of(schema));
    }
}

fn comment(text: &mut String, schema: &Value, indent: &str) {
    if let Some(about) = schema["description"].as_str() {
        let about = about.replace("*/", "* /").replace('\n', " ");
        let _ = writeln!(text, "{indent}/** {about} */");
    }
}

/// A schema as a type.
fn type_of(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        return target.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[several].as_array() {
            let between = if several == "allOf" { " & " } else { " | " };
            return parts.iter().map(type_of).collect::<Vec<_>>().join(between);
        }
    }
    match schema["type"].as_str() {
        Some("object") => "Record<string, unknown>".to_owned(),
        Some("string") => "string".to_owned(),
        Some("integer" | "number") => "number".to_owned(),
        Some("boolean") => "boolean".to_owned(),
        Some("array") if schema["maxItems"] == 0 => "[]".to_owned(),
        Some("array") => format!("{}[]", type_of(&schema["items"])),
        Some(_) | None => "unknown".to_owned(),
    }
}

/// The input of one event: the codes that it can have tell it from the others.
fn narrowed(text: &mut String, event: StateChangeEvent) {
    let codes = CbotEventType::ALL.iter().filter(|code| code.event() == event);
    let codes: Vec<String> = codes.map(|code| format!("\"{}\"", code.code())).collect();
    let _ = writeln!(
        text,
        "\n/** What a function on {} receives. */\nexport type {}Input = EventInput & {{\n  payload: {{ general: {{ \
         cbotEventType: {} }} }};\n}};",
        event.title(),
        type_name(event),
        codes.join(" | ")
    );
}

/// `controllerbot_messaging_new_conversation` as `NewConversation`.
fn type_name(event: StateChangeEvent) -> String {
    let words = event.event_id().trim_start_matches("controllerbot_messaging_").split('_');
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_contract_is_declared_with_its_type() {
        let text = declarations();
        for line in [
            "  cbotEventType: EventCode;",
            "  engangementId: number;",
            "  oldParticipants: Participant[];",
            "  clientFeatures: string[];",
            "  firstConversation: boolean;",
            "  skillId?: string;",
            "export type Command = SystemMessage | Transfer | CloseConversation;",
            "export type CloseConversationType = \"closeConversation\";",
            "  controllerbot_messaging_consumer_step_up: ConsumerStepUpInput;",
            "  conversational_command: { headers: Header[]; payload: ConversationalCommand; timestamp: number };",
            "  lpSdes: Record<string, unknown>;",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("unknown;"), "something has no type:\n{text}");
    }

    #[test]
    fn every_reference_is_declared() {
        let text = declarations();
        let names = event_input_schema()["$defs"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(names.len() > 15, "{names:?}");
        for name in names {
            let declared = text.contains(&format!("export interface {name} "))
                || text.contains(&format!("export type {name} "));
            assert!(declared, "{name}");
        }
    }
}
