//! No file is larger than 400 KB: what is big is built, generated or fetched, not kept in history for ever.

use crate::tidy::Finding;
use crate::tree::Tree;

/// Bytes.
const SIZE_MAX: usize = 400 * 1024;

/// One finding per file that is too large.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let large = tree.files.iter().filter(|file| file.bytes.len() > SIZE_MAX);
    large
        .map(|file| {
            let wrong = format!("{} KB, {} is the limit", file.bytes.len() / 1024, SIZE_MAX / 1024);
            Finding::new(&file.path, 1, wrong, "build it from sources, or make it smaller")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_found() {
        let tree = Tree::of(&[("a.bin", &"x".repeat(SIZE_MAX + 1)), ("b.bin", &"x".repeat(SIZE_MAX))]);
        let paths: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["a.bin"]);
    }
}
