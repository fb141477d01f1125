//! The events that functions can answer.

use convoke_domain::function::{BindingRule, EventBinding, OtherEvent};
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An event that functions can answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventKind {
    /// Its id.
    #[schema(value_type = String, example = "controllerbot_messaging_new_conversation")]
    pub id: EventBinding,
    /// The name that people know it by.
    #[schema(example = "Messaging New Conversation")]
    pub title: String,
    /// Whether several functions can answer it, each for skills of its own. There is never one for all skills beside them.
    pub disjoint_skills: bool,
    /// How many functions can be bound to it, whatever their skills; absent where skills decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions_max: Option<usize>,
    /// What exactly can happen: the codes in `payload.general.cbotEventType`. None for events that are no change of a
    /// conversation.
    #[schema(value_type = Vec<String>)]
    pub codes: Vec<CbotEventType>,
    /// What a function receives, where there is a template for the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<serde_json::Value>,
}

impl EventKind {
    /// All events, those of conversations first; `sample` knows what each delivers.
    pub fn all(sample: impl Fn(EventBinding) -> Option<serde_json::Value>) -> Vec<Self> {
        let changes = StateChangeEvent::ALL.map(EventBinding::StateChange);
        let others = OtherEvent::ALL.map(EventBinding::Other);
        changes.into_iter().chain(others).map(|event| Self::of(event, sample(event))).collect()
    }

    fn of(id: EventBinding, sample: Option<serde_json::Value>) -> Self {
        let (title, codes) = match id {
            EventBinding::StateChange(event) => {
                let codes = CbotEventType::ALL.iter().copied().filter(|code| code.event() == event);
                (event.title(), codes.collect())
            }
            EventBinding::Other(event) => (title(event), Vec::new()),
        };
        let functions_max = match id.rule() {
            BindingRule::DisjointSkills => None,
            BindingRule::AtMost(most) => Some(most),
        };
        Self {
            id,
            title: title.to_owned(),
            disjoint_skills: functions_max.is_none(),
            functions_max,
            codes,
            sample,
        }
    }
}

const fn title(event: OtherEvent) -> &'static str {
    match event {
        OtherEvent::ChatSurveyTranscript => "Chat Post Survey Email Transcript",
        OtherEvent::ConversationalCommand => "Conversational Command",
        OtherEvent::SurveyStarted => "Messaging Survey Started",
        OtherEvent::SurveyEnded => "Messaging Survey Ended",
        OtherEvent::BotIntegration => "Third-Party Bots Custom Integration",
        OtherEvent::BotPreHook => "Third-Party Bots Pre-Hook",
        OtherEvent::BotPostHook => "Third-Party Bots Post-Hook",
        OtherEvent::BotErrorHook => "Third-Party Bots Error-Hook",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_belongs_to_one_listed_event() {
        let listed: usize = EventKind::all(|_| None).iter().map(|kind| kind.codes.len()).sum();
        assert_eq!(listed, CbotEventType::ALL.len());
    }
}
