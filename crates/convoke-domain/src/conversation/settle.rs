//! Settling a trigger: one append with the recorded outcome, what it causes, and the moved cursor (DESIGN §4).
//!
//! The answer is judged against the state as it is *now*, and the fence looks at what happened since the trigger: a
//! message that would come after somebody's answer, a transfer of a conversation that was routed meanwhile, a close
//! under a line nobody read, are dropped, and the record says so.

use crate::account::FencePolicy;
use crate::automatic_message::{MacroFacts, automatic_message};
use crate::controller::{Plan, PlannedMessage, PlannedTransfer, plan, rejected, select};
use crate::conversation::command::{Rejection, Settlement, Settling};
use crate::conversation::commit::{By, Commit};
use crate::conversation::decide::transfer;
use crate::conversation::event::{
    Actor, Cause, Closer, Event, Line, ParticipantId, PrivateText, Provenance, Role, Settled,
};
use crate::conversation::state::{Conversation, LaneEntry, Since};
use crate::hours::Shift;
use crate::id::DialogId;
use crate::invocation::{
    CommandFate, CommandKind, Fate, FenceReason, FunctionRef, MessageFate, NotInvoked, Outcome, Silence,
};
use crate::state_change::{CbotEventType, StateChangeEvent};

/// Settles the oldest trigger with what came of it.
pub(crate) fn settle(commit: &mut Commit<'_>, settlement: Settlement) -> Result<(), Rejection> {
    let state = commit.state()?.clone();
    let entry = match state.lane.front() {
        Some(entry) if entry.trigger == settlement.trigger => entry.clone(),
        _ => return Err(Rejection::CursorMoved),
    };
    let bot_on = commit.context.account.controller_bot_enabled;
    let account = commit.context.account;
    let policy = match &settlement.result {
        Settling::Ran { fence_policy: Some(policy), .. } => *policy,
        Settling::Ran { fence_policy: None, .. } | Settling::NothingToRun => account.fence_policy,
    };
    let (function, attempts, outcome, plan) = match settlement.result {
        Settling::NothingToRun => {
            let reason = select(entry.event, &entry.skill, account, commit.context.functions)
                .err()
                .unwrap_or(NotInvoked::NoneDeployed);
            (None, 0, Outcome::NotInvoked { reason }, Plan::AUTOMATIC)
        }
        Settling::Ran { function, attempts, result, .. } if !bot_on => {
            (Some(function), attempts, Outcome::Dropped, Plan::dropped(&result))
        }
        Settling::Ran { function, attempts, result: Ok(answer), .. } => {
            (Some(function), attempts, Outcome::Answered, plan(answer, account))
        }
        Settling::Ran { function, attempts, result: Err(failed), .. } => {
            let outcome = Outcome::Failed { code: failed.code, detail: failed.detail };
            (Some(function), attempts, outcome, Plan::AUTOMATIC)
        }
    };
    Settle { entry, function, attempts, bot_on, policy }.record(commit, &state, outcome, plan);
    Ok(())
}

/// Settles triggers at the lane's head that no function answers, so that no second append is needed for them.
pub(crate) fn settle_what_nothing_answers(commit: &mut Commit<'_>) {
    loop {
        let Some(entry) = commit.state().ok().and_then(|state| state.lane.front()) else { return };
        let context = commit.context;
        if select(entry.event, &entry.skill, context.account, context.functions).is_ok() {
            return;
        }
        let settlement = Settlement { trigger: entry.trigger, result: Settling::NothingToRun };
        if settle(commit, settlement).is_err() {
            return;
        }
    }
}

/// One settle in the making.
struct Settle {
    entry: LaneEntry,
    function: Option<FunctionRef>,
    attempts: u8,
    bot_on: bool,
    policy: FencePolicy,
}

/// The message that a settle sends, if it sends one.
struct Message {
    text: String,
    /// Place of the command; `None` for the automatic message.
    command: Option<u16>,
}

