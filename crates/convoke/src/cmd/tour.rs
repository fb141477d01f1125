//! `convoke tour`: every event for real.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::config::LogFormat;
use crate::logging;
use crate::render::Printer;

/// Shows every event for real.
#[derive(Debug, Args)]
#[command(after_help = "\
Starts a server on a temporary directory, with real sockets, real storage and the real sandbox, and a clock that can be \
moved. Exits with 1 if anything expected did not happen.")]
pub(crate) struct Tour {
    /// What to log, for instance `info,convoke_engine=debug`
    #[arg(long, env = "CONVOKE_LOG", default_value = "error", value_name = "FILTER")]
    log: String,
}

impl Tour {
    /// Runs all scenes.
    pub(crate) async fn run(self) -> Result<ExitCode> {
        logging::start(LogFormat::Human, &self.log)?;
        crate::tour::run(Printer::new()).await
    }
}
