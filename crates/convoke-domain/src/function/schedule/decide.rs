//! What a command about schedules causes.

use super::{Schedule, SchedulePlan, ScheduleState};
use crate::function::{Context, Event, Functions, Rejection, ScheduleCommand};
use crate::id::ScheduleId;
use crate::limits;

/// The events of a command about a schedule.
pub(in crate::function) fn decide(
    state: &Functions,
    id: ScheduleId,
    command: ScheduleCommand,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let at = context.now;
    match command {
        ScheduleCommand::Define { plan } => define(state, id, plan, context),
        ScheduleCommand::Remove => known(state, id).map(|_| vec![Event::ScheduleRemoved { id }]),
        ScheduleCommand::Pause => Ok(match known(state, id)?.state {
            ScheduleState::Active => vec![Event::SchedulePaused { id }],
            ScheduleState::Paused | ScheduleState::Ended => vec![],
        }),
        ScheduleCommand::Resume => {
            let schedule = known(state, id)?;
            productive(state, &schedule.plan)?;
            let active = schedule.state == ScheduleState::Active;
            Ok(if active { vec![] } else { vec![Event::ScheduleResumed { id, at }] })
        }
        // The engine saw it due. Whatever changed since then counts: a due time that was taken does not fire again.
        ScheduleCommand::Fire { due, invocation } => Ok(match state.schedules.get(&id) {
            Some(schedule) if schedule.state == ScheduleState::Active && due > schedule.since => {
                vec![Event::ScheduleFired { id, due, at, invocation }]
            }
            Some(_) | None => vec![],
        }),
        ScheduleCommand::Skip { until } => Ok(match state.schedules.get(&id) {
            Some(schedule) if until > schedule.since => vec![Event::ScheduleSkipped { id, until }],
            Some(_) | None => vec![],
        }),
        ScheduleCommand::Finish { invocation, result } => {
            let running = state.schedules.get(&id).and_then(|schedule| schedule.last.as_ref());
            let is_it =
                running.is_some_and(|firing| firing.invocation == invocation && firing.result.is_none());
            Ok(if is_it { vec![Event::ScheduleFinished { id, invocation, result }] } else { vec![] })
        }
    }
}

fn known(state: &Functions, id: ScheduleId) -> Result<&Schedule, Rejection> {
    state.schedules.get(&id).ok_or(Rejection::ScheduleUnknown(id))
}

fn define(
    state: &Functions,
    id: ScheduleId,
    plan: SchedulePlan,
    context: &Context<'_>,
) -> Result<Vec<Event>, Rejection> {
    let present = state.schedules.get(&id);
    if present.is_none() && state.schedules.len() >= limits::SCHEDULES_MAX {
        return Err(Rejection::TooManySchedules);
    }
    if plan.description.chars().count() > limits::SCHEDULE_DESCRIPTION_CHARS_MAX {
        return Err(Rejection::ScheduleDescriptionTooLong);
    }
    if plan.input.chars().count() > limits::SCHEDULE_INPUT_CHARS_MAX {
        return Err(Rejection::ScheduleInputTooLong);
    }
    if plan.cron.next_after(context.now, &plan.zone).is_none() {
        return Err(Rejection::ScheduleNeverDue(plan.cron));
    }
    productive(state, &plan)?;
    let same = present.is_some_and(|schedule| schedule.plan == plan);
    Ok(if same { vec![] } else { vec![Event::ScheduleDefined { id, plan, at: context.now }] })
}

/// Only what answers can be scheduled.
fn productive(state: &Functions, plan: &SchedulePlan) -> Result<(), Rejection> {
    let function = state.get(plan.function).ok_or(Rejection::FunctionUnknown(plan.function))?;
    match function.deployed_version() {
        Some(_) => Ok(()),
        None => Err(Rejection::NotDeployed(function.name.clone())),
    }
}
