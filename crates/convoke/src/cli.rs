//! The command line: every command, its flags and examples. What they do is in [`crate::cmd`].

use clap::{Args, Parser, Subcommand};

use crate::cmd;
use crate::connection::ConnectionArgs;
use crate::render::Output;

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong.

Commands find their server by the nearest .convoke folder of a `convoke dev`, or by CONVOKE_URL and CONVOKE_TOKEN.
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
    /// Write, test and deploy functions
    #[command(subcommand)]
    Function(cmd::function::Function),
    /// Take part in conversations, and see what happened in them
    #[command(subcommand)]
    Conversation(cmd::conversation::Conversation),
    /// Forget consumers
    #[command(subcommand)]
    Consumer(cmd::consumer::Consumer),
    /// Make and see accounts
    #[command(subcommand)]
    Account(cmd::account::Account),
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
    Events(cmd::events::Events),
    /// Copy a data directory while its server runs
    Backup(cmd::backup::Backup),
    /// Check a data directory without changing it
    Doctor(cmd::doctor::Doctor),
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
}
