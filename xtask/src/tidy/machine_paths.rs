//! No file names a place on its author's machine: it would be wrong on everybody else's.

use crate::tidy::Finding;
use crate::tree::Tree;

/// Folders at the root of a file system where only one person's things are.
const PLACES: [&str; 4] = ["home", "root", "work", "Users"];

/// One finding per line that names such a place. Bytes are searched, so binary files are covered too.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (index, line) in file.bytes.split(|byte| *byte == b'\n').enumerate() {
            if let Some(place) = PLACES.iter().find(|place| names(line, place)) {
                findings.push(Finding::new(
                    &file.path,
                    index + 1,
                    format!("names a folder under /{place} of one machine"),
                    "use a path from the root of the repository, or a temporary folder",
                ));
            }
        }
    }
    findings
}

/// Whether an absolute path starts with this folder; inside a longer path or an address it is only a name.
fn names(line: &[u8], place: &str) -> bool {
    let path = format!("/{place}/").into_bytes();
    line.windows(path.len()).enumerate().any(|(at, window)| {
        let before = at.checked_sub(1).map(|index| line[index]);
        let inside = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"._-~}])$*".contains(&byte));
        window == path && !inside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found_and_an_address_is_not() {
        let bad = ["home", "root", "work"].map(|place| format!("let a = 1;\nopen(\"/{place}/me/x\")\n"));
        let good = ["work", "home"]
            .map(|place| format!("https://example.com/{place}/x, $HOME/{place}/x, ./{place}/x\n"));
        let tree = Tree::of(&[
            ("a.rs", &bad[0]),
            ("b.md", &bad[1]),
            ("c.toml", &bad[2]),
            ("d.md", &good[0]),
            ("e.md", &good[1]),
        ]);
        let found: Vec<(String, usize)> =
            check(&tree).into_iter().map(|finding| (finding.path, finding.line)).collect();
        assert_eq!(found, [("a.rs".to_owned(), 2), ("b.md".to_owned(), 2), ("c.toml".to_owned(), 2)]);
    }
}
