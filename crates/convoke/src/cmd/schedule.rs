//! `convoke schedule`: functions that run by the clock.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use convoke_api::v1::list::List;
use convoke_api::v1::run::FunctionInput;
use convoke_api::v1::schedule::{DefineSchedule, MissedRuns, Schedule as View, ScheduleState};
use convoke_domain::id::ScheduleId;
use serde_json::Value;

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::folder;
use crate::render::{Answer, Table};

/// Let functions run by the clock
#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    /// List the schedules, and when each is due
    List,
    /// Make a schedule for a deployed function
    Create(Create),
    /// Let a schedule fire no longer
    Pause(Named),
    /// Let a schedule fire again, from now on
    Resume(Named),
    /// Remove a schedule
    Delete(Named),
}

/// Makes one.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: convoke schedule create daily_report \"0 8 * * mon-fri\" --time-zone Europe/Berlin")]
pub(crate) struct Create {
    /// The function, by name or id
    function: String,
    /// Minute, hour, day of the month, month, day of the week
    cron: String,
    /// By whose clocks: an IANA name [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// The input as a JSON file: with headers and payload, or a payload alone [default: an empty payload]
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// What it is for
    #[arg(long, default_value = "")]
    description: String,
    /// What happens to due times that were missed
    #[arg(long, value_enum, default_value_t = Missed::RunOnce)]
    missed: Missed,
}

/// What happens to due times that were missed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Missed {
    /// It goes on with the next one
    Skip,
    /// It runs once, however many were missed
    RunOnce,
}

/// Which one.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id
    #[arg(value_name = "SCHEDULE")]
    id: ScheduleId,
}

impl Schedule {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let schedules: List<View> = api.get(&["schedules"]).await?;
                Answer::new(&schedules.items, table(&schedules.items))
            }
            Self::Create(create) => create.run(&api).await,
            Self::Pause(named) => named.ask(&api, "pause").await,
            Self::Resume(named) => named.ask(&api, "resume").await,
            Self::Delete(Named { id }) => {
                let _: Value = api.delete(&["schedules", &id.to_string()]).await?;
                Ok(Answer::new(&id, format!("{id} deleted"))?.with_id(&id))
            }
        }
    }
}

impl Create {
    async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let input = self.payload.map(|path| folder::input(&path)).transpose()?.unwrap_or_default();
        let FunctionInput { headers, payload, .. } = input;
        let missed = match self.missed {
            Missed::Skip => MissedRuns::Skip,
            Missed::RunOnce => MissedRuns::RunOnce,
        };
        let (function, cron, time_zone, description) =
            (self.function, self.cron, self.time_zone, self.description);
        let define = DefineSchedule { function, cron, time_zone, description, headers, payload, missed };
        shown(&api.post(&["schedules"], &define).await?)
    }
}

impl Named {
    async fn ask(&self, api: &Api<'_>, what: &str) -> Result<Answer> {
        shown(&api.post(&["schedules", &self.id.to_string(), what], &()).await?)
    }
}

fn shown(schedule: &View) -> Result<Answer> {
    Ok(Answer::new(schedule, table(std::slice::from_ref(schedule)))?.with_id(&schedule.id))
}

fn table(schedules: &[View]) -> String {
    let mut table =
        Table::new(&["schedule", "function", "when", "time zone", "missed", "state", "next", "last"]);
    for schedule in schedules {
        let name = schedule.function_name.clone().unwrap_or_else(|| schedule.function.to_string());
        let next = schedule.next_due.map_or_else(|| "-".to_owned(), |at| at.to_string());
        table.row([
            schedule.id.to_string(),
            name,
            schedule.cron.to_string(),
            schedule.time_zone.clone(),
            missed_word(schedule.missed).to_owned(),
            state_word(schedule.state).to_owned(),
            next,
            last_words(schedule),
        ]);
    }
    table.text("No schedules yet: `convoke schedule create` makes one.")
}

/// As `--missed` takes it.
const fn missed_word(missed: MissedRuns) -> &'static str {
    match missed {
        MissedRuns::Skip => "skip",
        MissedRuns::RunOnce => "run-once",
    }
}

const fn state_word(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Active => "active",
        ScheduleState::Paused => "paused",
        ScheduleState::Ended => "ended",
    }
}

fn last_words(schedule: &View) -> String {
    let Some(last) = &schedule.last else { return "-".to_owned() };
    let came = match (&last.answered, &last.failure) {
        (Some(true), _) => "answered",
        (_, Some(code)) => code,
        (_, None) => "not known yet",
    };
    format!("{}: {came}", last.at)
}
