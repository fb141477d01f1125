//! The figures: medians with spread, printed for people and written for programs.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// Named numbers of one round.
pub(crate) type Figures = BTreeMap<&'static str, f64>;

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Map<String, Value>,
    rounds: BTreeMap<&'static str, Vec<Figures>>,
    single: BTreeMap<String, f64>,
}

impl Report {
    /// Adds the figures of another part, as `NAME=FILE`.
    pub(crate) fn merge(&mut self, part: &str) -> Result<()> {
        let (name, file) = part.split_once('=').context("write --with NAME=FILE")?;
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
        self.parts
            .insert(name.to_owned(), serde_json::from_str(&text).with_context(|| format!("reading {file}"))?);
        Ok(())
    }

    /// Adds one round of a measurement that is repeated.
    pub(crate) fn add(&mut self, name: &'static str, figures: Figures) {
        self.rounds.entry(name).or_default().push(figures);
    }

    /// Sets a figure that is measured once.
    pub(crate) fn set(&mut self, name: &str, figure: f64) {
        self.single.insert(name.to_owned(), figure);
    }

    /// Sets figures that are measured once.
    pub(crate) fn set_all(&mut self, name: &str, figures: Figures) {
        for (figure, value) in figures {
            self.set(&format!("{name}.{figure}"), value);
        }
    }

    /// Notes how large this program is.
    pub(crate) fn binary_size(&mut self, binary: &Path) -> Result<()> {
        self.set("binary_mib", std::fs::metadata(binary)?.len() as f64 / f64::from(1 << 20));
        Ok(())
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let mut all = self.parts.clone();
        all.insert("engine".to_owned(), self.engine());
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
    pub(crate) fn print(&self) {
        for (part, figures) in &self.parts {
            println!("\n{part}\n{}", serde_json::to_string_pretty(figures).unwrap_or_default());
        }
        println!("\nengine (median, lowest and highest of the rounds)");
        for (name, rounds) in &self.rounds {
            for figure in rounds.first().into_iter().flat_map(BTreeMap::keys) {
                let (median, low, high) = spread(rounds, figure);
                println!("  {name:<16} {figure:<18} {median:>12.2}   [{low:.2} – {high:.2}]");
            }
        }
        for (name, figure) in &self.single {
            println!("  {name:<35} {figure:>12.2}");
        }
    }

    fn engine(&self) -> Value {
        let mut engine = Map::new();
        for (name, rounds) in &self.rounds {
            let mut figures = Map::new();
            for figure in rounds.first().into_iter().flat_map(BTreeMap::keys) {
                let (median, low, high) = spread(rounds, figure);
                figures.insert((*figure).to_owned(), json!({ "median": median, "min": low, "max": high }));
            }
            engine.insert((*name).to_owned(), Value::Object(figures));
        }
        for (name, figure) in &self.single {
            engine.insert(name.clone(), json!(figure));
        }
        Value::Object(engine)
    }
}

fn spread(rounds: &[Figures], figure: &str) -> (f64, f64, f64) {
    let mut values: Vec<f64> = rounds.iter().filter_map(|round| round.get(figure).copied()).collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    (at(values.len() / 2), at(0), at(values.len().saturating_sub(1)))
}

/// The value below which `part` percent of the sorted times lie.
pub(crate) fn percentile(sorted: &[Duration], part: f64) -> Duration {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into the list")]
    let index = (sorted.len() as f64 * part / 100.0) as usize;
    sorted.get(index).or(sorted.last()).copied().unwrap_or_default()
}

/// CPU time of this process, all threads.
pub(crate) fn cpu_time() -> Result<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Ok(Duration::new(u64::try_from(time.tv_sec)?, u32::try_from(time.tv_nsec)?))
}
