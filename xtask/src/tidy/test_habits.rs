//! Tests move the clock instead of waiting for it, and none is switched off without saying why.

use crate::source::Source;
use crate::tidy::Finding;
use crate::tree::Tree;

/// The calls that wait for a clock, whoever's they are.
const WAITS: [&str; 3] = ["sleep", "sleep_ms", "sleep_until"];

/// One finding per waiting call in tests and per test ignored without a reason.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        for word in WAITS {
            findings.extend(
                source.words(word).filter(|at| source.in_test(*at) && is_call(source, *at, word)).map(|at| {
                    Finding::at(source, at, "a test sleeps", "move the clock, or wait for the thing itself")
                }),
            );
        }
        findings.extend(source.words("ignore").filter(|at| ignored_without_reason(source, *at)).map(|at| {
            Finding::at(
                source,
                at,
                "a test is ignored without a reason",
                "write `#[ignore = \"why, and until when\"]`",
            )
        }));
    }
    findings
}

/// Whether the word is called here, not defined here.
fn is_call(source: &Source, at: usize, word: &str) -> bool {
    let defined = source.code[..at].trim_end().ends_with("fn");
    source.after(at + word.len()).starts_with('(') && !defined
}

fn ignored_without_reason(source: &Source, at: usize) -> bool {
    let before = source.code[..at].trim_end();
    let after = source.after(at + "ignore".len());
    // `#[ignore]` and `#[cfg_attr(…, ignore)]`, with nothing or an empty text behind them.
    let attribute = before.ends_with("#[") || (before.ends_with(',') && before.contains("#[cfg_attr("));
    let bare = after.starts_with([']', ')']);
    let reason =
        source.literals.iter().find(|literal| literal.offset > at).map_or("", |literal| literal.text.trim());
    attribute && (bare || (after.starts_with('=') && reason.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_sleeping_test_is_found() {
        let text = "fn a() { sleep(1); }\n#[cfg(test)]\nmod tests {\n    fn b() { thread::sleep(x); }\n}\n";
        assert_eq!(lines("crates/x/src/a.rs", text), [4]);
        assert_eq!(
            lines("crates/x/tests/a.rs", "fn a() {\n    tokio::time::sleep_until (x).await;\n}\n"),
            [2]
        );
    }

    #[test]
    fn code_that_ships_may_wait_and_a_moved_clock_may_define_it() {
        assert_eq!(lines("crates/x/src/a.rs", "fn a() { sleep(1); }\n"), [0_usize; 0]);
        assert_eq!(lines("crates/x/tests/a.rs", "fn sleep(x: u8) {} // sleep(\n"), [0_usize; 0]);
    }

    #[test]
    fn an_ignored_test_without_a_reason_is_found() {
        assert_eq!(lines("crates/x/src/a.rs", "#[test]\n#[ignore]\nfn a() {}\n"), [2]);
        assert_eq!(lines("crates/x/src/a.rs", "#[ignore = \" \"]\nfn a() {}\n"), [1]);
        assert_eq!(lines("crates/x/src/a.rs", "#[cfg_attr(miri, ignore)]\nfn a() {}\n"), [1]);
        assert_eq!(
            lines("crates/x/src/a.rs", "#[ignore = \"needs a second disk\"]\nfn a() {}\n"),
            [0_usize; 0]
        );
    }
}
