//! Why something happened in a conversation, or why nothing did: one entry for each state change event.

use std::collections::BTreeMap;

use convoke_domain::conversation::{Event, Recorded, Settled as DomainSettled};
use convoke_domain::function::EventBinding;
use convoke_domain::id::{ConversationId, InvocationId, SkillId};
use convoke_domain::sequence::EventSeq;
use convoke_domain::state_change::{CbotEventType, StateChangeEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{Outcome, OutcomeType, Settled};
use super::participant::Cause;
use super::run::{LogEntry, OutboundCall, RunError, Usage};
use crate::explain::{Names, describe, unfired_words};

/// Everything that fired in a conversation, or did not, and what came of it. For staff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// Until which event this is true.
    pub seq: u64,
    /// Whether a trigger is still to be answered: ask again.
    pub undecided: bool,
    /// The state change events, oldest first.
    pub changes: Vec<ExplainedChange>,
}

/// One state change event and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedChange {
    /// Its place: the trigger, or the record that nothing was fired.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The event.
    #[schema(value_type = String, example = "controllerbot_messaging_new_conversation")]
    pub event: EventBinding,
    /// The name that people know the event by.
    #[schema(example = "Messaging New Conversation")]
    pub title: String,
    /// What exactly happened.
    #[schema(value_type = String, example = "CONSUMER_OPEN_NEW_CONVERSATION")]
    pub code: CbotEventType,
    /// The skill that selected the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub skill: Option<SkillId>,
    /// The invocation that caused the change, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The invocation that answers it; absent if nothing was fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub invocation: Option<InvocationId>,
    /// Where it stands.
    pub status: ChangeStatus,
    /// In one sentence.
    pub text: String,
    /// What came of it: function, attempts, outcome, message, and the fate of each command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
    /// When that was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// Each attempt of its function that is still remembered, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<ExplainedAttempt>,
}

/// One attempt of a function on a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExplainedAttempt {
    /// Which, from 1.
    pub attempt: u8,
    /// When it began.
    pub began_at: Timestamp,
    /// How it failed; absent if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// What it logged, in order; only for those who may read functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogEntry>,
    /// Whether more was logged than is kept.
    #[serde(default)]
    pub logs_truncated: bool,
    /// The calls it made to other hosts; only for those who may read functions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<OutboundCall>,
    /// What it used.
    pub usage: Usage,
}

/// Where a state change event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeStatus {
    /// Nothing was fired.
    Unfired,
    /// Its answer is awaited.
    Pending,
    /// No function ran for it.
    NotInvoked,
    /// A function answered.
    Answered,
    /// A function answered, and the Controller Bot was switched off meanwhile.
    Dropped,
    /// The last attempt failed.
    Failed,
}

impl Explanation {
    /// Explains a conversation from its events, all of them.
    pub fn of(conversation: ConversationId, events: &[Recorded], names: &dyn Names) -> Self {
        let settled: BTreeMap<EventSeq, &Recorded> = events
            .iter()
            .filter_map(|recorded| settled(recorded).map(|settled| (settled.trigger, recorded)))
            .collect();
        let explained = |recorded: &Recorded| explained(conversation, recorded, &settled, names);
        let changes: Vec<ExplainedChange> = events.iter().filter_map(explained).collect();
        Self {
            conversation,
            seq: events.last().map_or(0, |last| last.seq.number()),
            undecided: changes.iter().any(|change| change.status == ChangeStatus::Pending),
            changes,
        }
    }

    /// The same with what is remembered of the attempts of each invocation.
    #[must_use]
    pub fn with_attempts(mut self, attempts: impl Fn(InvocationId) -> Vec<ExplainedAttempt>) -> Self {
        for change in &mut self.changes {
            change.attempts = change.invocation.map(&attempts).unwrap_or_default();
        }
        self
    }
}

fn settled(recorded: &Recorded) -> Option<&DomainSettled> {
    if let Event::Settled(settled) = &recorded.event { Some(settled) } else { None }
}

fn explained(
    conversation: ConversationId,
    recorded: &Recorded,
    answers: &BTreeMap<EventSeq, &Recorded>,
    names: &dyn Names,
) -> Option<ExplainedChange> {
    if let Event::Unfired { event, code, reason } = &recorded.event {
        let text = format!("not fired: {}", unfired_words(*reason));
        return Some(ExplainedChange { text, ..change(recorded, *event, *code) });
    }
    let Event::Triggered(triggered) = &recorded.event else { return None };
    let answer = answers.get(&recorded.seq).copied();
    let settled = answer.and_then(settled).map(|settled| Settled::of(settled, names));
    Some(ExplainedChange {
        skill: Some(triggered.skill.clone()),
        invocation: Some(InvocationId::Triggered { conversation, trigger: recorded.seq }),
        status: settled.as_ref().map_or(ChangeStatus::Pending, |settled| status(&settled.outcome)),
        text: answer.map_or_else(|| "the answer is awaited".to_owned(), |answer| describe(answer, names)),
        settled,
        settled_at: answer.map(|answer| answer.at),
        ..change(recorded, triggered.event, triggered.code)
    })
}

/// A change of which nothing came yet.
fn change(recorded: &Recorded, event: StateChangeEvent, code: CbotEventType) -> ExplainedChange {
    ExplainedChange {
        seq: recorded.seq.number(),
        at: recorded.at,
        event: EventBinding::StateChange(event),
        title: event.title().to_owned(),
        code,
        skill: None,
        cause: recorded.cause.map(Into::into),
        invocation: None,
        status: ChangeStatus::Unfired,
        text: String::new(),
        settled: None,
        settled_at: None,
        attempts: Vec::new(),
    }
}

const fn status(outcome: &Outcome) -> ChangeStatus {
    match outcome.r#type {
        OutcomeType::NotInvoked => ChangeStatus::NotInvoked,
        OutcomeType::Answered => ChangeStatus::Answered,
        OutcomeType::Dropped => ChangeStatus::Dropped,
        OutcomeType::Failed => ChangeStatus::Failed,
    }
}
