//! `convoke invoke`: calls deployed functions, by name or by event.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use convoke_api::v1::function_call::{InvokeEvent, InvokeFunction};
use convoke_api::v1::list::List;
use convoke_api::v1::run::FunctionRun;
use convoke_domain::function::EventBinding;
use convoke_domain::id::SkillId;

use super::Context;
use crate::connection::Persona;
use crate::folder;
use crate::render::{self, Answer};

/// Call deployed functions
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke invoke hello --payload functions/hello/payload.json
  convoke invoke --event bot_connectors_pre_hook --skill 123456")]
pub(crate) struct Invoke {
    /// The function, by name or id
    #[arg(required_unless_present = "event")]
    function: Option<String>,
    /// Call every deployed function that listens to this event instead
    #[arg(long, value_name = "ID", conflicts_with = "function")]
    event: Option<EventBinding>,
    /// With --event: only functions that answer for this skill
    #[arg(long, value_name = "ID", requires = "event")]
    skill: Option<SkillId>,
    /// The input as a JSON file: with headers and payload, or a payload alone [default: an empty payload]
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// A name for this call: sent again within a day, it gets the first answer and nothing runs twice
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

impl Invoke {
    /// Does it. A function that failed is a failure of the command.
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let api = context.client.speak_as(Persona::Admin)?;
        let input = self.payload.map(|path| folder::input(&path)).transpose()?.unwrap_or_default();
        let id = self.request_id.as_deref();
        let runs: Vec<FunctionRun> = match (&self.function, self.event) {
            (Some(name), _) => {
                vec![api.call(&["functions", name, "invoke"], id, &InvokeFunction { input }).await?]
            }
            (None, Some(event)) => {
                let body = InvokeEvent { input, skill: self.skill };
                let runs: List<FunctionRun> =
                    api.call(&["events", event.event_id(), "invoke"], id, &body).await?;
                runs.items
            }
            (None, None) => Vec::new(),
        };
        let text: Vec<String> =
            runs.iter().map(|run| render::function_run(run, context.printer.style)).collect();
        let text =
            if text.is_empty() { "No deployed function listens.".to_owned() } else { text.join("\n\n") };
        let ids: Vec<String> = runs.iter().map(|run| run.invocation.to_string()).collect();
        context.print(&Answer::new(&runs, text)?.with_id(&ids.join("\n")))?;
        let answered = runs.iter().all(|run| run.answered);
        Ok(if answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