impl Settle {
    fn record(&self, commit: &mut Commit<'_>, state: &Conversation, outcome: Outcome, plan: Plan) {
        let mut fates = plan.fates;
        let fence = self.fence();
        let line = commit.next_seq().next();
        let (message, message_fate) = self.message(commit, state, plan.message, fence, line, &mut fates);
        let transfer =
            plan.transfer.map(|planned| transfer_events(commit, state, &planned, fence, &mut fates));
        let close = plan.close.filter(|index| closes(state, *index, fence, &mut fates));
        fates.sort_by_key(|fate| fate.index);

        let own = By { actor: Actor::ControllerBot, cause: Some(self.cause(state, None)) };
        commit.push(
            By { actor: Actor::ControllerBot, cause: None },
            Event::Settled(Settled {
                trigger: self.entry.trigger,
                code: self.entry.code,
                function: self.function,
                attempts: self.attempts,
                outcome,
                message: message_fate,
                commands: fates,
                commands_dropped: plan.dropped,
            }),
        );
        let from = commit.events.len();
        if let Some(message) = message {
            self.publish(commit, state, message);
        }
        for (index, event) in transfer.into_iter().flatten() {
            commit.push(self.by(state, index), event);
        }
        if let Some(index) = close {
            commit.push(self.by(state, index), Event::Closed { by: Closer::ControllerBot });
        }
        commit.complete_change(Some(state), from, own);
    }

    fn by(&self, state: &Conversation, command: u16) -> By {
        By { actor: Actor::ControllerBot, cause: Some(self.cause(state, Some(command))) }
    }

    fn cause(&self, state: &Conversation, command: Option<u16>) -> Cause {
        Cause {
            invocation: state.invocation(self.entry.trigger),
            command,
            depth: self.entry.depth.saturating_add(1),
        }
    }

    /// What the fence sees; nothing under the policy that applies whatever happened.
    fn fence(&self) -> Since {
        match self.policy {
            FencePolicy::Fence => self.entry.since,
            FencePolicy::Apply => Since::default(),
        }
    }

    /// Which message to send, and what became of it. The function's own command gets its fate here too.
    fn message(
        &self,
        commit: &Commit<'_>,
        state: &Conversation,
        planned: PlannedMessage,
        fence: Since,
        line: crate::sequence::EventSeq,
        fates: &mut Vec<CommandFate>,
    ) -> (Option<Message>, MessageFate) {
        if !self.bot_on {
            return (None, MessageFate::None { reason: Silence::ControllerBotOff });
        }
        let own = match &planned {
            PlannedMessage::Suppressed => return (None, MessageFate::Suppressed),
            PlannedMessage::Text { index, .. } => Some(*index),
            PlannedMessage::Automatic => None,
        };
        let mut note = |fate: Fate| {
            fates.extend(own.map(|index| CommandFate {
                index,
                kind: Some(CommandKind::SystemMessage),
                fate,
            }));
        };
        if !state.is_open() && self.entry.event != StateChangeEvent::ConversationEnd {
            note(closed());
            return (None, MessageFate::Closed);
        }
        if let Some(reason) = fenced_message(fence, self.entry.code) {
            note(Fate::Fenced { reason });
            return (None, MessageFate::Fenced { reason });
        }
        match planned {
            PlannedMessage::Text { index, text } => {
                note(Fate::Applied);
                (Some(Message { text, command: Some(index) }), MessageFate::Sent { line })
            }
            PlannedMessage::Automatic | PlannedMessage::Suppressed => match self.automatic(commit, state) {
                Ok(text) => (Some(Message { text, command: None }), MessageFate::Automatic { line }),
                Err(reason) => (None, MessageFate::None { reason }),
            },
        }
    }

    /// The account's own text for what happened, or why there is none.
    fn automatic(&self, commit: &Commit<'_>, state: &Conversation) -> Result<String, Silence> {
        let (account, now) = (commit.context.account, commit.context.now);
        if self.entry.code == CbotEventType::ConsumerSendMessageOnOffHours {
            // The period of the line, which may be over when a slow function has failed at last.
            let shift = account.hours_of(Some(&self.entry.skill)).shift(self.entry.payload.general.at);
            if told_in_this_period(state, shift) {
                return Err(Silence::AlreadyTold);
            }
        }
        let agent = state.assigned_agent().and_then(|agent| account.user(agent));
        let facts = MacroFacts {
            now,
            deadline: state.deadline,
            agent_nickname: agent.map(|agent| agent.nickname.as_str()),
        };
        let language = state.origin.language.as_ref();
        Ok(automatic_message(account, self.entry.code, Some(&self.entry.skill), language, facts)?)
    }

