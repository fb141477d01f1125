//! The command line: every command, its flags and examples. What they do is in [`crate::cmd`].

use clap::{Args, Parser, Subcommand};

use crate::cmd;
use crate::connection::ConnectionArgs;
use crate::render::Output;

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.

Commands find their server by the nearest .convoke folder of a `convoke dev`, by CONVOKE_URL and CONVOKE_TOKEN, or by the \
session of `convoke login`.
Times are in UTC.";

/// Functions for messaging: conversations change, functions answer.
#[derive(Debug, Parser)]
#[command(
    name = "convoke",
    version,
    after_help = EXIT_CODES,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 120
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What every command that speaks to a server knows.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Global {
    /// How to print the result
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server with a demo account, for trying out and developing
    Dev(cmd::dev::Dev),
    /// Run the server
    Serve(cmd::serve::Serve),
    /// Show every event for real on a server of its own, and what functions make of it
    Tour(cmd::tour::Tour),
    /// Make a folder to write functions in
    Init(cmd::init::Init),
    /// Write, test and deploy functions
    #[command(subcommand)]
    Function(cmd::function::Function),
    /// See the events that functions can answer, and what they deliver
    #[command(subcommand)]
    Event(cmd::event::Event),
    /// Write TypeScript declarations of what functions receive, return and can use
    Types(cmd::types::Types),
    /// Keep what functions may know and nobody else
    #[command(subcommand)]
    Secret(cmd::secret::Secret),
    /// Choose which hosts functions may call
    #[command(subcommand)]
    Domain(cmd::domain::Domain),
    /// Log in with a name and a password; later commands use the session
    Login(cmd::login::Login),
    /// End the session of the last login
    Logout(cmd::login::Logout),
    /// Take part in conversations, and see what happened in them
    #[command(subcommand)]
    Conversation(cmd::conversation::Conversation),
    /// Forget consumers
    #[command(subcommand)]
    Consumer(cmd::consumer::Consumer),
    /// Make and see accounts
    #[command(subcommand)]
    Account(cmd::account::Account),
    /// See and define users, their roles and passwords
    #[command(subcommand)]
    User(cmd::user::User),
    /// Make and see programs that log in by client credentials (OAuth)
    #[command(subcommand)]
    Client(cmd::client::Client),
    /// Make and see keys that bots log in with
    #[command(subcommand)]
    AppKey(cmd::app_key::AppKey),
    /// Show who changed what, and what is different since
    Activity(cmd::activity::Activity),
    /// Switch the Controller Bot, which lets functions act
    #[command(subcommand)]
    Bot(cmd::bot::Bot),
    /// See and define skills
    #[command(subcommand)]
    Skill(cmd::skill::Skill),
    /// See and set automatic messages
    #[command(subcommand)]
    Message(cmd::message::Message),
    /// See and move the clock of a test server
    #[command(subcommand)]
    Clock(cmd::clock::Clock),
    /// List the events that functions can answer
    #[command(hide = true)]
    Events(cmd::event::Listed),
    /// Call deployed functions
    Invoke(cmd::invoke::Invoke),
    /// See what a run of a function was, and what it ran on
    #[command(subcommand)]
    Invocation(cmd::invocation::Invocation),
    /// See what functions logged
    Logs(cmd::logs::Logs),
    /// See how often functions ran, how that came out, and how long it took
    Metrics(cmd::metrics::Metrics),
    /// Let functions run by the clock
    #[command(subcommand)]
    Schedule(cmd::schedule::Schedule),
    /// Tell other systems what happens in conversations
    #[command(subcommand)]
    Webhook(cmd::webhook::Webhook),
    /// Copy a data directory while its server runs
    Backup(cmd::backup::Backup),
    /// Check a data directory without changing it
    Doctor(cmd::doctor::Doctor),
    /// Print what the shell completes
    Completion(cmd::completion::Completion),
    /// Print the description of the HTTP API
    Openapi,
    /// Print this help as one page of Markdown
    HelpMarkdown,
    /// Print what each error code means as one page of Markdown
    ErrorsMarkdown,
    /// Measure this machine and hold the figures against what is expected
    Bench(crate::bench::Bench),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_prints_json_when_asked() {
        fn leaves(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            for inner in command.get_subcommands() {
                leaves(inner, &path);
            }
            let takes = command.get_arguments().any(|argument| argument.get_long() == Some("output"));
            assert!(takes || command.has_subcommands(), "{path} takes no --output");
        }
        let mut cli = Cli::command();
        cli.build();
        cli.get_subcommands()
            .filter(|command| command.get_name() != "help")
            .for_each(|command| leaves(command, ""));
    }
}
