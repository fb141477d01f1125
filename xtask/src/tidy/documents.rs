//! The documents a newcomer reads first stay short enough to be read.

use crate::tidy::{Finding, Report};
use crate::tree::Tree;

/// Lines that one sitting takes in.
const LIMITS: [(&str, usize); 3] = [("README.md", 150), ("ARCHITECTURE.md", 200), ("STYLE.md", 200)];

/// One finding per document that is too long.
pub(super) fn check(tree: &Tree) -> Report {
    let mut report = Report::default();
    for (path, limit) in LIMITS {
        let Some(text) = tree.text(path) else {
            report.skipped.push(format!("no {path} yet"));
            continue;
        };
        let lines = text.lines().count();
        if lines > limit {
            let wrong = format!("{lines} lines, {limit} is the limit");
            report.findings.push(Finding::new(path, limit + 1, wrong, "move detail into docs/"));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_document_is_found_and_a_missing_one_is_named() {
        let tree = Tree::of(&[("README.md", &"x\n".repeat(151)), ("STYLE.md", &"x\n".repeat(200))]);
        let report = check(&tree);
        assert_eq!(report.findings.len(), 1);
        assert_eq!(report.findings[0].path, "README.md");
        assert_eq!(report.skipped, ["no ARCHITECTURE.md yet"]);
    }
}
