//! The figures: gathered over the rounds, held against what is expected, shown to people and written for programs.

mod json;
mod text;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::expected::{Bound, Expected, expected};
use super::question::Question;
use crate::render::Style;

/// The figures of one answer; the unit ends each name.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<(String, f64)>);

impl Figures {
    /// Adds a figure.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: f64) {
        self.0.push((name.into(), value));
    }
}

/// All that was measured.
pub(crate) struct Report {
    machine: Machine,
    rounds: u32,
    quick: bool,
    answers: BTreeMap<Question, Vec<Figure>>,
}

/// One figure over all rounds.
struct Figure {
    name: String,
    values: Vec<f64>,
}

/// Median, lowest and highest of some values.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    median: f64,
    low: f64,
    high: f64,
}

/// What it was measured on.
#[derive(Debug)]
struct Machine {
    processors: usize,
    model: String,
    kernel: String,
    /// Processes that wanted to run in the last minute: 0 on a quiet machine.
    load_before: f64,
}

/// How a figure compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// As expected, or better.
    Met,
    /// Not as expected.
    Missed,
}

impl Report {
    /// An empty one, with what is known of the machine before.
    pub(crate) fn new(rounds: u32, quick: bool) -> Result<Self> {
        Ok(Self { machine: Machine::this()?, rounds, quick, answers: BTreeMap::new() })
    }

    /// Adds one round's answer.
    pub(crate) fn add(&mut self, question: Question, figures: Figures) {
        let answer = self.answers.entry(question).or_default();
        for (name, value) in figures.0 {
            match answer.iter_mut().find(|figure| figure.name == name) {
                Some(figure) => figure.values.push(value),
                None => answer.push(Figure { name, values: vec![value] }),
            }
        }
    }

    /// Writes it for programs.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        let text = format!("{:#}\n", json::of(self));
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// For people.
    pub(crate) fn text(&self, style: Style) -> String {
        text::of(self, style)
    }

    /// Every figure with its full name.
    fn figures(&self) -> impl Iterator<Item = (String, Spread, &Figure)> {
        self.answers.iter().flat_map(|(question, answer)| {
            answer.iter().map(move |figure| (full_name(*question, figure), figure.spread(), figure))
        })
    }
}

/// As it stands in the file, and in the table of what is expected.
fn full_name(question: Question, figure: &Figure) -> String {
    format!("{}.{}", question.name(), figure.name)
}

impl Figure {
    fn spread(&self) -> Spread {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Spread { median: at(values.len() / 2), low: at(0), high: at(values.len().saturating_sub(1)) }
    }
}

impl Expected {
    fn mark(&self, median: f64) -> Mark {
        let met = match self.bound {
            Bound::AtMost(most) => median <= most,
            Bound::AtLeast(least) => median >= least,
        };
        if met { Mark::Met } else { Mark::Missed }
    }
}

impl Mark {
    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
        }
    }
}

impl Machine {
    fn this() -> Result<Self> {
        let read = |path: &str| std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"));
        let processor = read("/proc/cpuinfo")?;
        let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = read("/proc/loadavg")?;
        Ok(Self {
            processors: std::thread::available_parallelism()?.get(),
            model: model.map_or("unknown", |(_, model)| model).to_owned(),
            kernel: read("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            load_before: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN),
        })
    }
}

/// The value below which `part` percent of the sorted times lie.
pub(crate) fn percentile(sorted: &[Duration], part: usize) -> Duration {
    sorted.get(sorted.len() * part / 100).or(sorted.last()).copied().unwrap_or_default()
}

pub(crate) fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rounds: &[f64]) -> Report {
        let machine = Machine {
            processors: 2,
            model: "A processor".to_owned(),
            kernel: "6.1".to_owned(),
            load_before: 0.1,
        };
        let mut report = Report { machine, rounds: 3, quick: false, answers: BTreeMap::new() };
        for &value in rounds {
            let mut figures = Figures::default();
            figures.set("trivial_v1_p50_us", value);
            figures.set("transcript_v1_cpu_p50_us", value);
            report.add(Question::Fresh, figures);
        }
        report
    }

    #[test]
    fn the_median_of_the_rounds_is_held_against_what_is_expected() {
        let json = json::of(&report(&[39.0, 100.0, 38.0]));
        let figure = &json["figures"]["fresh.trivial_v1_p50_us"];
        assert_eq!(
            (&figure["median"], &figure["min"], &figure["max"]),
            (&39.0.into(), &38.0.into(), &100.0.into())
        );
        assert_eq!((&figure["expected"]["at_most"], &figure["mark"]), (&40.0.into(), &"met".into()));
        assert_eq!(figure["values"].as_array().unwrap().len(), 3);
        let missed = json::of(&report(&[41.0]));
        assert_eq!(missed["figures"]["fresh.trivial_v1_p50_us"]["mark"], "missed");
    }

    #[test]
    fn people_read_the_mark_beside_the_figure_and_what_was_missed_at_the_end() {
        let text = report(&[41.0, 42.0, 43.0]).text(Style { colour: false });
        let line = text.lines().find(|line| line.contains("trivial_v1_p50_us")).unwrap();
        assert!(line.contains("42.0") && line.contains("41.0 – 43.0") && line.contains("missed"), "{line}");
        assert!(text.contains("0 of 1 expectations met"), "{text}");
        assert!(text.lines().last().unwrap().contains("fresh.trivial_v1_p50_us"), "{text}");
    }

    #[test]
    fn a_figure_that_nothing_is_expected_of_has_no_mark() {
        let json = json::of(&report(&[1.0]));
        assert!(json["figures"]["fresh.transcript_v1_cpu_p50_us"].get("mark").is_none());
    }

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(51));
        assert_eq!(percentile(&times, 99), Duration::from_millis(100));
        assert_eq!(
            (percentile(&times, 100), percentile(&[], 50)),
            (Duration::from_millis(100), Duration::ZERO)
        );
    }
}
