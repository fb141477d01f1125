//! CloudEvents that come in: an event of the functions, fired by another system (CloudEvents 1.0, structured and binary).

use convoke_domain::function::EventBinding;
use convoke_domain::id::{ConversationId, SkillId};
use convoke_domain::invocation::CommandKind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::run::FunctionRun;
use crate::limits;
use crate::problem::Invalid;

/// What the type of an event that comes in may begin with: what ours begin with when they go out.
const STATE_CHANGE: &str = "dev.convoke.state_change.";

/// An event that came in. Attributes that are not named here are let pass, as the standard wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct IncomingEvent {
    /// Together with `source` the name of the event: sent again, it runs nothing again.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// Which event of the functions.
    pub event: EventBinding,
    /// The conversation that the commands are carried out in; without it they are only told.
    pub conversation: Option<ConversationId>,
    /// Only functions that answer for this skill; without it, with a conversation, that one's.
    pub skill: Option<SkillId>,
    /// The payload of the functions' input.
    pub data: Value,
}

impl IncomingEvent {
    /// An event in structured mode: everything in one object.
    ///
    /// # Errors
    /// The attribute that is missing or wrong.
    pub fn structured(mut object: Map<String, Value>) -> Result<Self, Invalid> {
        if object.contains_key("data_base64") {
            return Err(Invalid::field("data_base64", "send JSON as data"));
        }
        let data = object.remove("data").unwrap_or_default();
        let attribute = |name: &str| match object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Invalid::field(name, "expected a text")),
        };
        Self::of(attribute, data)
    }

    /// An event in binary mode: attributes are header fields, the body is the data.
    ///
    /// # Errors
    /// The attribute that is missing or wrong.
    pub fn binary(header: impl Fn(&str) -> Option<String>, data: Value) -> Result<Self, Invalid> {
        Self::of(|name| Ok(header(&format!("ce-{name}"))), data)
    }

    fn of(attribute: impl Fn(&str) -> Result<Option<String>, Invalid>, data: Value) -> Result<Self, Invalid> {
        let needed = |name: &str| {
            let text = attribute(name)?.filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| Invalid::field(name, "this attribute is needed"))?;
            if text.len() > limits::CLOUD_EVENT_ATTRIBUTE_BYTES_MAX {
                let most = limits::CLOUD_EVENT_ATTRIBUTE_BYTES_MAX;
                return Err(Invalid::field(name, format!("at most {most} bytes")));
            }
            Ok(text)
        };
        if needed("specversion")? != "1.0" {
            return Err(Invalid::field("specversion", "expected \"1.0\""));
        }
        let (id, source, kind) = (needed("id")?, needed("source")?, needed("type")?);
        let event = kind.strip_prefix(STATE_CHANGE).unwrap_or(&kind).parse::<EventBinding>();
        let event = event.map_err(|error| Invalid::field("type", format!("{error}")))?;
        let parsed = |name: &str| attribute(name).map(|text| text.filter(|text| !text.is_empty()));
        let conversation = match parsed("convokeconversation")? {
            Some(text) => Some(
                text.parse::<ConversationId>()
                    .map_err(|error| Invalid::field("convokeconversation", format!("{error}")))?,
            ),
            None => None,
        };
        let skill = match parsed("convokeskill")? {
            Some(text) => Some(
                text.parse::<SkillId>()
                    .map_err(|error| Invalid::field("convokeskill", format!("{error}")))?,
            ),
            None => None,
        };
        Ok(Self { id, source, event, conversation, skill, data })
    }
}

/// What came of an event that came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CloudEventAnswer {
    /// What the functions that listen to it answered; none if nothing listens.
    pub runs: Vec<FunctionRun>,
    /// What became of their commands in the conversation that the event names; none without one.
    pub carried_out: Vec<CarriedOut>,
}

/// A command of an answer in the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CarriedOut {
    /// Which run, from 0.
    pub run: usize,
    /// Place of the command in its answer, from 0.
    pub command: usize,
    /// The command's type, if it has a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "transfer")]
    pub kind: Option<CommandKind>,
    /// Whether it was done.
    pub done: bool,
    /// The stable code of its refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn structured(event: &Value) -> Result<IncomingEvent, String> {
        let read = IncomingEvent::structured(event.as_object().unwrap().clone());
        read.map_err(|invalid| crate::problem::Problem::from(invalid).errors[0].field.clone())
    }

    fn event() -> Value {
        json!({"specversion": "1.0", "id": "1", "source": "/orders", "type": "bot_connectors_pre_hook",
            "comexampleextra": "let pass", "data": {"order": 7}})
    }

    #[test]
    fn an_event_is_the_same_in_both_modes_and_with_the_name_under_which_it_goes_out() {
        let one = structured(&event()).unwrap();
        assert_eq!((one.data.clone(), one.conversation), (json!({"order": 7}), None));
        let header = |name: &str| event()[name.strip_prefix("ce-").unwrap()].as_str().map(str::to_owned);
        assert_eq!(IncomingEvent::binary(header, json!({"order": 7})).ok(), Some(one));
        let mut ours = event();
        ours["type"] = json!("dev.convoke.state_change.controllerbot_messaging_ttr");
        assert_eq!(structured(&ours).unwrap().event.to_string(), "controllerbot_messaging_ttr");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (name, value) in [
            ("specversion", json!("0.3")),
            ("id", json!("")),
            ("id", json!(7)),
            ("source", Value::Null),
            ("type", json!("com.example.order")),
            ("convokeconversation", json!("conv_1")),
            ("convokeskill", json!("sales")),
            ("data_base64", json!("AA==")),
            ("source", json!("x".repeat(limits::CLOUD_EVENT_ATTRIBUTE_BYTES_MAX + 1))),
        ] {
            let mut wrong = event();
            wrong[name] = value;
            assert_eq!(structured(&wrong), Err(name.to_owned()));
        }
    }
}
