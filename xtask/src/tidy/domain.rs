//! The core stays pure: no third party but a short list, nothing asynchronous, raw UUIDs only where ids are made.

use crate::graph::Kind;
use crate::tidy::{Finding, Project};

const THIRD_PARTY: [&str; 5] = ["jiff", "serde", "serde_json", "thiserror", "uuid"];
const FOLDER: &str = "crates/convoke-domain/src/";
const IDS: &str = "crates/convoke-domain/src/id.rs";

/// One finding per dependency, `async` and `Uuid` too many.
pub(super) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    let domain = project.graph.members().filter(|package| package.name == "convoke-domain");
    for package in domain {
        for dependency in &package.dependencies {
            let ours = project.graph.is_member(&dependency.name);
            let listed = THIRD_PARTY.contains(&dependency.name.as_str());
            if dependency.kind != Kind::Dev && !ours && !listed {
                findings.push(Finding::new(
                    &package.manifest,
                    1,
                    format!("the domain depends on `{}`", dependency.name),
                    format!("do without; the domain uses only {}", THIRD_PARTY.join(", ")),
                ));
            }
        }
    }
    for source in project.tree.sources.iter().filter(|source| source.path.starts_with(FOLDER)) {
        for offset in source.words("async").chain(source.words("await")) {
            findings.push(Finding::at(
                source,
                offset,
                "the domain does something asynchronous",
                "return an effect and let the engine perform it",
            ));
        }
        for offset in source.words("Uuid").filter(|_| source.path != IDS) {
            findings.push(Finding::at(source, offset, "a raw `Uuid`", "use or add an id type in id.rs"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, seed::member};
    use crate::tree::Tree;

    fn findings(dependencies: &[(&str, Kind)], files: &[(&str, &str)]) -> Vec<String> {
        let graph = Graph { packages: vec![member("convoke-domain", None, dependencies)] };
        let tree = Tree::of(files);
        check(&Project { tree, graph }).into_iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn a_new_third_party_dependency_is_found() {
        let found =
            findings(&[("serde", Kind::Normal), ("tokio", Kind::Normal), ("proptest", Kind::Dev)], &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`tokio`"), "{found:?}");
    }

    #[test]
    fn async_and_raw_uuids_are_found() {
        let found = findings(
            &[],
            &[
                ("crates/convoke-domain/src/a.rs", "async fn a() {}\nfn b(id: Uuid) {}\n"),
                ("crates/convoke-domain/src/id.rs", "struct A(Uuid);\n"),
                ("crates/convoke-engine/src/b.rs", "async fn a() {}\n"),
            ],
        );
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("crates/convoke-domain/src/a.rs:1:"), "{found:?}");
        assert!(found[1].starts_with("crates/convoke-domain/src/a.rs:2:"), "{found:?}");
    }
}
