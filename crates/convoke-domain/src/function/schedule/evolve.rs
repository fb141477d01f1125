//! The schedules after an event. Total: an event that fits nothing changes nothing.

use super::{Firing, Schedule, ScheduleState};
use crate::function::{Event, Functions};
use crate::id::FunctionId;

/// The schedules after an event about one of them.
pub(in crate::function) fn apply(state: &mut Functions, event: &Event) {
    if let Event::ScheduleDefined { id, plan, at } = event {
        let state_before = state.schedules.get(id).map(|schedule| schedule.state);
        let last = state.schedules.get(id).and_then(|schedule| schedule.last.clone());
        let schedule = Schedule {
            plan: plan.clone(),
            state: state_before.unwrap_or(ScheduleState::Active),
            since: *at,
            last,
        };
        state.schedules.insert(*id, schedule);
    } else if let Event::ScheduleRemoved { id } = event {
        state.schedules.remove(id);
    } else if let Event::SchedulePaused { id } = event {
        with(state, *id, |schedule| schedule.state = ScheduleState::Paused);
    } else if let Event::ScheduleResumed { id, at } = event {
        with(state, *id, |schedule| {
            schedule.state = ScheduleState::Active;
            schedule.since = schedule.since.max(*at);
        });
    } else if let Event::ScheduleFired { id, due, at, invocation } = event {
        with(state, *id, |schedule| {
            schedule.since = schedule.since.max(*due);
            schedule.last = Some(Firing { due: *due, at: *at, invocation: *invocation, result: None });
        });
    } else if let Event::ScheduleSkipped { id, until } = event {
        with(state, *id, |schedule| schedule.since = schedule.since.max(*until));
    } else if let Event::ScheduleFinished { id, invocation, result } = event {
        with(state, *id, |schedule| {
            if let Some(firing) = schedule.last.as_mut().filter(|firing| firing.invocation == *invocation) {
                firing.result = Some(result.clone());
            }
        });
    }
}

fn with(state: &mut Functions, id: crate::id::ScheduleId, change: impl FnOnce(&mut Schedule)) {
    if let Some(schedule) = state.schedules.get_mut(&id) {
        change(schedule);
    }
}

/// A function that does not answer any more takes its schedules out of work.
pub(in crate::function) fn end_of(state: &mut Functions, function: FunctionId) {
    let of_it = state.schedules.values_mut().filter(|schedule| schedule.plan.function == function);
    of_it.for_each(|schedule| schedule.state = ScheduleState::Ended);
}

/// A function that is removed takes its schedules along.
pub(in crate::function) fn remove_of(state: &mut Functions, function: FunctionId) {
    state.schedules.retain(|_, schedule| schedule.plan.function != function);
}
