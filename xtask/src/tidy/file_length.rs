//! A file answers one question: at most 600 lines, its `#[cfg(test)]` part not counted.

use crate::tidy::Finding;
use crate::tree::Tree;

/// Longer files, in every project we measured, hold more than one thing. Lines.
const LINES_MAX: usize = 600;

/// One finding per file that is too long.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let long = tree.sources.iter().filter(|source| source.lines_without_tests() > LINES_MAX);
    long.map(|source| {
        let lines = source.lines_without_tests();
        let wrong = format!("{lines} lines without tests, {LINES_MAX} is the limit");
        Finding::new(&source.path, 1, wrong, "split it by the questions it answers")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_code_and_not_tests() {
        let code = "fn a() {}\n".repeat(LINES_MAX);
        let tests = format!("{code}#[cfg(test)]\nmod tests {{\n{code}}}\n");
        let tree = Tree::of(&[
            ("crates/x/src/long.rs", &format!("{code}fn b() {{}}\n")),
            ("crates/x/src/tested.rs", &tests),
            ("crates/x/src/tests.rs", &format!("{code}{code}")),
            ("crates/x/tests/long.rs", &format!("{code}{code}")),
        ]);
        let paths: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["crates/x/src/long.rs", "crates/x/tests/long.rs"]);
    }
}
