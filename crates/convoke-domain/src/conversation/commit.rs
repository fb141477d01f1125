//! One commit in the making: events are recorded, the state follows, and when the change is whole it is compared with
//! what was before.

use jiff::Timestamp;

use crate::account::Account;
use crate::conversation::change::{Fired, changes};
use crate::conversation::command::{ConsumerHistory, Rejection};
use crate::conversation::event::{Actor, Cause, Event, Recorded, Triggered, UnfiredReason};
use crate::conversation::evolve::evolve;
use crate::conversation::payload::{Occasion, payload};
use crate::conversation::state::Conversation;
use crate::function::Bindings;
use crate::id::ConversationId;
use crate::limits;
use crate::sequence::EventSeq;
use crate::state_change::CbotEventType;
use crate::ttr::effective_deadline;

/// What the shell knows at the moment of a decision.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The engine's clock.
    pub now: Timestamp,
    /// The account's settings.
    pub account: &'a Account,
    /// Which function versions are deployed for what.
    pub functions: &'a Bindings,
    /// What is known of the consumer's earlier conversations; only openings ask.
    pub history: ConsumerHistory,
}

/// The events of one commit so far, and the state they lead to.
pub(crate) struct Commit<'a> {
    id: ConversationId,
    pub(crate) context: &'a Context<'a>,
    state: Option<Conversation>,
    head: Option<EventSeq>,
    pub(crate) events: Vec<Recorded>,
}

/// Who acts, and why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By {
    pub(crate) actor: Actor,
    pub(crate) cause: Option<Cause>,
}

impl By {
    pub(crate) const SYSTEM: Self = Self { actor: Actor::System, cause: None };

    fn depth(self) -> u8 {
        self.cause.map_or(0, |cause| cause.depth)
    }
}

impl<'a> Commit<'a> {
    pub(crate) fn new(id: ConversationId, state: Option<&Conversation>, context: &'a Context<'a>) -> Self {
        Self { id, context, state: state.cloned(), head: state.map(|state| state.head), events: Vec::new() }
    }

    /// The state as the events so far left it.
    pub(crate) fn state(&self) -> Result<&Conversation, Rejection> {
        self.state.as_ref().ok_or(Rejection::NotFound)
    }

    pub(crate) fn into_parts(self) -> (Vec<Recorded>, Option<Conversation>) {
        (self.events, self.state)
    }

    /// The place the next event will have.
    pub(crate) fn next_seq(&self) -> EventSeq {
        EventSeq::after(self.head)
    }

    /// Records `event` and lets the state follow.
    pub(crate) fn push(&mut self, by: By, event: Event) -> EventSeq {
        let seq = self.next_seq();
        let recorded = Recorded { seq, at: self.context.now, by: by.actor, cause: by.cause, event };
        self.state = evolve(self.id, self.state.take(), &recorded);
        self.head = Some(seq);
        self.events.push(recorded);
        seq
    }

    /// Whether the conversation's skill is off shift now.
    pub(crate) fn in_off_hours(&self) -> bool {
        self.state
            .as_ref()
            .is_some_and(|state| !self.context.account.hours_of(Some(&state.skill)).is_on(self.context.now))
    }

    /// The change that began with `before` and the event at index `from` is whole: moves the deadline and records what
    /// it fires.
    pub(crate) fn complete_change(&mut self, before: Option<&Conversation>, from: usize, by: By) {
        if self.events.len() == from {
            return;
        }
        self.move_deadline(by);
        for event in self.fired_events(before, from, by) {
            self.push(by, event);
        }
    }

    /// What the change fires, in firing order: a trigger each, or the record of why there is none.
    fn fired_events(&self, before: Option<&Conversation>, from: usize, by: By) -> Vec<Event> {
        let (Some(after), Some(last)) = (&self.state, self.events.last()) else { return Vec::new() };
        let recent = before.is_none() && self.opened_soon_after_autoclose(after);
        let announce = recent && self.context.account.fire_after_autoclose;
        let in_off_hours = self.in_off_hours();
        let occasion = Occasion { by: by.actor, at: last.at };
        let event_of = |fired: Fired| match self.unfired(fired, by, recent && !announce) {
            Some(reason) => Event::Unfired { event: fired.code.event(), code: fired.code, reason },
            None => Event::Triggered(Triggered {
                event: fired.code.event(),
                code: fired.code,
                skill: after.skill.clone(),
                depth: by.depth(),
                payload: payload(fired, before, after, occasion, self.context.account, in_off_hours).into(),
            }),
        };
        changes(before, after, &self.events[from..], announce).into_iter().map(event_of).collect()
    }

    fn unfired(&self, fired: Fired, by: By, silent_reopening: bool) -> Option<UnfiredReason> {
        if !self.context.account.controller_bot_enabled {
            Some(UnfiredReason::ControllerBotOff)
        } else if silent_reopening && fired.code.event() == CbotEventType::ConsumerOpenNewConversation.event()
        {
            Some(UnfiredReason::AfterAutoclose)
        } else if by.depth() > limits::CAUSE_DEPTH_MAX {
            Some(UnfiredReason::CauseDepth)
        } else {
            None
        }
    }

    /// The 48-hour rule: an authenticated consumer whose previous conversation was auto-closed a short time ago.
    fn opened_soon_after_autoclose(&self, after: &Conversation) -> bool {
        after.authenticated
            && self.context.history.auto_closed_at.is_some_and(|closed| {
                self.context.now.duration_since(closed).unsigned_abs() < limits::AFTER_AUTOCLOSE
            })
    }

    fn move_deadline(&mut self, by: By) {
        let Some(state) = &self.state else { return };
        let account = self.context.account;
        let deadline = deadline(state, account);
        if deadline != state.deadline {
            self.push(by, Event::DeadlineMoved { deadline });
        }
    }
}

/// Until when the brand should answer; `None` while it is the consumer's turn, or after the end.
fn deadline(state: &Conversation, account: &Account) -> Option<Timestamp> {
    let waiting_since = match (state.talk.unanswered_since, state.talk.last_brand_line_at) {
        (Some(unanswered), _) => Some(unanswered),
        (None, None) => Some(state.opened_at),
        (None, Some(_)) => None,
    };
    let base = waiting_since.filter(|_| state.is_open());
    if base.is_none() && state.manual_deadline.is_none() {
        return None;
    }
    if !state.is_open() {
        return None;
    }
    let skill = Some(&state.skill);
    let base = base.unwrap_or(state.changed_at);
    let base = state.delay.map_or(base, |delay| base.max(delay.until));
    effective_deadline(
        base,
        state.ttr,
        state.manual_deadline,
        &account.ttr_of(skill),
        &account.hours_of(skill),
    )
}
