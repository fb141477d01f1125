//! Every Rust file opens with `//!`: what it is, what it promises, what it leaves out.

use crate::tidy::Finding;
use crate::tree::Tree;

/// One finding per file that starts with anything else, or whose opening says nothing.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let opens = |text: &str| {
        let first = text.lines().next().unwrap_or_default();
        first.strip_prefix("//!").is_some_and(|said| !said.trim().is_empty())
    };
    tree.sources
        .iter()
        .filter(|source| !opens(&source.text))
        .map(|source| {
            Finding::new(
                &source.path,
                1,
                "does not open with `//!`",
                "say in its first line what it is, then what it promises and leaves out",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_opening_is_found() {
        let tree = Tree::of(&[
            ("crates/x/src/good.rs", "//! A thing.\n\nfn a() {}\n"),
            ("crates/x/src/late.rs", "use a;\n//! A thing.\n"),
            ("crates/x/src/mute.rs", "//!\nfn a() {}\n"),
            ("crates/x/src/empty.rs", ""),
        ]);
        let paths: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["crates/x/src/empty.rs", "crates/x/src/late.rs", "crates/x/src/mute.rs"]);
    }
}
