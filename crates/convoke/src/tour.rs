//! The tour: a small shop's day, in which each of the eight events fires for real.
//!
//! Real sockets, real storage in a temporary directory, the real sandbox; only the clock is moved. Every scene acts through
//! the HTTP API as its people would, prints what was recorded, and checks it.

mod scenes;
mod shop;
mod stage;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::render::Printer;
use stage::Stage;

/// Plays all scenes; the exit code says whether everything happened that should.
pub(crate) async fn run(printer: Printer) -> Result<ExitCode> {
    let began = Instant::now();
    let dir = tempfile::tempdir().context("cannot make a temporary directory")?;
    let mut stage = Stage::open(dir.path(), printer).await?;
    let played = Box::pin(scenes::play(&mut stage)).await;
    let (checks, missed) = stage.close().await;
    played?;
    let style = printer.style;
    let seconds = began.elapsed().as_secs_f64();
    let end = if missed == 0 {
        style.green(&format!("All eight events fired; {checks} checks held, in {seconds:.1} s."))
    } else {
        style.red(&format!("{missed} of {checks} checks did not hold."))
    };
    printer.line(&format!("\n{}\n{} passed, {missed} failed", style.bold(&end), checks - missed))?;
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
