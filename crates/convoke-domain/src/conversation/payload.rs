//! The payload of a state change event: what a function will see, computed in one place, at the commit that fired it.
//!
//! These are the domain's words; the contract's spelling (and misspelling) of each field is
//! `convoke_api::functions::payload`'s. All eight sections are always there: what did not change carries the present
//! value on both sides, and a time that never happened is `None`, which the wire writes as 0.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::{Account, IdleTimer};
use crate::automatic_message::Language;
use crate::conversation::change::Fired;
use crate::conversation::event::{Actor, Closer, ParticipantId, PrivateText, Role};
use crate::conversation::state::{Conversation, Stage};
use crate::id::{ConversationId, SkillId};
use crate::state_change::CbotEventType;
use crate::ttr::Ttr;

/// Everything a function is told about a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// What every event has.
    pub general: General,
    /// About the opening: whether it is the consumer's first conversation ever.
    pub first_conversation: bool,
    /// About a line in off-hours: whether the conversation was opened in off-hours.
    pub opened_in_off_hours: bool,
    /// About the end: who closed it; `None` while it is open.
    pub closed_by: Option<CloseReason>,
    /// About idleness.
    pub idle: Idle,
    /// About routing.
    pub routing: Delta<SkillId>,
    /// About participants, before and after.
    pub participants: Delta<Vec<Listed>>,
    /// About the time to respond.
    pub ttr: Delta<TtrValue>,
}

/// A value before and after the commit; equal if it did not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta<T> {
    /// Before.
    pub old: T,
    /// After.
    pub new: T,
}

/// What every event has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct General {
    /// What exactly happened.
    pub code: CbotEventType,
    /// The conversation.
    pub conversation: ConversationId,
    /// Ordinal of the dialog it is about.
    pub dialog: u8,
    /// Session number of the brand's pages, 0 if unknown.
    pub session: u64,
    /// Visitor number of the brand's pages, 0 if unknown.
    pub visitor: u64,
    /// When it was opened.
    pub started_at: Timestamp,
    /// Until when the brand should answer; `None` while it is the consumer's turn.
    pub deadline: Option<Timestamp>,
    /// The promised deadline, if an agent set one.
    pub manual_deadline: Option<Timestamp>,
    /// Whether it was open before and is after.
    pub open: Delta<bool>,
    /// Kind of the context the consumer came from.
    pub context_type: String,
    /// Campaign number, 0 if none.
    pub campaign: u64,
    /// Engagement number, 0 if none.
    pub engagement: u64,
    /// Language of the conversation.
    pub language: Option<Language>,
    /// Features that the consumer's client declared.
    pub features: Vec<String>,
    /// Whether the skill is off shift now.
    pub in_off_hours: bool,
    /// Who did it.
    pub originator: Actor,
    /// In which role; `None` for a timer or an operator.
    pub originator_role: Option<Role>,
    /// When it was decided.
    pub at: Timestamp,
    /// Address of the consumer's client.
    pub client_ip: PrivateText,
    /// Role of the last one who wrote.
    pub last_composer: Option<Role>,
    /// When the last line was written.
    pub last_line_at: Option<Timestamp>,
    /// When the brand's side last wrote.
    pub last_brand_line_at: Option<Timestamp>,
    /// When it last went back to its queue.
    pub back_to_queue_at: Option<Timestamp>,
}

/// Who closed a conversation, in the contract's three kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// An agent or a manager.
    Agent,
    /// A consumer.
    Consumer,
    /// A function, the auto-close, an operator.
    System,
}

impl From<Closer> for CloseReason {
    fn from(closer: Closer) -> Self {
        match closer {
            Closer::Agent(_) => Self::Agent,
            Closer::Consumer(_) => Self::Consumer,
            Closer::ControllerBot | Closer::AutoClose | Closer::Operator => Self::System,
        }
    }
}

