//! `convoke bench`: what this machine does with Convoke. One file per question; [`question`] lists them, [`expected`] says
//! what we hold ourselves to, the guide `docs/guides/benchmarks.md` how to read the figures.
//!
//! Every question is asked several times, in rounds over all of them, so that a disturbance of the machine does not hit
//! one question alone. Shown is the median of the rounds, with the lowest and the highest.

#![expect(
    clippy::cast_precision_loss,
    reason = "figures are for people; a double counts further than any of them"
)]

mod center;
mod children;
mod churn;
mod closed_loop;
mod cpu;
mod deploy;
mod expected;
mod fan_out;
mod fleet;
mod fresh;
mod functions;
mod open_loop;
mod question;
mod recovery;
mod report;
mod rig;
mod size;
mod sockets;
mod start;
mod steps;
mod store;
mod throughput;
mod transport;
mod turns;
mod waiting;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::render::{Printer, note};
use children::Part;
use question::Question;
use report::Report;
use rig::{Rig, Scale};

/// Measures this machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke bench
  convoke bench --only closed-loop --only steps
  convoke bench --quick --json /tmp/figures.json

Close other programs first: they would be measured too. Build with --release, or the figures mean nothing.")]
pub(crate) struct Bench {
    /// Ask only this; may be given more than once
    #[arg(long, value_enum, value_name = "NAME")]
    only: Vec<Question>,
    /// One round with a tenth of the work, for a look
    #[arg(long)]
    quick: bool,
    /// How often each question is asked [default: 3, or 1 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: Option<u32>,
    /// Where to write the figures as JSON
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    json: PathBuf,
    /// Where to keep data while measuring: the disk that this is on is measured too
    #[arg(long, value_name = "DIR", default_value = "target")]
    scratch: PathBuf,
    /// What a process that this command started itself has to do
    #[command(flatten)]
    part: Part,
}

impl Bench {
    /// Asks the questions and says what came of it.
    pub(crate) fn run(self) -> Result<()> {
        if let Some(answer) = self.part.run()? {
            return Ok(Printer::new().line(&answer)?);
        }
        let questions = Question::chosen(&self.only);
        let rounds = self.rounds.unwrap_or(if self.quick { 1 } else { 3 });
        let mut report = Report::new(rounds, self.quick)?;
        let mut rig = Rig::new(&self.scratch, Scale { quick: self.quick })?;
        let mut failed = 0;
        for round in 1..=rounds {
            for &question in &questions {
                note(&format!("round {round} of {rounds}: {}", question.name()));
                // What others have written before is on the disk then, and is not flushed while this one is measured.
                rustix::fs::sync();
                // One that fails takes nothing from the others, which have taken minutes.
                match question.ask(&mut rig) {
                    Ok(figures) => report.add(question, figures),
                    Err(error) => {
                        failed += 1;
                        note(&format!("no answer to {}: {error:#}", question.name()));
                    }
                }
            }
        }
        rig.close();
        report.write(&self.json)?;
        Printer::new().line(&report.text(Printer::new().style))?;
        note(&format!("written to {}", self.json.display()));
        ensure!(failed == 0, "{failed} times a question had no answer; see above");
        Ok(())
    }
}
