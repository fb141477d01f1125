//! What each event changes. Total: an event that makes no sense changes nothing but the head.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use crate::conversation::event::{
    Actor, Cause, Event, Line, ParticipantId, PrivateText, Recorded, Role, Timer, Triggered,
};
use crate::conversation::line::Audience;
use crate::conversation::state::{Conversation, IdleCount, LaneEntry, SeenKey, Since, Stage, Talk};
use crate::conversation::survey::{Survey, SurveyClosed};
use crate::id::{ConversationId, DialogId, InvocationId};
use crate::limits;
use crate::sequence::EventSeq;
use crate::state_change::CbotEventType;
use crate::ttr::Ttr;

/// The state after `recorded`.
pub(crate) fn evolve(
    id: ConversationId,
    state: Option<Conversation>,
    recorded: &Recorded,
) -> Option<Conversation> {
    let mut state = match (state, &recorded.event) {
        (None, Event::Opened { .. }) => opened(id, recorded)?,
        (None, _) => return None,
        (Some(state), _) => state,
    };
    state.head = recorded.seq;
    note_for_fences(&mut state, recorded);
    apply(&mut state, recorded);
    Some(state)
}

fn opened(id: ConversationId, recorded: &Recorded) -> Option<Conversation> {
    let Event::Opened { consumer, skill, authenticated, in_off_hours, first_conversation, origin } =
        &recorded.event
    else {
        return None;
    };
    Some(Conversation {
        id,
        head: recorded.seq,
        consumer: *consumer,
        opened_at: recorded.at,
        authenticated: *authenticated,
        first_conversation: *first_conversation,
        opened_in_off_hours: *in_off_hours,
        origin: Arc::clone(origin),
        stage: Stage::Open,
        survey: None,
        skill: skill.clone(),
        suggested_agent: None,
        participants: BTreeMap::from([
            (ParticipantId::Consumer(*consumer), Role::Consumer),
            (ParticipantId::ControllerBot, Role::Controller),
        ]),
        ttr: Ttr::Normal,
        manual_deadline: None,
        deadline: None,
        note: PrivateText::default(),
        rating: None,
        delay: None,
        talk: Talk::default(),
        queued_at: recorded.at,
        assigned_at: None,
        back_to_queue_at: None,
        changed_at: recorded.at,
        idle: BTreeMap::new(),
        off_hours_told_at: None,
        next_wire_sequence: 0,
        cursor: None,
        lane: VecDeque::new(),
        keys: Arc::default(),
    })
}

fn apply(state: &mut Conversation, recorded: &Recorded) {
    let at = recorded.at;
    match &recorded.event {
        Event::Opened { .. } | Event::Unfired { .. } => {}
        Event::LinePublished(line) => line_published(state, line, recorded.seq, at),
        Event::ParticipantJoined { participant, role } => joined(state, *participant, *role, at),
        Event::ParticipantLeft { participant, role } => left(state, *participant, *role, at),
        Event::SkillChanged { to, .. } => {
            state.skill = to.clone();
            state.queued_at = at;
            state.suggested_agent = None;
            state.changed_at = at;
        }
        Event::AgentSuggested { agent } => {
            state.suggested_agent = Some(*agent);
            state.changed_at = at;
        }
        Event::TtrChanged { to, .. } => {
            state.ttr = *to;
            state.changed_at = at;
        }
        Event::ManualDeadlineSet { deadline } => {
            state.manual_deadline = *deadline;
            state.changed_at = at;
        }
        Event::DeadlineMoved { deadline } => state.deadline = *deadline,
        Event::SteppedUp { .. } => {
            state.authenticated = true;
            state.changed_at = at;
        }
        Event::LinesReceived { dialog, wire_sequence, .. } => count(state, *dialog, *wire_sequence),
        Event::Noted { note } => state.note = note.clone(),
        Event::Rated { rating } => state.rating = Some(*rating),
        Event::DelaySet { delay } => {
            state.delay = *delay;
            state.changed_at = at;
        }
        Event::IdleFired { timer, base, count } => {
            state.idle.insert(*timer, IdleCount { base: *base, fired: *count });
        }
        Event::Closed { by } => {
            state.stage = Stage::Closed { by: *by, at };
            state.changed_at = at;
        }
        Event::SurveyOpened { revision } => {
            state.survey = Some(Survey::opened(*revision, at));
            state.changed_at = at;
        }
        Event::SurveyClosed { by } => {
            if let Some(survey) = &mut state.survey {
                survey.closed = Some(SurveyClosed { by: *by, at });
            }
            state.changed_at = at;
        }
        Event::Triggered(triggered) => state.lane.push_back(lane_entry(recorded.seq, triggered)),
        Event::Settled(settled) => {
            // Triggers are settled in order, so the settled one is the oldest.
            state.lane.pop_front();
            state.cursor = Some(settled.trigger);
        }
    }
}

/// A line or a receipt took this sequence of its dialog.
fn count(state: &mut Conversation, dialog: u8, wire_sequence: u32) {
    let next = wire_sequence.saturating_add(1);
    if dialog == DialogId::MAIN {
        state.next_wire_sequence = next;
    } else if let Some(survey) = &mut state.survey {
        survey.next_wire_sequence = next;
    }
}

