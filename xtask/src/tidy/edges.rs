//! Which of our crates may depend on which, so that the longest chain stays five and the core stays alone.
//!
//! Also: `anyhow` only where errors end (the binary, automation, tests), because a library's errors are types.

use crate::graph::{Graph, Kind, Package};
use crate::tidy::Finding;

/// What the code of each crate may use. `None`: a crate that this table does not know yet.
fn allowed(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "convoke-domain" => &[],
        "convoke-api" | "convoke-store" | "convoke-sandbox" => &["convoke-domain"],
        "convoke-engine" => &["convoke-domain", "convoke-api", "convoke-store", "convoke-sandbox"],
        "convoke-server" => &["convoke-domain", "convoke-api", "convoke-engine"],
        "convoke" => &[
            "convoke-domain",
            "convoke-api",
            "convoke-store",
            "convoke-sandbox",
            "convoke-engine",
            "convoke-server",
        ],
        // One crate per shared storage engine, each behind the store's trait.
        name if name.starts_with("convoke-store-") => &["convoke-domain", "convoke-store"],
        _ => return None,
    })
}

/// Tests and automation may use anything, and nothing may use them.
fn is_outside(package: &Package) -> bool {
    package.manifest.starts_with("tests/") || package.name == "xtask"
}

/// One finding per edge that goes the wrong way.
pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in graph.members() {
        if is_outside(package) {
            continue;
        }
        if allowed(&package.name).is_none() {
            findings.push(Finding::new(
                &package.manifest,
                1,
                format!("`{}` is not in the table of crates", package.name),
                "say in xtask/src/tidy/edges.rs what it may depend on",
            ));
            continue;
        }
        for dependency in &package.dependencies {
            if let Some((wrong, remedy)) = breach(graph, package, &dependency.name, dependency.kind) {
                findings.push(Finding::new(&package.manifest, 1, wrong, remedy));
            }
        }
    }
    findings
}

fn breach(graph: &Graph, package: &Package, to: &str, kind: Kind) -> Option<(String, String)> {
    let name = &package.name;
    if to == "anyhow" && kind != Kind::Dev && name != "convoke" {
        return Some((
            format!("`{name}` depends on `anyhow`"),
            "give each operation an error type of its own with `thiserror`".to_owned(),
        ));
    }
    let target = graph.members().find(|member| member.name == to)?;
    let fits = if kind == Kind::Dev {
        // A library's tests may use another library, never what stands outside or on top of all of them.
        name != "convoke-domain" && !is_outside(target) && to != "convoke"
    } else {
        allowed(name).is_some_and(|list| list.contains(&to))
    };
    (!fits).then(|| {
        (
            format!("`{name}` depends on `{to}`"),
            "turn the dependency around, or pass the concrete part in from `convoke`".to_owned(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::seed::member;

    fn findings(packages: Vec<Package>) -> Vec<String> {
        check(&Graph { packages }).into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn an_edge_to_the_right_is_found() {
        let packages = vec![
            member("convoke-domain", None, &[]),
            member(
                "convoke-store",
                None,
                &[("convoke-domain", Kind::Normal), ("convoke-engine", Kind::Normal)],
            ),
            member("convoke-engine", None, &[("convoke-store", Kind::Build)]),
        ];
        assert_eq!(findings(packages), ["`convoke-store` depends on `convoke-engine`"]);
    }

    #[test]
    fn the_domain_has_no_edge_not_even_for_its_tests() {
        let packages = vec![
            member("convoke-domain", None, &[("convoke-api", Kind::Dev)]),
            member("convoke-api", None, &[("convoke-domain", Kind::Normal)]),
        ];
        assert_eq!(findings(packages), ["`convoke-domain` depends on `convoke-api`"]);
    }

    #[test]
    fn nothing_depends_on_tests_or_automation() {
        let packages = vec![
            member("convoke-sim", Some("tests/convoke-sim/Cargo.toml"), &[("anyhow", Kind::Normal)]),
            member("xtask", Some("xtask/Cargo.toml"), &[("convoke-sim", Kind::Normal)]),
            member("convoke-server", None, &[("convoke-sim", Kind::Dev), ("xtask", Kind::Build)]),
        ];
        assert_eq!(
            findings(packages),
            ["`convoke-server` depends on `convoke-sim`", "`convoke-server` depends on `xtask`"]
        );
    }

    #[test]
    fn a_library_may_not_lean_on_anyhow_but_its_tests_may() {
        let packages = vec![
            member("convoke-api", None, &[("anyhow", Kind::Normal)]),
            member("convoke-store", None, &[("anyhow", Kind::Dev)]),
            member("convoke", None, &[("anyhow", Kind::Normal)]),
        ];
        assert_eq!(findings(packages), ["`convoke-api` depends on `anyhow`"]);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(
            findings(vec![member("convoke-new", None, &[])]),
            ["`convoke-new` is not in the table of crates"]
        );
    }
}