/// About idleness: the configured times and the consumer's last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idle {
    /// When the consumer last wrote.
    pub last_consumer_line_at: Option<Timestamp>,
    /// After which time an agent is idle.
    pub agent: Duration,
    /// After which time a consumer is idle.
    pub consumer: Duration,
    /// After which time a conversation has waited too long.
    pub queue: Duration,
}

/// A participant as the payload lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Who.
    pub id: ParticipantId,
    /// As what.
    pub role: Role,
}

/// A time to respond with its value at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TtrValue {
    /// Which.
    pub ttr: Ttr,
    /// How long that is.
    pub value: Duration,
}

/// Who brought a commit about, and when.
#[derive(Debug, Clone, Copy)]
pub struct Occasion {
    /// Who did it.
    pub by: Actor,
    /// When it was decided.
    pub at: Timestamp,
}

/// What the function of `fired` will see: `before` and `after` the commit of this `occasion`.
pub fn payload(
    fired: Fired,
    before: Option<&Conversation>,
    after: &Conversation,
    occasion: Occasion,
    account: &Account,
    in_off_hours: bool,
) -> Payload {
    let old = before.unwrap_or(after);
    let idle = account.idle_of(Some(&after.skill));
    let ttr = |state: &Conversation| TtrValue {
        ttr: state.ttr,
        value: state.ttr.duration(&account.ttr_of(Some(&state.skill))),
    };
    // A timer that is off never fires: its time is 0, as the contract has it.
    let time = |timer: &IdleTimer| if timer.enabled { timer.time } else { Duration::ZERO };
    Payload {
        general: general(fired.code, before, after, occasion, in_off_hours),
        first_conversation: after.first_conversation,
        opened_in_off_hours: after.opened_in_off_hours,
        closed_by: match &after.stage {
            Stage::Open => None,
            Stage::Closed { by, .. } => Some((*by).into()),
        },
        idle: Idle {
            last_consumer_line_at: after.talk.last_consumer_line_at,
            agent: time(&idle.agent_non_responsive),
            consumer: time(&idle.consumer_non_responsive),
            queue: time(&idle.awaiting_in_queue),
        },
        routing: Delta { old: old.skill.clone(), new: after.skill.clone() },
        participants: Delta { old: before.map(listed).unwrap_or_default(), new: listed(after) },
        ttr: Delta { old: ttr(old), new: ttr(after) },
    }
}

fn general(
    code: CbotEventType,
    before: Option<&Conversation>,
    after: &Conversation,
    occasion: Occasion,
    in_off_hours: bool,
) -> General {
    let origin = &after.origin;
    General {
        code,
        conversation: after.id,
        dialog: 0,
        session: origin.session,
        visitor: origin.visitor,
        started_at: after.opened_at,
        deadline: after.deadline,
        manual_deadline: after.manual_deadline,
        open: Delta { old: before.is_some_and(Conversation::is_open), new: after.is_open() },
        context_type: origin.context_type.clone(),
        campaign: origin.campaign,
        engagement: origin.engagement,
        language: origin.language.clone(),
        features: origin.features.clone(),
        in_off_hours,
        originator: occasion.by,
        originator_role: originator_role(occasion.by, before, after),
        at: occasion.at,
        client_ip: origin.client_ip.clone(),
        last_composer: after.talk.last_composer,
        last_line_at: after.talk.last_line_at,
        last_brand_line_at: after.talk.last_brand_line_at,
        back_to_queue_at: after.back_to_queue_at,
    }
}

/// Whoever left is still known by the role they had.
fn originator_role(by: Actor, before: Option<&Conversation>, after: &Conversation) -> Option<Role> {
    let participant = match by {
        Actor::Consumer(consumer) => ParticipantId::Consumer(consumer),
        Actor::User(user) => ParticipantId::User(user),
        Actor::ControllerBot => return Some(Role::Controller),
        Actor::System => return None,
    };
    let role = |state: &Conversation| state.participants.get(&participant).copied();
    role(after).or_else(|| before.and_then(role))
}

fn listed(state: &Conversation) -> Vec<Listed> {
    state.participants.iter().map(|(id, role)| Listed { id: *id, role: *role }).collect()
}