    fn publish(&self, commit: &mut Commit<'_>, state: &Conversation, message: Message) {
        let line = Line {
            dialog: DialogId::MAIN,
            wire_sequence: state.next_wire_sequence,
            author: ParticipantId::ControllerBot,
            role: Role::Controller,
            text: PrivateText::new(message.text),
            in_off_hours: commit.in_off_hours(),
            key: None,
            provenance: Some(Provenance {
                trigger: self.entry.trigger,
                code: self.entry.code,
                function: message.command.and(self.function),
                attempt: message.command.map_or(0, |_| self.attempts),
                command: message.command,
            }),
            extra: None,
        };
        let by = By { actor: Actor::ControllerBot, cause: Some(self.cause(state, message.command)) };
        commit.push(by, Event::LinePublished(line));
    }
}

/// The events of a transfer; the command gets its fate.
fn transfer_events(
    commit: &Commit<'_>,
    state: &Conversation,
    planned: &PlannedTransfer,
    fence: Since,
    fates: &mut Vec<CommandFate>,
) -> Vec<(u16, Event)> {
    let fenced = if fence.skill_changed {
        Some(FenceReason::SkillChanged)
    } else if fence.agent_changed {
        Some(FenceReason::AgentChanged)
    } else {
        None
    };
    let events = if !state.is_open() {
        Err(closed())
    } else if let Some(reason) = fenced {
        Err(Fate::Fenced { reason })
    } else {
        transfer(state, commit.context.account, planned.skill.clone(), planned.agent)
            .map_err(|rejection| rejected(rejection.code(), rejection.to_string()))
    };
    let (fate, events) = match events {
        Ok(events) if events.is_empty() => (Fate::NoChange, events),
        Ok(events) => (Fate::Applied, events),
        Err(fate) => (fate, Vec::new()),
    };
    fates.push(CommandFate { index: planned.index, kind: Some(CommandKind::Transfer), fate });
    events.into_iter().map(|event| (planned.index, event)).collect()
}

/// Whether to close; the command gets its fate.
fn closes(state: &Conversation, index: u16, fence: Since, fates: &mut Vec<CommandFate>) -> bool {
    let fenced = if fence.brand_wrote {
        Some(FenceReason::BrandWrote)
    } else if fence.consumer_wrote {
        Some(FenceReason::ConsumerWrote)
    } else if fence.agent_changed {
        Some(FenceReason::AgentChanged)
    } else {
        None
    };
    let fate = if !state.is_open() {
        closed()
    } else if let Some(reason) = fenced {
        Fate::Fenced { reason }
    } else {
        Fate::Applied
    };
    let applied = fate == Fate::Applied;
    fates.push(CommandFate { index, kind: Some(CommandKind::CloseConversation), fate });
    applied
}

fn closed() -> Fate {
    rejected("conversation.closed", "the conversation is closed")
}

/// Why a message that answers `code` comes too late (DESIGN §4, Fence).
fn fenced_message(since: Since, code: CbotEventType) -> Option<FenceReason> {
    if since.brand_wrote {
        Some(FenceReason::BrandWrote)
    } else if since.consumer_wrote && code == CbotEventType::ConsumerNonResponsive {
        Some(FenceReason::ConsumerWrote)
    } else if since.agent_assigned && code == CbotEventType::ConvAwaitingInQueue {
        Some(FenceReason::AgentAssigned)
    } else {
        None
    }
}

/// Whether the automatic off-hours message was sent in this off-hours period already.
fn told_in_this_period(state: &Conversation, shift: Shift) -> bool {
    match (state.off_hours_told_at, shift) {
        (Some(told), Shift::Off { since, .. }) => since.is_none_or(|since| told >= since),
        (Some(_), Shift::On { .. }) | (None, _) => false,
    }
}
