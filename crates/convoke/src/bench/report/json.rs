//! The report for programs: every figure by its full name, with how it is measured and what is expected of it.

use serde_json::{Map, Value, json};

use super::{Bound, Figure, Report, Spread, expected};

/// The whole report.
pub(super) fn of(report: &Report) -> Value {
    let machine = &report.machine;
    let how: Map<String, Value> =
        report.answers.keys().map(|question| (question.name(), question.how().into())).collect();
    let figures: Map<String, Value> = report
        .figures()
        .map(|(name, spread, figure)| (name.clone(), figure_of(&name, spread, figure)))
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "optimised": !cfg!(debug_assertions),
        "machine": {
            "processors": machine.processors,
            "model": machine.model,
            "kernel": machine.kernel,
            "load_before": machine.load_before,
        },
        "rounds": report.rounds,
        "quick": report.quick,
        "how": how,
        "figures": figures,
    })
}

fn figure_of(name: &str, spread: Spread, figure: &Figure) -> Value {
    let mut value = json!({
        "median": spread.median, "min": spread.low, "max": spread.high, "values": figure.values,
    });
    if let Some(expected) = expected(name) {
        value["expected"] = match expected.bound {
            Bound::AtMost(most) => json!({ "at_most": most, "why": expected.why }),
            Bound::AtLeast(least) => json!({ "at_least": least, "why": expected.why }),
        };
        value["mark"] = expected.mark(spread.median).word().into();
    }
    value
}
