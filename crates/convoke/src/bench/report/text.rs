//! The report for people: per question how it is measured, then a line per figure, and at the end what was missed.

use std::fmt::Write as _;

use super::{Bound, Mark, Report, Spread, expected, full_name};
use crate::render::Style;

/// Width of a line of prose.
const PROSE_COLUMNS: usize = 100;

/// The whole report.
pub(super) fn of(report: &Report, style: Style) -> String {
    let mut text = heading(report, style);
    for (question, answer) in &report.answers {
        let _ = write!(text, "\n{}\n{}\n", style.bold(&question.name()), style.dim(&folded(question.how())));
        let name_width = answer.iter().map(|figure| figure.name.len()).max().unwrap_or(0);
        for figure in answer {
            let spread = figure.spread();
            let compared = compared(&full_name(*question, figure), spread, style);
            let range = format!("[{} – {}]", short(spread.low), short(spread.high));
            let line = format!(
                "  {:<name_width$} {:>10}  {range:<23} {compared}",
                figure.name,
                short(spread.median)
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text.push_str(&summary(report, style));
    text
}

fn heading(report: &Report, style: Style) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{} processors, {}, Linux {}; load {} before the first round. Median of {} [lowest – highest].\n",
        machine.processors, machine.model, machine.kernel, machine.load_before, report.rounds
    );
    if cfg!(debug_assertions) {
        text.push_str(
            &style.yellow("This is a build for developing, without optimisation: measure a release build.\n"),
        );
    }
    if report.quick {
        text.push_str(&style.yellow("A tenth of the work: good for a look, not for comparing.\n"));
    }
    text
}

fn compared(name: &str, spread: Spread, style: Style) -> String {
    let Some(expected) = expected(name) else { return String::new() };
    let bound = match expected.bound {
        Bound::AtMost(most) => format!("≤ {}", short(most)),
        Bound::AtLeast(least) => format!("≥ {}", short(least)),
    };
    let mark = expected.mark(spread.median);
    let word = match mark {
        Mark::Met => style.green(mark.word()),
        Mark::Missed => style.red(mark.word()),
    };
    format!("{bound:<10} {word}")
}

fn summary(report: &Report, style: Style) -> String {
    let mut held = 0;
    let mut missed = String::new();
    for (name, spread, _) in report.figures() {
        let Some(expected) = expected(&name) else { continue };
        held += 1;
        if expected.mark(spread.median) == Mark::Missed {
            let (median, why) = (short(spread.median), expected.why);
            let _ = writeln!(missed, "  {} {name} is {median}. Expected: {why}", style.red("missed"));
        }
    }
    let met = held - missed.lines().count();
    format!("\n{met} of {held} expectations met.\n{missed}")
}

/// Four figures are enough for people.
fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 10_000.0 => {
            let whole = format!("{value:.0}");
            let cut = whole.len() - 3;
            format!("{},{}", &whole[..cut], &whole[cut..])
        }
        large if large >= 1_000.0 => format!("{value:.0}"),
        large if large >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn folded(prose: &str) -> String {
    let mut lines = vec![String::new()];
    for word in prose.split_whitespace() {
        let line = lines.last_mut().expect("there is always a last line");
        if line.len() + word.len() >= PROSE_COLUMNS {
            lines.push(word.to_owned());
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.join("\n")
}
