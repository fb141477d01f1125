//! What is remembered of a conversation: everything the rules ask, nothing that only readers want.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::event::{Closer, CommandKey, Origin, ParticipantId, PrivateText, Role, Timer};
use crate::conversation::field::{Delay, Rating};
use crate::conversation::payload::Payload;
use crate::conversation::survey::Survey;
use crate::id::{ConsumerId, ConversationId, DialogId, InvocationId, SkillId, UserId};
use crate::sequence::EventSeq;
use crate::state_change::{CbotEventType, StateChangeEvent};
use crate::ttr::Ttr;

/// A conversation, as its events left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Its last event.
    pub head: EventSeq,
    /// The consumer who opened it.
    pub consumer: ConsumerId,
    /// When.
    pub opened_at: Timestamp,
    /// Whether the consumer is known by an identity of the brand.
    pub authenticated: bool,
    /// Whether it was the consumer's first conversation ever.
    pub first_conversation: bool,
    /// Whether it was opened while its skill was off shift.
    pub opened_in_off_hours: bool,
    /// Where the consumer came from; shared, since it never changes and states are copied often.
    pub origin: Arc<Origin>,
    /// Whether its main dialog is open, or who closed it.
    pub stage: Stage,
    /// In which the consumer is asked about it after the close; `None` if nobody is or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<Survey>,
    /// The skill that serves it.
    pub skill: SkillId,
    /// The agent to be asked first.
    pub suggested_agent: Option<UserId>,
    /// Who takes part, in which role.
    #[serde(with = "pairs")]
    pub participants: BTreeMap<ParticipantId, Role>,
    /// The time to respond.
    pub ttr: Ttr,
    /// The promised deadline, if an agent set one.
    pub manual_deadline: Option<Timestamp>,
    /// Until when the brand should answer; `None` while it is the consumer's turn.
    pub deadline: Option<Timestamp>,
    /// What the brand's side noted about it.
    #[serde(default)]
    pub note: PrivateText,
    /// What the consumer thinks of it.
    #[serde(default)]
    pub rating: Option<Rating>,
    /// When the time to respond begins, if that is later than usual.
    #[serde(default)]
    pub delay: Option<Delay>,
    /// Who wrote when.
    pub talk: Talk,
    /// When it last entered a queue.
    pub queued_at: Timestamp,
    /// When the present agent was assigned.
    pub assigned_at: Option<Timestamp>,
    /// When it last went back to its queue.
    pub back_to_queue_at: Option<Timestamp>,
    /// When something last changed that restarts the auto-close.
    pub changed_at: Timestamp,
    /// How often each idle timer fired, and from which base.
    pub idle: BTreeMap<Timer, IdleCount>,
    /// When the automatic off-hours message was last sent: once per off-hours period is enough.
    pub off_hours_told_at: Option<Timestamp>,
    /// The next wire sequence of the main dialog.
    pub next_wire_sequence: u32,
    /// The last settled trigger.
    pub cursor: Option<EventSeq>,
    /// The triggers that are not settled, oldest first.
    pub lane: VecDeque<LaneEntry>,
    /// The latest client keys and the lines they name; shared until one is added.
    pub keys: Arc<VecDeque<SeenKey>>,
}

/// A client's key that was used. Keys are their author's own: two clients may well count from the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenKey {
    /// Who used it.
    pub author: ParticipantId,
    /// The key.
    pub key: CommandKey,
    /// The line.
    pub line: EventSeq,
}

/// Open, or closed by somebody: a main dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum Stage {
    /// Lines are welcome.
    Open,
    /// It has ended.
    Closed {
        /// By whom.
        by: Closer,
        /// When.
        at: Timestamp,
    },
}

