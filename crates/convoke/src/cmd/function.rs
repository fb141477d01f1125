//! `convoke function`: from a template to a deployed function, and back.

mod pull;

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use convoke_api::v1::function::{
    CreateFunction, Deployed, Function as FunctionView, FunctionState, Rollback, SavedFunction, SourceProblem,
};
use convoke_api::v1::function_call::{InvokeFunction, SaveFunction};
use convoke_api::v1::list::List;
use convoke_api::v1::run::{FunctionRun, OutboundCall, TestFunction, Which};
use convoke_domain::function::EventBinding;
use convoke_domain::id::{InvocationId, SkillId};
use serde_json::Value;

use super::Context;
use crate::client::{Api, refused_with};
use crate::connection::Persona;
use crate::folder::{self, FunctionConfig, FunctionFolder};
use crate::limits::ANSWER_BYTES_MAX;
use crate::render::{self, Answer, Table, note};

/// Write, test and deploy functions
#[derive(Debug, Subcommand)]
pub(crate) enum Function {
    /// Copy a template into a folder
    New(New),
    /// Write what the server has into folders
    Pull(pull::Pull),
    /// Send a folder to the server as a draft
    Push(Push),
    /// Show how a folder differs from the server's draft, or two versions from each other
    Diff(pull::Diff),
    /// Run the draft once on a sample, acting on nothing
    Test(Test),
    /// Let the draft answer from now on
    Deploy(Named),
    /// Stop answering
    Undeploy(Named),
    /// Call the deployed function
    Invoke(Invoke),
    /// List functions and where they are in their lives
    List,
    /// Let an earlier version answer again
    Rollback(ToVersion),
    /// Remove a function that is not deployed
    Delete(Named),
}

/// Which function.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name or id
    name: String,
}

/// Where functions lie.
#[derive(Debug, Args)]
struct Base {
    /// The folder that holds the folders of functions
    #[arg(long, default_value = "functions", value_name = "DIR")]
    folder: PathBuf,
}

/// Copies a template.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke function new hello
  convoke function new greet_workshop --template new-conversation --skill 654321")]
pub(crate) struct New {
    /// Its name: letters, digits and _
    name: String,
    /// The template to begin with: one for each event of a conversation, and some for functions that are called
    #[arg(long, value_name = "ID", default_value = "greeting", value_parser = crate::compose::template_ids())]
    template: String,
    /// A skill that it answers for, can be repeated; none means all
    #[arg(long, value_name = "ID")]
    skill: Vec<SkillId>,
    #[command(flatten)]
    base: Base,
}

/// Sends a folder.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke function push greet_workshop")]
pub(crate) struct Push {
    /// Its name, which is the folder's
    name: String,
    #[command(flatten)]
    base: Base,
}

/// Runs a draft.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke function test greet_workshop
  convoke function test greet_workshop --payload returning.json
  convoke function test greet_workshop --inspect --no-network")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Test {
    /// Its name or id
    name: String,
    /// The input as a JSON file [default: payload.json of the function's folder, else the template's sample]
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
    /// Run on the recorded input of an invocation
    #[arg(long, value_name = "INVOCATION", conflicts_with = "payload")]
    recorded: Option<InvocationId>,
    /// Run the deployed version instead of the draft
    #[arg(long)]
    deployed: bool,
    /// Show the statements it reached and, where it threw, what could be seen there
    #[arg(long)]
    inspect: bool,
    /// Refuse calls to other hosts and changes of the platform, and show which it would make
    #[arg(long)]
    no_network: bool,
    /// Make its calls without showing them first and asking
    #[arg(long, short = 'y', conflicts_with = "no_network")]
    yes: bool,
    #[command(flatten)]
    base: Base,
}

/// Calls a function.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke function invoke hello --payload functions/hello/payload.json")]
pub(crate) struct Invoke {
    /// Its name or id
    name: String,
    /// The input as a JSON file: with headers and payload, or a payload alone [default: an empty payload]
    #[arg(long, value_name = "FILE")]
    payload: Option<PathBuf>,
}

/// Goes back.
#[derive(Debug, Args)]
pub(crate) struct ToVersion {
    /// Its name or id
    name: String,
    /// The number of a kept version
    version: u32,
}

