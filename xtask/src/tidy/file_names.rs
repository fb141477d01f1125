//! A file is named after a thing of the glossary or a loop of the engine, never after being left over.

use crate::tidy::Finding;
use crate::tree::Tree;

const FORBIDDEN: [&str; 9] =
    ["common", "helper", "helpers", "manager", "managers", "misc", "util", "utils", "utilities"];
const CODE: [&str; 9] = ["c", "h", "js", "mjs", "rs", "sh", "svelte", "ts", "css"];

/// One finding per source file or folder of sources with such a name.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some((stem, _)) = file.path.rsplit_once('.').filter(|(_, extension)| CODE.contains(extension))
        else {
            continue;
        };
        if let Some(part) = stem.split('/').find(|part| FORBIDDEN.contains(part)) {
            let wrong = format!("`{part}` says nothing about what is inside");
            findings.push(Finding::new(
                &file.path,
                1,
                wrong,
                "name it after the thing it holds, or split it",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_left_over_name_is_found_in_files_and_folders() {
        let tree = Tree::of(&[
            ("crates/x/src/utils.rs", ""),
            ("crates/x/tests/common/mod.rs", ""),
            ("guest/src/helpers.ts", ""),
            ("crates/x/src/commons.rs", ""),
            ("docs/misc.md", ""),
        ]);
        let paths: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["crates/x/src/utils.rs", "crates/x/tests/common/mod.rs", "guest/src/helpers.ts"]);
    }
}
