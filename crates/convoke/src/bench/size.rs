//! How large the program is.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::report::Figures;
use super::rig::Rig;

pub(crate) fn ask(rig: &mut Rig) -> Result<Figures> {
    let program = std::env::current_exe()?;
    let mut figures = Figures::default();
    figures.set("as_built_mib", mebibytes(&program)?);
    let dir = rig.scratch()?;
    let stripped = dir.path().join("stripped");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&program).stderr(Stdio::null()).status();
    // Not every machine has it; then there is one figure less.
    if strip.is_ok_and(|status| status.success()) {
        figures.set("stripped_mib", mebibytes(&stripped)?);
    }
    Ok(figures)
}

fn mebibytes(file: &Path) -> Result<f64> {
    let size = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    Ok(size as f64 / f64::from(1 << 20))
}
