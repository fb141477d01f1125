//! The log: lines on standard error, for people or for machines.

use std::io::IsTerminal;

use anyhow::{Context, Result, anyhow};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Begins to write what `filter` lets through.
pub(crate) fn start(format: LogFormat, filter: &str) -> Result<()> {
    let filter: EnvFilter = filter.parse().with_context(|| format!("\"{filter}\" is no log filter"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Json => log.json().flatten_event(true).try_init(),
        LogFormat::Human => log.with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    started.map_err(|error| anyhow!(error))
}
