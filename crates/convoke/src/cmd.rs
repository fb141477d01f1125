//! What each command does: one file per noun.

pub(crate) mod account;
pub(crate) mod backup;
pub(crate) mod bot;
pub(crate) mod clock;
pub(crate) mod consumer;
pub(crate) mod conversation;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod function;
mod help;
pub(crate) mod invoke;
pub(crate) mod logs;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod schedule;
pub(crate) mod serve;
pub(crate) mod skill;
pub(crate) mod tour;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use convoke_engine::ports::{Clock as _, SystemClock};

use crate::cli::{Cli, Command, Global};
use crate::client::Client;
use crate::connection::Connection;
use crate::render::{Answer, Output, Printer};

/// What commands that speak to a server share.
pub(crate) struct Context {
    /// The server.
    pub(crate) client: Client,
    /// Where results go.
    pub(crate) printer: Printer,
    /// In which form.
    pub(crate) output: Output,
}

impl Context {
    fn find(global: &Global) -> Result<Self> {
        let connection = Connection::find(&global.connection)?;
        Ok(Self { client: Client::new(connection)?, printer: Printer::new(), output: global.output })
    }

    /// The time of this machine: what "an hour ago" means to whoever sits here.
    #[expect(clippy::unused_self, reason = "a command asks its context for all that is not in its arguments")]
    pub(crate) fn now(&self) -> jiff::Timestamp {
        SystemClock.now()
    }

    fn print(&self, answer: &Answer) -> Result<()> {
        Ok(self.printer.line(&answer.form(self.output))?)
    }
}

/// Runs a command to its end.
pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    let Cli { command, global } = cli;
    match command {
        Command::Dev(dev) => block_on(dev.run()).map(success),
        Command::Serve(serve) => block_on(serve.run()).map(success),
        Command::Tour(tour) => block_on(tour.run()),
        Command::Backup(backup) => print(&backup.run()?, global.output),
        Command::Doctor(doctor) => doctor.run(global.output),
        Command::Openapi => print_text(&format!("{:#}", crate::compose::openapi()?)),
        Command::HelpMarkdown => print_text(&help::markdown()),
        Command::ErrorsMarkdown => print_text(&convoke_api::error_code::errors_reference()),
        Command::Bench(bench) => bench.run().map(success),
        remote @ (Command::Function(_)
        | Command::Conversation(_)
        | Command::Consumer(_)
        | Command::Account(_)
        | Command::Bot(_)
        | Command::Skill(_)
        | Command::Message(_)
        | Command::Clock(_)
        | Command::Events(_)
        | Command::Invoke(_)
        | Command::Logs(_)
        | Command::Metrics(_)
        | Command::Schedule(_)) => block_on(ask(remote, &global)),
    }
}

/// Runs a command that asks a server.
async fn ask(command: Command, global: &Global) -> Result<ExitCode> {
    // Copying a template needs no server.
    if let Command::Function(function::Function::New(new)) = &command {
        return print(&new.run()?, global.output);
    }
    let context = Context::find(global)?;
    let answer = match command {
        Command::Function(function) => return Box::pin(function.run(&context)).await,
        Command::Conversation(conversation) => return Box::pin(conversation.run(&context)).await,
        Command::Consumer(consumer) => consumer.run(&context).await?,
        Command::Account(account) => account.run(&context).await?,
        Command::Bot(bot) => bot.run(&context).await?,
        Command::Skill(skill) => skill.run(&context).await?,
        Command::Message(message) => message.run(&context).await?,
        Command::Clock(clock) => clock.run(&context).await?,
        Command::Events(events) => events.run(&context).await?,
        Command::Invoke(invoke) => return Box::pin(invoke.run(&context)).await,
        Command::Logs(logs) => return Box::pin(logs.run(&context)).await,
        Command::Metrics(metrics) => metrics.run(&context).await?,
        Command::Schedule(schedule) => schedule.run(&context).await?,
        Command::Dev(_)
        | Command::Serve(_)
        | Command::Tour(_)
        | Command::Backup(_)
        | Command::Doctor(_)
        | Command::Openapi
        | Command::HelpMarkdown
        | Command::ErrorsMarkdown
        | Command::Bench(_) => unreachable!("these ask no server"),
    };
    context.print(&answer)?;
    Ok(ExitCode::SUCCESS)
}

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("cannot start the runtime")?.block_on(future)
}

fn print(answer: &Answer, output: Output) -> Result<ExitCode> {
    print_text(&answer.form(output))
}

fn print_text(text: &str) -> Result<ExitCode> {
    Printer::new().line(text)?;
    Ok(ExitCode::SUCCESS)
}

fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}
