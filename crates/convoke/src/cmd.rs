//! What each command does: one file per noun.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod app_key;
pub(crate) mod backup;
pub(crate) mod bot;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod completion;
pub(crate) mod consumer;
pub(crate) mod conversation;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod domain;
pub(crate) mod event;
pub(crate) mod function;
mod help;
pub(crate) mod init;
pub(crate) mod invocation;
pub(crate) mod invoke;
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod message;
pub(crate) mod metrics;
pub(crate) mod schedule;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod skill;
pub(crate) mod tour;
pub(crate) mod types;
pub(crate) mod user;
pub(crate) mod webhook;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use convoke_api::v1::author::Author;
use convoke_engine::ports::{Clock as _, SystemClock};

use crate::cli::{Cli, Command, Global};
use crate::client::Client;
use crate::connection::Connection;
use crate::render::{Answer, Output, Printer, Style};

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
        Command::Openapi => print_text(&crate::compose::openapi()?),
        Command::HelpMarkdown => print_text(&help::markdown()),
        Command::Completion(completion) => print_text(&completion.run()?),
        Command::Init(init) => print(&init.run()?, global.output),
        Command::Types(types) => print(&types.run()?, global.output),
        Command::Login(login) => {
            block_on(login.run(&global)).and_then(|answer| print(&answer, global.output))
        }
        Command::Logout(logout) => block_on(logout.run()).and_then(|answer| print(&answer, global.output)),
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
        | Command::Secret(_)
        | Command::Domain(_)
        | Command::User(_)
        | Command::Client(_)
        | Command::AppKey(_)
        | Command::Activity(_)
        | Command::Event(_)
        | Command::Events(_)
        | Command::Invoke(_)
        | Command::Invocation(_)
        | Command::Logs(_)
        | Command::Metrics(_)
        | Command::Schedule(_)
        | Command::Webhook(_)) => block_on(ask(remote, &global)),
    }
}

/// Runs a command that asks a server.
async fn ask(command: Command, global: &Global) -> Result<ExitCode> {
    // Copying a template needs no server.
    if let Command::Function(function::Function::New(new)) = &command {
        return print(&new.run()?, global.output);
    }
    if let Command::Event(event) = &command
        && let Some(answer) = event.offline()
    {
        return print(&answer?, global.output);
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
        Command::Secret(secret) => secret.run(&context).await?,
        Command::Domain(domain) => domain.run(&context).await?,
        Command::User(user) => user.run(&context).await?,
        Command::Client(client) => client.run(&context).await?,
        Command::AppKey(key) => key.run(&context).await?,
        Command::Activity(activity) => activity.run(&context).await?,
        Command::Event(event) => event.run(&context).await?,
        Command::Events(listed) => listed.run(&context).await?,
        Command::Invoke(invoke) => return Box::pin(invoke.run(&context)).await,
        Command::Invocation(invocation) => invocation.run(&context).await?,
        Command::Logs(logs) => return Box::pin(logs.run(&context)).await,
        Command::Metrics(metrics) => metrics.run(&context).await?,
        Command::Schedule(schedule) => schedule.run(&context).await?,
        Command::Webhook(webhook) => webhook.run(&context).await?,
        Command::Dev(_)
        | Command::Serve(_)
        | Command::Tour(_)
        | Command::Backup(_)
        | Command::Doctor(_)
        | Command::Openapi
        | Command::Init(_)
        | Command::Types(_)
        | Command::Login(_)
        | Command::Logout(_)
        | Command::Completion(_)
        | Command::HelpMarkdown
        | Command::ErrorsMarkdown
        | Command::Bench(_) => unreachable!("these ask no server"),
    };
    context.print(&answer)?;
    Ok(ExitCode::SUCCESS)
}

/// Who did something, as one reads it.
fn author(author: Author) -> String {
    match author {
        Author::System => "the platform".to_owned(),
        Author::Operator => "the operator".to_owned(),
        Author::User { id } => format!("user {id}"),
        Author::Consumer { id } => format!("consumer {id}"),
        Author::Token { id } => format!("a program with {id}"),
        Author::Client { id } => format!("client {id}"),
        Author::Function { id } => format!("the function {id}"),
    }
}

/// A line of a unified diff in its colour.
fn painted(line: &str, style: Style) -> String {
    match line.as_bytes().first() {
        Some(b'+') => style.green(line),
        Some(b'-') => style.red(line),
        Some(b'@') => style.cyan(line),
        Some(_) | None => line.to_owned(),
    }
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