impl Function {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let api = context.client.speak_as(Persona::Admin)?;
        let answer = match self {
            Self::New(new) => new.run()?,
            Self::Pull(pull) => pull.run(&api).await?,
            Self::Push(push) => return push.run(&api, context).await,
            Self::Diff(diff) => diff.run(&api, context.printer.style).await?,
            Self::Test(test) => return finish(context, &test.run(&api).await?),
            Self::Invoke(invoke) => return finish(context, &invoke.run(&api).await?),
            Self::Deploy(named) => deploy(&api, &named.name).await?,
            Self::Undeploy(named) => {
                let function: FunctionView = api.post(&["functions", &named.name, "undeploy"], &()).await?;
                Answer::new(&function, format!("{} undeployed", function.name))?.with_id(&function.id)
            }
            Self::List => list(&api).await?,
            Self::Rollback(to) => {
                let path = ["functions", &to.name, "rollback"];
                let deployed: Deployed = api.post(&path, &Rollback { version: to.version }).await?;
                deployed_answer(&deployed)?
            }
            Self::Delete(named) => {
                let _: Value = api.delete(&["functions", &named.name]).await?;
                Answer::new(&named.name, format!("{} deleted", named.name))?
            }
        };
        context.print(&answer)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl New {
    /// Copies the template; needs no server.
    pub(crate) fn run(&self) -> Result<Answer> {
        let folder = FunctionFolder::of(&self.base.folder, &self.name)?;
        let template = crate::compose::template(&self.template)?;
        folder.create(&template, self.skill.iter().cloned().collect())?;
        let path = folder.path().display().to_string();
        Ok(Answer::new(&path, path.clone())?.with_id(&path))
    }
}

impl Push {
    /// Sends it. A source that is saved and could not be deployed is a failure of the command.
    async fn run(self, api: &Api<'_>, context: &Context) -> Result<ExitCode> {
        let folder = FunctionFolder::of(&self.base.folder, &self.name)?;
        let (source, config) = (folder.source()?, folder.config()?);
        let saved = push(api, folder.name(), &source, &config).await?;
        let function = &saved.function.function;
        let text = format!("{} saved as draft {}", function.name, function.draft_revision);
        context.print(&Answer::new(&saved, text)?.with_id(&function.id))?;
        for problem in &saved.problems {
            note(&problem_text(&folder, problem));
        }
        Ok(if saved.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A problem of a source, as compilers say it.
fn problem_text(folder: &FunctionFolder, problem: &SourceProblem) -> String {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!(", line {line}, column {column}"),
        (Some(line), None) => format!(", line {line}"),
        (None, _) => String::new(),
    };
    format!("{}{place}: {} ({})", folder.path().display(), problem.message, problem.code)
}

/// Makes the function, or saves its draft.
pub(crate) async fn push(
    api: &Api<'_>,
    name: &str,
    source: &str,
    config: &FunctionConfig,
) -> Result<SavedFunction> {
    let present: Result<FunctionView> = api.get(&["functions", name]).await;
    let present = match present {
        Ok(present) => present,
        Err(error) if refused_with(&error, "function.unknown") => {
            return create(api, name, source, config).await;
        }
        Err(error) => return Err(error),
    };
    if present.event != config.event {
        bail!(
            "{name} answers {} for ever, and config.json says {}: give the folder another name",
            event_words(present.event),
            event_words(config.event)
        );
    }
    let save = SaveFunction {
        source: Some(source.to_owned()),
        environment: Some(config.environment.clone()),
        settings: Some(config.settings.unwrap_or_default()),
        description: Some(config.description.clone()),
        skills: Some(config.skills.clone()),
    };
    api.put(&["functions", name], &save).await
}

async fn create(api: &Api<'_>, name: &str, source: &str, config: &FunctionConfig) -> Result<SavedFunction> {
    let create = CreateFunction {
        name: name.to_owned(),
        template: None,
        event: config.event,
        source: Some(source.to_owned()),
        description: Some(config.description.clone()),
        skills: config.skills.clone(),
        environment: config.environment.clone(),
        settings: config.settings.unwrap_or_default(),
    };
    api.post(&["functions"], &create).await
}

impl Test {
    async fn run(self, api: &Api<'_>) -> Result<FunctionRun> {
        let sample =
            FunctionFolder::of(&self.base.folder, &self.name).ok().map(|folder| folder.sample()).transpose();
        let input = match self.payload {
            Some(path) => Some(folder::input(&path)?),
            None if self.recorded.is_some() => None,
            None => sample?.flatten(),
        };
        let code = if self.deployed { Which::Deployed } else { Which::Draft };
        let (recorded, inspect) = (self.recorded, self.inspect);
        let test = TestFunction { input, recorded, code, inspect, network: self.yes };
        let run: FunctionRun = api.post(&["functions", &self.name, "test"], &test).await?;
        let held_back: Vec<&OutboundCall> = run.calls.iter().filter(|call| is_held_back(call)).collect();
        if self.yes || self.no_network || held_back.is_empty() || !agreed(&held_back)? {
            return Ok(run);
        }
        api.post(&["functions", &self.name, "test"], &TestFunction { network: true, ..test }).await
    }
}

impl Invoke {
    async fn run(self, api: &Api<'_>) -> Result<FunctionRun> {
        let input = self.payload.map(|path| folder::input(&path)).transpose()?.unwrap_or_default();
        api.post(&["functions", &self.name, "invoke"], &InvokeFunction { input }).await
    }
}

/// Whether a call of a test was refused only because it was to be shown first.
fn is_held_back(call: &OutboundCall) -> bool {
    call.error.as_deref() == Some("host_not_allowed") || call.status == Some(403)
}

/// Shows the first calls of a function before any of them is made. A person is asked; a program has seen them.
fn agreed(calls: &[&OutboundCall]) -> Result<bool> {
    note("It calls, and nothing of this was sent yet:");
    for call in calls {
        note(&format!("  {} {}", call.method, call.host));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(true);
    }
    note("Make these calls, and those that follow from them? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().take(ANSWER_BYTES_MAX).read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Prints a run; one that failed is a failure of the command.
fn finish(context: &Context, run: &FunctionRun) -> Result<ExitCode> {
    let text = render::function_run(run, context.printer.style);
    context.print(&Answer::new(run, text)?.with_id(&run.invocation))?;
    Ok(if run.answered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Deploys the draft.
pub(crate) async fn deploy(api: &Api<'_>, name: &str) -> Result<Answer> {
    let deployed: Deployed = api.post(&["functions", name, "deploy"], &()).await?;
    deployed_answer(&deployed)
}

fn deployed_answer(deployed: &Deployed) -> Result<Answer> {
    for warning in &deployed.warnings {
        note(&format!("note: {} ({})", warning.message, warning.code));
    }
    let function = &deployed.function;
    let version = function.deployed.as_ref().map_or(0, |deployment| deployment.version);
    let text = format!("{} deployed as version {version}", function.name);
    Ok(Answer::new(deployed, text)?.with_id(&function.id))
}

async fn list(api: &Api<'_>) -> Result<Answer> {
    let mut functions: List<FunctionView> = api.get(&["functions"]).await?;
    // By event in the order in which one change fires them, those that are only called last.
    functions.items.sort_by_key(|function| (function.event.is_none(), function.event, function.name.clone()));
    let mut table = Table::new(&["name", "state", "version", "skills", "event"]);
    for function in &functions.items {
        let version =
            function.deployed.as_ref().map_or("-".to_owned(), |deployed| deployed.version.to_string());
        let skills: Vec<&str> = function.skills.iter().map(SkillId::as_str).collect();
        let skills = if skills.is_empty() { "all".to_owned() } else { skills.join(",") };
        let state = state_word(function.state).to_owned();
        table.row([function.name.clone(), state, version, skills, event_words(function.event)]);
    }
    Answer::new(&functions.items, table.text("No functions yet: `convoke function new` begins one."))
}

fn state_word(state: FunctionState) -> &'static str {
    match state {
        FunctionState::Draft => "Draft",
        FunctionState::Productive => "Productive",
        FunctionState::Modified => "Modified",
        FunctionState::BuildError => "Build Error",
        FunctionState::DeployError => "Deploy Error",
    }
}

fn event_words(event: Option<EventBinding>) -> String {
    event.map_or_else(|| "no event".to_owned(), |event| event.to_string())
}