/// Who wrote when. The Controller Bot's lines count only as lines: they are nobody's answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// When the last line was written, the Controller Bot's too.
    pub last_line_at: Option<Timestamp>,
    /// The role of whoever wrote it.
    pub last_composer: Option<Role>,
    /// When the brand's side last wrote.
    pub last_brand_line_at: Option<Timestamp>,
    /// When a consumer last wrote.
    pub last_consumer_line_at: Option<Timestamp>,
    /// The first consumer line after the brand's last one: since then it is the brand's turn.
    pub unanswered_since: Option<Timestamp>,
    /// Whether the consumer wrote after the brand's side.
    pub consumer_wrote_last: bool,
    /// Whether the brand's side wrote since the present agent was assigned. Order decides, not the time: both may have
    /// happened at the same instant.
    pub brand_wrote_since_assigned: bool,
}

/// How often an idle timer fired for one base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleCount {
    /// From when it was counted.
    pub base: Timestamp,
    /// How many times it fired since.
    pub fired: u8,
}

/// A trigger that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneEntry {
    /// Where it was recorded.
    pub trigger: EventSeq,
    /// The event.
    pub event: StateChangeEvent,
    /// What exactly happened.
    pub code: CbotEventType,
    /// The skill that selects the function.
    pub skill: SkillId,
    /// How long the chain of causes is.
    pub depth: u8,
    /// What the function will see.
    pub payload: Arc<Payload>,
    /// What others did since.
    pub since: Since,
}

/// What happened after a trigger and was not caused by its own invocation: what the fence looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "five independent facts, each asked by another rule of the fence"
)]
pub struct Since {
    /// Somebody on the brand's side other than the Controller Bot wrote.
    pub brand_wrote: bool,
    /// A consumer wrote.
    pub consumer_wrote: bool,
    /// An agent was assigned.
    pub agent_assigned: bool,
    /// The assigned agent changed in any way.
    pub agent_changed: bool,
    /// The skill changed.
    pub skill_changed: bool,
}

impl Conversation {
    /// Whether it is served: its main dialog is open, and lines are welcome there.
    pub const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    /// Who closed its main dialog, and when; `None` while it is open.
    pub const fn closed(&self) -> Option<(Closer, Timestamp)> {
        match self.stage {
            Stage::Open => None,
            Stage::Closed { by, at } => Some((by, at)),
        }
    }

    /// Whether nothing of it is open any more: neither its main dialog nor a survey.
    pub fn is_over(&self) -> bool {
        self.ended_at().is_some()
    }

    /// When the last of its dialogs was closed; `None` while one is open.
    pub fn ended_at(&self) -> Option<Timestamp> {
        match (self.stage, &self.survey) {
            (Stage::Open, _) => None,
            (Stage::Closed { at, .. }, None) => Some(at),
            (Stage::Closed { .. }, Some(survey)) => survey.closed.map(|closed| closed.at),
        }
    }

    /// The survey, while it waits for the consumer.
    pub fn open_survey(&self) -> Option<&Survey> {
        self.survey.as_ref().filter(|survey| survey.closed.is_none())
    }

    /// Whether it has a dialog with this ordinal, open or closed.
    pub const fn has_dialog(&self, ordinal: u8) -> bool {
        match ordinal {
            DialogId::MAIN => true,
            DialogId::SURVEY => self.survey.is_some(),
            _ => false,
        }
    }

    /// The agent who serves it.
    pub fn assigned_agent(&self) -> Option<UserId> {
        self.participants.iter().find_map(|(participant, role)| match (participant, role) {
            (ParticipantId::User(user), Role::AssignedAgent) => Some(*user),
            _ => None,
        })
    }

    /// The role of a participant, if they take part.
    pub fn role_of(&self, participant: ParticipantId) -> Option<Role> {
        self.participants.get(&participant).copied()
    }

    /// The invocation that answers `trigger`.
    pub const fn invocation(&self, trigger: EventSeq) -> InvocationId {
        InvocationId::Triggered { conversation: self.id, trigger }
    }
}

/// Participants as a list of pairs: a JSON key can only be a text.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use super::{ParticipantId, Role};

    pub(super) fn serialize<S: Serializer>(
        participants: &BTreeMap<ParticipantId, Role>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(participants)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<ParticipantId, Role>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}
