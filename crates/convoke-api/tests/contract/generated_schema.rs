//! The schemas that are made from types, against the ones that were written by hand from the contract.

use std::collections::BTreeSet;

use convoke_api::functions::schema::{command_schema, event_input_schema, input_schema};
use convoke_domain::function::EventBinding;
use convoke_domain::state_change::StateChangeEvent;
use serde_json::{Value, json};

const PAYLOAD: &str = include_str!("../../schema/controllerbot-payload.schema.json");
const CALLBACK: &str = include_str!("../../schema/callback-result.schema.json");

/// A schema with the document in which its references lead somewhere.
#[derive(Clone, Copy)]
struct Side<'a> {
    document: &'a Value,
    schema: &'a Value,
}

impl<'a> Side<'a> {
    fn whole(document: &'a Value) -> Self {
        Self { document, schema: document }
    }

    /// Follows references until there is a schema.
    fn resolved(self) -> Self {
        match self.schema["$ref"].as_str() {
            Some(target) => {
                let schema = self.document.pointer(target.trim_start_matches('#')).unwrap();
                Self { schema, ..self }.resolved()
            }
            None => self,
        }
    }

    fn field(self, name: &str) -> Self {
        Self { schema: &self.schema["properties"][name], ..self }
    }

    fn items(self) -> Self {
        Self { schema: &self.schema["items"], ..self }
    }

    fn names(self, key: &str) -> BTreeSet<String> {
        match &self.schema[key] {
            Value::Object(fields) => fields.keys().cloned().collect(),
            Value::Array(names) => names.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => BTreeSet::new(),
        }
    }

    /// The fixed words that a value can be, if it is one of some.
    fn words(self) -> Option<BTreeSet<String>> {
        let here = self.resolved().schema;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        if let Some(word) = here.get("const") {
            return Some(BTreeSet::from([text(word)]));
        }
        if let Some(words) = here["enum"].as_array() {
            return Some(words.iter().map(text).collect());
        }
        let parts = here["anyOf"].as_array()?;
        let parts = parts.iter().map(|schema| Self { schema, ..self }.words());
        parts.collect::<Option<Vec<_>>>().map(|parts| parts.into_iter().flatten().collect())
    }
}

/// Every way in which two schemas differ.
fn differences(at: &str, hand: Side<'_>, made: Side<'_>, found: &mut Vec<String>) {
    let (hand, made) = (hand.resolved(), made.resolved());
    let mut differ = |what: &str, hand: String, made: String| {
        if hand != made {
            found.push(format!("{at}: {what}: by hand {hand}, made {made}"));
        }
    };
    if let Some(words) = hand.words() {
        differ("words", format!("{words:?}"), format!("{:?}", made.words().unwrap_or_default()));
        return;
    }
    for key in [
        "type",
        "additionalProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "maxItems",
    ] {
        differ(key, hand.schema[key].to_string(), made.schema[key].to_string());
    }
    let (names, made_names) = (hand.names("properties"), made.names("properties"));
    differ("fields", format!("{names:?}"), format!("{made_names:?}"));
    differ("required", format!("{:?}", hand.names("required")), format!("{:?}", made.names("required")));
    for name in names.intersection(&made_names) {
        differences(&format!("{at}/{name}"), hand.field(name), made.field(name), found);
    }
    if hand.schema.get("items").is_some() {
        differences(&format!("{at}/*"), hand.items(), made.items(), found);
    }
}

#[test]
fn the_made_payload_schema_says_what_the_one_by_hand_says() {
    let mut hand: Value = serde_json::from_str(PAYLOAD).unwrap();
    // A stored sample has no timestamp; whatever is invoked has one.
    hand["required"].as_array_mut().unwrap().push(json!("timestamp"));
    let made = event_input_schema();
    let mut found = Vec::new();
    differences("", Side::whole(&hand), Side::whole(&made), &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_field_that_only_one_of_the_two_has_is_found() {
    let hand: Value = serde_json::from_str(PAYLOAD).unwrap();
    let mut made = event_input_schema();
    made.pointer_mut("/$defs/Routing/properties").unwrap().as_object_mut().unwrap().remove("oldSkillId");
    let mut found = Vec::new();
    differences("", Side::whole(&hand), Side::whole(&made), &mut found);
    assert!(found.iter().any(|difference| difference.starts_with("/payload/routing: fields")), "{found:#?}");
}

#[test]
fn the_made_commands_are_the_ones_by_hand() {
    let hand: Value = serde_json::from_str(CALLBACK).unwrap();
    let made = command_schema();
    let valid =
        |schema: &Value, command: &Value| jsonschema::validator_for(schema).unwrap().is_valid(command);
    let pairs = [
        ("systemMessage", "SystemMessage"),
        ("transfer", "Transfer"),
        ("closeConversation", "CloseConversation"),
    ];
    for (by_hand, by_type) in pairs {
        let side = |document, name: &str| Side { document, schema: &document["$defs"][name] };
        let (one, other) = (side(&hand, by_hand), side(&made, by_type));
        assert_eq!(one.names("properties"), other.names("properties"), "{by_hand}");
        assert_eq!(one.names("required"), other.names("required"), "{by_hand}");
    }
    let commands = [
        (json!({"type": "systemMessage", "text": "hi"}), true),
        (json!({"type": "systemMessage", "text": []}), true),
        (json!({"type": "systemMessage"}), false),
        (json!({"type": "transfer", "skillId": "12"}), true),
        (json!({"type": "transfer", "skillId": "x"}), false),
        (json!({"type": "transfer", "agentId": "demo.7", "note": "x"}), false),
        (json!({"type": "closeConversation"}), true),
        (json!({"type": "reopen"}), false),
    ];
    for (command, expected) in commands {
        assert_eq!(valid(&hand, &command), expected, "by hand: {command}");
        assert_eq!(valid(&made, &command), expected, "made: {command}");
    }
}

#[test]
fn an_events_schema_knows_its_own_codes_only() {
    let schema = input_schema(EventBinding::StateChange(StateChangeEvent::ConsumerStepUp));
    assert_eq!(schema.pointer("/$defs/EventCode/enum"), Some(&json!(["CONSUMER_STEP_UP"])));
    jsonschema::validator_for(&schema).unwrap();
}
