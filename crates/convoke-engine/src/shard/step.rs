//! From a decision to the one write that makes it durable: the sealed record and everything that must be true with it.

use std::num::NonZeroU16;

use convoke_domain::conversation::{Conversation, Decision, Event, Recorded, Timer, timers};
use convoke_domain::id::{AccountId, ConversationId};
use convoke_domain::invocation::Outcome;
use convoke_store::{CursorMove, FactOp, NewRecord, Step, StreamId, Summary, TimerOp, WrappedKey};

use super::Shared;
use super::load::{StoredHistory, history_after, history_fact, key_owner};
use super::resident::{ConsumerRecord, Resident};
use crate::directory::AccountView;
use crate::timers::{TimerIndex, by_name, name};
use crate::{closed, outbox, stored, surveys};

/// The step of `decision`, or `None` if nothing has to be written. Updates what the shard remembers of timers, key and
/// consumer; the conversation's state is the caller's.
pub(super) fn of(
    shared: &Shared,
    resident: &mut Resident,
    consumer: &mut ConsumerRecord,
    decision: &Decision,
    fired: Option<Timer>,
    view: &AccountView,
) -> Option<Step> {
    let timers = timer_ops(resident, decision, fired, view);
    if decision.events.is_empty() && timers.is_empty() {
        return None;
    }
    let before = resident.state.as_ref();
    let stream = StreamId::Conversation { account: resident.account.clone(), conversation: resident.id };
    let mut step = Step::new(stream, shared.store.epoch(), before.map(|state| state.head));
    step.timers = timers;
    step.pending = decision.after.as_ref().is_some_and(|state| !state.lane.is_empty());
    let (old, new) =
        (before.and_then(|state| state.cursor), decision.after.as_ref().and_then(|state| state.cursor));
    step.cursor = new.filter(|_| new != old).map(|to| CursorMove { from: old, to });
    if let Some(count) = u16::try_from(decision.events.len()).ok().and_then(NonZeroU16::new) {
        let events = &decision.events;
        let key = consumer.key.get_or_insert_with(|| {
            let owner = key_owner(&resident.account, resident.consumer);
            let (key, wrapped) = shared.master_key.new_data_key(&*shared.entropy, owner.as_bytes());
            step.key = Some(WrappedKey { consumer: resident.consumer, wrapped });
            key
        });
        let body = stored::encode(resident.id, resident.consumer, events, key, &*shared.entropy);
        let at = events.last().map_or_else(|| shared.clock.now(), |last| last.at);
        step.record = Some(NewRecord { events: count, at, body });
    }
    step.facts = history_facts(resident, consumer, &decision.events);
    step.facts.extend(outbox::letters(view, resident.id, &decision.events));
    step.facts.extend(surveys::rows(view, decision.after.as_ref(), &decision.events));
    step.facts.extend(closed::facts(decision.after.as_ref(), &decision.events));
    step.summary = decision.after.as_ref().filter(|_| changes_summary(&decision.events)).map(summary);
    Some(step)
}

/// Whether a settle among these events let an answer count. One that was dropped, because the Controller Bot was off by
/// then, takes along what its function wrote.
pub(super) fn counts_an_answer(events: &[Recorded]) -> bool {
    let counts =
        |event: &Event| matches!(event, Event::Settled(settled) if settled.outcome == Outcome::Answered);
    events.iter().any(|recorded| counts(&recorded.event))
}

fn history_facts(resident: &Resident, consumer: &mut ConsumerRecord, events: &[Recorded]) -> Vec<FactOp> {
    let history = history_after(consumer.history, events);
    if history == consumer.history {
        return Vec::new();
    }
    consumer.history = history;
    let value = serde_json::to_vec(&StoredHistory::from(history)).expect("a history serializes into memory");
    vec![FactOp { key: history_fact(resident.consumer), value: Some(value) }]
}

/// Which timers to set or cancel. A set one stays, though its base may move: when it comes due it is looked at again.
fn timer_ops(
    resident: &mut Resident,
    decision: &Decision,
    fired: Option<Timer>,
    view: &AccountView,
) -> Vec<TimerOp> {
    let Some(after) = &decision.after else { return Vec::new() };
    // Lines only ever make a timer due later. What lists show of is also what [`crate::rearm`] could pass by.
    let sooner = changes_summary(&decision.events);
    let mut ops = Vec::new();
    for timer in Timer::ALL {
        let armed = resident.armed.get(&timer).copied();
        let handled = fired == Some(timer);
        if armed.is_some() && after.is_open() && !handled && !sooner {
            continue;
        }
        match timers::due(after, timer, &view.account) {
            Some(due) if armed == Some(due) => {}
            Some(due) if handled || armed.is_none_or(|armed| due < armed) => {
                resident.armed.insert(timer, due);
                ops.push(TimerOp::Set { name: name(timer), due });
            }
            None if armed.is_some() && (handled || !after.is_open()) => {
                resident.armed.remove(&timer);
                ops.push(TimerOp::Cancel { name: name(timer) });
            }
            Some(_) | None => {}
        }
    }
    ops
}

fn changes_summary(events: &[Recorded]) -> bool {
    events.iter().any(|recorded| {
        matches!(
            recorded.event,
            Event::Opened { .. }
                | Event::Closed { .. }
                | Event::SurveyClosed { .. }
                | Event::SkillChanged { .. }
                | Event::ParticipantJoined { .. }
                | Event::ParticipantLeft { .. }
        )
    })
}

fn summary(state: &Conversation) -> Summary {
    Summary {
        open: !state.is_over(),
        opened_at: state.opened_at,
        changed_at: state.changed_at,
        skill: Some(state.skill.clone()),
        consumer: Some(state.consumer),
    }
}

/// Keeps the index of this node like the durable timers.
pub(super) fn keep_timer(
    index: &TimerIndex,
    account: &AccountId,
    conversation: ConversationId,
    op: &TimerOp,
) {
    match op {
        TimerOp::Set { name, due } => {
            if let Some(timer) = by_name(name) {
                index.set(account, conversation, timer, *due);
            }
        }
        TimerOp::Cancel { name } => {
            if let Some(timer) = by_name(name) {
                index.cancel(account, conversation, timer);
            }
        }
    }
}