fn line_published(state: &mut Conversation, line: &Line, seq: EventSeq, at: Timestamp) {
    count(state, line.dialog, line.wire_sequence);
    if let Some(key) = &line.key {
        let keys = Arc::make_mut(&mut state.keys);
        if keys.len() >= limits::COMMAND_KEYS_MAX {
            keys.pop_front();
        }
        keys.push_back(SeenKey { author: line.author, key: key.clone(), line: seq });
    }
    if line.dialog != DialogId::MAIN {
        // What is said about the service is no part of it: it takes nobody's turn.
        if let Some(survey) = &mut state.survey {
            survey.last_line_at = Some(at);
        }
        return;
    }
    if line.audience() == Audience::BrandSide {
        return;
    }
    let talk = &mut state.talk;
    talk.last_line_at = Some(at);
    talk.last_composer = Some(line.role);
    if line.role.is_brand_side() {
        talk.last_brand_line_at = Some(at);
        talk.unanswered_since = None;
        talk.consumer_wrote_last = false;
        talk.brand_wrote_since_assigned = true;
        state.changed_at = at;
    } else if line.role == Role::Consumer {
        talk.last_consumer_line_at = Some(at);
        talk.unanswered_since.get_or_insert(at);
        talk.consumer_wrote_last = true;
        state.changed_at = at;
    } else if let Some(provenance) = &line.provenance
        && provenance.function.is_none()
        && provenance.code == CbotEventType::ConsumerSendMessageOnOffHours
    {
        state.off_hours_told_at = Some(at);
    }
}

fn joined(state: &mut Conversation, participant: ParticipantId, role: Role, at: Timestamp) {
    state.participants.insert(participant, role);
    if role == Role::AssignedAgent {
        state.assigned_at = Some(at);
        state.talk.brand_wrote_since_assigned = false;
        state.suggested_agent = None;
    }
    state.changed_at = at;
}

fn left(state: &mut Conversation, participant: ParticipantId, role: Role, at: Timestamp) {
    state.participants.remove(&participant);
    if role == Role::AssignedAgent {
        state.assigned_at = None;
        state.queued_at = at;
        state.back_to_queue_at = Some(at);
    }
    state.changed_at = at;
}

fn lane_entry(trigger: EventSeq, triggered: &Triggered) -> LaneEntry {
    LaneEntry {
        trigger,
        event: triggered.event,
        code: triggered.code,
        skill: triggered.skill.clone(),
        depth: triggered.depth,
        payload: Arc::clone(&triggered.payload),
        since: Since::default(),
    }
}

/// Marks on every unsettled trigger what happened after it, unless its own invocation caused it.
fn note_for_fences(state: &mut Conversation, recorded: &Recorded) {
    let Some(happened) = concerns_fences(&recorded.event) else { return };
    let conversation = state.id;
    for entry in &mut state.lane {
        if !is_caused_by(recorded.cause.as_ref(), conversation, entry.trigger) {
            entry.since.add(happened);
        }
    }
}

fn concerns_fences(event: &Event) -> Option<Since> {
    let nothing = Since::default();
    if let Event::LinePublished(line) = event {
        if line.dialog != DialogId::MAIN {
            return None;
        }
        let (brand_wrote, consumer_wrote) = (line.answers(), line.role == Role::Consumer);
        Some(Since { brand_wrote, consumer_wrote, ..nothing })
    } else if let Event::ParticipantJoined { role: Role::AssignedAgent, .. } = event {
        Some(Since { agent_assigned: true, agent_changed: true, ..nothing })
    } else if let Event::ParticipantLeft { role: Role::AssignedAgent, .. } = event {
        Some(Since { agent_changed: true, ..nothing })
    } else if let Event::SkillChanged { .. } = event {
        Some(Since { skill_changed: true, ..nothing })
    } else {
        None
    }
}

fn is_caused_by(cause: Option<&Cause>, conversation: ConversationId, trigger: EventSeq) -> bool {
    cause.is_some_and(|cause| cause.invocation == InvocationId::Triggered { conversation, trigger })
}

impl Since {
    fn add(&mut self, other: Self) {
        self.brand_wrote |= other.brand_wrote;
        self.consumer_wrote |= other.consumer_wrote;
        self.agent_assigned |= other.agent_assigned;
        self.agent_changed |= other.agent_changed;
        self.skill_changed |= other.skill_changed;
    }
}

impl Actor {
    /// The participant that acts; `None` for timers and operators.
    pub const fn participant(self) -> Option<ParticipantId> {
        match self {
            Self::Consumer(consumer) => Some(ParticipantId::Consumer(consumer)),
            Self::User(user) => Some(ParticipantId::User(user)),
            Self::ControllerBot => Some(ParticipantId::ControllerBot),
            Self::System => None,
        }
    }
}

impl Conversation {
    /// How often `timer` fired since `base`: a moved base begins anew.
    pub fn fired_since(&self, timer: Timer, base: Timestamp) -> u8 {
        self.idle.get(&timer).filter(|count| count.base == base).map_or(0, |count| count.fired)
    }
}
