//! The one binary: parses the command line, runs the command, and turns the outcome into an exit code.

mod bench;
mod certificates;
mod cli;
mod client;
mod cmd;
mod compose;
mod config;
mod connection;
mod demo;
mod files;
mod folder;
mod host;
mod limits;
mod logging;
mod platform;
mod render;
mod secrets;
mod tour;
mod typed;
mod watch;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match cmd::run(cli) {
        Ok(code) => code,
        Err(error) if nobody_reads(&error) => ExitCode::SUCCESS,
        Err(error) => {
            render::failure(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether all that failed is that the reader of our output went away, as `head` does.
fn nobody_reads(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
