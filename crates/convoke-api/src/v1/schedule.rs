//! Schedules: functions that run by the clock.

use convoke_domain::function::{
    Cron, CronError, FiringResult as DomainResult, Schedule as Domain, ScheduleCommand, SchedulePlan,
};
use convoke_domain::hours::{UnknownZone, Zone};
use convoke_domain::id::{FunctionId, InvocationId, ScheduleId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::run::Header;
use crate::explain::Names;
use crate::problem::Invalid;

mirror! {
    /// Whether a schedule fires.
    ScheduleState = convoke_domain::function::ScheduleState {
        /// It does.
        Active,
        /// Somebody paused it.
        Paused,
        /// Its function was undeployed; resume it when the function is deployed again.
        Ended,
    }
}

mirror! {
    /// What happens to due times that were missed.
    MissedRuns = convoke_domain::function::MissedRuns {
        /// Nothing: it goes on with the next one.
        Skip,
        /// It runs once, however many were missed.
        RunOnce,
    }
}

/// Makes a schedule, or changes one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineSchedule {
    /// The function, by id or name; it has to be deployed.
    pub function: String,
    /// Minute, hour, day of the month, month, day of the week.
    #[schema(example = "0 8 * * mon-fri")]
    pub cron: String,
    /// By whose clocks: an IANA name; `UTC` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/Berlin")]
    pub time_zone: Option<String>,
    /// What it is for, up to 200 characters.
    #[serde(default)]
    pub description: String,
    /// Headers of the function's input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// Payload of the function's input.
    #[serde(default)]
    pub payload: Value,
    /// What happens to due times that were missed.
    #[serde(default = "run_once")]
    pub missed: MissedRuns,
}

const fn run_once() -> MissedRuns {
    MissedRuns::RunOnce
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ScheduleId,
    /// The function.
    #[schema(value_type = String)]
    pub function: FunctionId,
    /// The function's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function_name: Option<String>,
    /// When.
    #[schema(value_type = String)]
    pub cron: Cron,
    /// By whose clocks.
    pub time_zone: String,
    /// What it is for.
    pub description: String,
    /// Headers of the function's input.
    pub headers: Vec<Header>,
    /// Payload of the function's input.
    pub payload: Value,
    /// What happens to due times that were missed.
    pub missed: MissedRuns,
    /// Whether it fires.
    pub state: ScheduleState,
    /// When it is due next; absent if it does not fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due: Option<Timestamp>,
    /// Its last firing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Firing>,
}

/// One firing of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Firing {
    /// When it was due.
    pub due: Timestamp,
    /// When it fired.
    pub at: Timestamp,
    /// The invocation.
    #[schema(value_type = String)]
    pub invocation: InvocationId,
    /// Whether the function answered; absent while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
    /// The stable code of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What a schedule holds of its function's input.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Input {
    headers: Vec<Header>,
    payload: Value,
}

impl DefineSchedule {
    /// The command that makes it, for the function that was found by its name.
    ///
    /// # Errors
    /// What is wrong with the expression or the time zone.
    ///
    /// # Panics
    /// Never: the input was read from JSON.
    pub fn into_command(self, function: FunctionId) -> Result<ScheduleCommand, Invalid> {
        let cron = self.cron.parse().map_err(|error: CronError| Invalid::field("cron", error.to_string()))?;
        let zone = self.time_zone.map_or(Ok(Zone::utc()), |name| name.parse());
        let zone = zone.map_err(|error: UnknownZone| Invalid::field("time_zone", error.to_string()))?;
        let input = Input { headers: self.headers, payload: self.payload };
        let input = serde_json::to_string(&input).expect("what was read from JSON can be written as JSON");
        let (description, missed) = (self.description, self.missed.into());
        let plan = SchedulePlan { function, cron, zone, description, input, missed };
        Ok(ScheduleCommand::Define { plan })
    }
}

impl Schedule {
    /// The schedule with its function's name.
    pub fn of(id: ScheduleId, schedule: &Domain, names: &dyn Names) -> Self {
        let SchedulePlan { function, cron, zone, description, input, missed } = &schedule.plan;
        // What is stored was written by `into_command`.
        let Input { headers, payload } = serde_json::from_str(input).unwrap_or_default();
        Self {
            id,
            function: *function,
            function_name: names.function(*function),
            cron: cron.clone(),
            time_zone: zone.name().to_owned(),
            description: description.clone(),
            headers,
            payload,
            missed: (*missed).into(),
            state: schedule.state.into(),
            next_due: schedule.next_due(),
            last: schedule.last.as_ref().map(Firing::of),
        }
    }
}

impl Firing {
    fn of(firing: &convoke_domain::function::Firing) -> Self {
        let (answered, failure) = match &firing.result {
            None => (None, None),
            Some(DomainResult::Answered) => (Some(true), None),
            Some(DomainResult::Failed { code }) => (Some(false), Some(code.clone())),
        };
        Self { due: firing.due, at: firing.at, invocation: firing.invocation, answered, failure }
    }
}
