//! Where third-party code comes from: the package registries everybody has, pinned by lock files, nothing else.
//!
//! Crates come from cargo's default registry. Locked npm packages carry their integrity and no download address, since
//! an address would bind a clone to whichever mirror the author used.

use serde_json::Value;

use crate::tidy::{Finding, Project};

/// One finding per package from elsewhere.
pub(super) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in project.graph.third_party() {
        let source = package.source.as_deref().unwrap_or("a folder");
        let default = source.starts_with("registry+") && source.ends_with("/crates.io-index");
        if !default {
            findings.push(Finding::new(
                "Cargo.lock",
                1,
                format!("`{} {}` comes from {source}", package.name, package.version),
                "use a release from crates.io",
            ));
        }
    }
    for file in project.tree.files.iter().filter(|file| file.name() == "package-lock.json") {
        findings.extend(npm(&file.path, file.text().unwrap_or_default()));
    }
    findings
}

fn npm(path: &str, text: &str) -> Vec<Finding> {
    let Some(lock) = serde_json::from_str::<Value>(text).ok().filter(|lock| lock["packages"].is_object())
    else {
        return vec![Finding::new(
            path,
            1,
            "not an npm lock file with `packages`",
            "write it with npm 7 or newer",
        )];
    };
    let packages = lock["packages"].as_object().into_iter().flatten();
    let mut findings = Vec::new();
    for (name, package) in packages.filter(|(name, _)| !name.is_empty()) {
        // A link to a folder of this repository, listed again under its own path.
        if package["link"] == true || !name.contains("node_modules/") {
            continue;
        }
        if !package["resolved"].is_null() {
            findings.push(Finding::new(
                path,
                1,
                format!("`{name}` names a download address"),
                "put `omit-lockfile-registry-resolved=true` into the .npmrc beside it and run `npm install` again",
            ));
        }
        // What comes inside another package is under that one's integrity.
        if package["integrity"].is_null() && package["inBundle"] != true {
            findings.push(Finding::new(
                path,
                1,
                format!("`{name}` has no integrity"),
                "take it from the registry, and run `npm install` again",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, Package, seed::member};
    use crate::tree::Tree;

    fn foreign(name: &str, source: Option<&str>) -> Package {
        Package { member: false, source: source.map(str::to_owned), ..member(name, None, &[]) }
    }

    #[test]
    fn a_crate_from_git_a_folder_or_another_registry_is_found() {
        let index = "registry+https://example.org/crates.io-index";
        let packages = vec![
            foreign("good", Some(index)),
            foreign("from-git", Some("git+https://example.org/x")),
            foreign("from-folder", None),
            foreign("from-elsewhere", Some("registry+https://example.org/index")),
        ];
        let found = check(&Project { tree: Tree::of(&[]), graph: Graph { packages } });
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn an_npm_lock_with_an_address_or_without_integrity_is_found() {
        let lock = r#"{"packages": {"": {}, "tools": {},
            "node_modules/tools": {"link": true, "resolved": "tools"},
            "node_modules/a": {"version": "1.0.0", "integrity": "sha512-x"},
            "node_modules/b": {"version": "1.0.0", "integrity": "sha512-x", "resolved": "https://example.org/b.tgz"},
            "node_modules/c": {"version": "1.0.0"},
            "node_modules/a/node_modules/d": {"version": "1.0.0", "inBundle": true}}}"#;
        let tree = Tree::of(&[("guest/package-lock.json", lock), ("ui/package-lock.json", "{}")]);
        let found = check(&Project { tree, graph: Graph { packages: Vec::new() } });
        let wrong: Vec<&str> = found.iter().map(|finding| finding.wrong.as_str()).collect();
        assert_eq!(
            wrong,
            [
                "`node_modules/b` names a download address",
                "`node_modules/c` has no integrity",
                "not an npm lock file with `packages`",
            ]
        );
    }
}
