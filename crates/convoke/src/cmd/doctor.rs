//! `convoke doctor`: whether a data directory is sound.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use convoke_store::sqlite::{Finding, Severity};
use serde_json::json;

use crate::connection::DEV_FOLDER;
use crate::render::{Answer, Output, Printer};

/// Checks a data directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: convoke doctor --data /var/lib/convoke

Exits with 1 if something is damaged. It may run while the server runs.")]
pub(crate) struct Doctor {
    /// The data directory
    #[arg(long, env = "CONVOKE_DATA", default_value = DEV_FOLDER, value_name = "DIR")]
    data: PathBuf,
}

impl Doctor {
    pub(crate) fn run(self, output: Output) -> Result<ExitCode> {
        let report = convoke_store::sqlite::doctor(&self.data)?;
        let finding = |finding: &Finding| {
            let damage = finding.severity == Severity::Damage;
            json!({ "damage": damage, "what": finding.what, "do_this": finding.do_this })
        };
        let json = json!({
            "sound": report.is_sound(),
            "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
            "more_findings": report.more,
            "streams": report.streams,
            "records": report.rows,
            "streams_with_unsettled_triggers": report.pending,
            "timers": report.timers,
        });
        Printer::new().line(&Answer::new(&json, report.to_string())?.form(output))?;
        Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
