//! Every package has a licence that lets us ship under Apache-2.0.
//!
//! Read from the manifests' SPDX expressions and from npm's lock files (packages that only build or test are left out
//! there); texts of licences are not read.

use serde_json::Value;

use crate::tidy::{Finding, Project};

const OURS: &str = "Apache-2.0";

/// Licences that ask for no more than attribution, or keep their terms to their own files (MPL-2.0).
const ALLOWED: [&str; 20] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "WTFPL",
    "Zlib",
    "blessing",
    "bzip2-1.0.6",
];

/// One finding per package without a licence that fits.
pub(super) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in project.graph.members().filter(|package| package.licence.as_deref() != Some(OURS)) {
        let wrong = format!("`{}` does not say that it is {OURS}", package.name);
        findings.push(Finding::new(&package.manifest, 1, wrong, "write `license.workspace = true`"));
    }
    for package in project.graph.third_party() {
        let name = format!("{} {}", package.name, package.version);
        findings.extend(judge("Cargo.lock", &name, package.licence.as_deref()));
    }
    for file in project.tree.files.iter().filter(|file| file.name() == "package-lock.json") {
        let lock: Value = serde_json::from_slice(&file.bytes).unwrap_or_default();
        for (name, package) in lock["packages"].as_object().into_iter().flatten() {
            if name.contains("node_modules/") && package["dev"] != true && package["link"] != true {
                findings.extend(judge(&file.path, name, package["license"].as_str()));
            }
        }
    }
    findings
}

fn judge(path: &str, name: &str, licence: Option<&str>) -> Option<Finding> {
    let wrong = match licence.map(permits) {
        Some(Some(true)) => return None,
        Some(Some(false)) => format!("`{name}` is under {}", licence.unwrap_or_default()),
        Some(None) => format!("`{name}` has a licence that cannot be read: {}", licence.unwrap_or_default()),
        None => format!("`{name}` names no licence"),
    };
    Some(Finding::new(
        path,
        1,
        wrong,
        "do without it, or add its licence to xtask/src/tidy/licences.rs with a reason",
    ))
}

/// Whether an SPDX expression can be met with allowed licences alone. `None`: not an expression.
fn permits(expression: &str) -> Option<bool> {
    // A slash is how manifests wrote OR before SPDX.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let verdict = any(&mut words)?;
    words.next().is_none().then_some(verdict)
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>) -> Option<bool> {
    let mut verdict = all(words)?;
    while words.next_if_eq(&"OR").is_some() {
        verdict |= all(words)?;
    }
    Some(verdict)
}

fn all(words: &mut Words<'_>) -> Option<bool> {
    let mut verdict = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        verdict &= one(words)?;
    }
    Some(verdict)
}

fn one(words: &mut Words<'_>) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let verdict = any(words)?;
        return (words.next()? == ")").then_some(verdict);
    }
    if matches!(word, ")" | "AND" | "OR" | "WITH") {
        return None;
    }
    if words.next_if_eq(&"WITH").is_some() {
        let exception = words.next()?;
        return Some(ALLOWED.contains(&format!("{word} WITH {exception}").as_str()));
    }
    Some(ALLOWED.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Graph, Package, seed::member};
    use crate::tree::Tree;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        for (expression, verdict) in [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT/Apache-2.0", Some(true)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("ISC AND (Apache-2.0 OR GPL-2.0-only) AND OpenSSL", Some(true)),
            ("GPL-2.0-only OR MIT AND AGPL-3.0-only", Some(false)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("GPL-3.0-only WITH LLVM-exception", Some(false)),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT Apache-2.0", None),
            ("", None),
        ] {
            assert_eq!(permits(expression), verdict, "{expression}");
        }
    }

    #[test]
    fn a_foreign_licence_none_at_all_and_one_of_ours_are_found() {
        let foreign = |name: &str, licence: Option<&str>| Package {
            member: false,
            licence: licence.map(str::to_owned),
            ..member(name, None, &[])
        };
        let unsaid = Package { licence: None, ..member("convoke-api", None, &[]) };
        let packages =
            vec![foreign("a", Some("MIT")), foreign("b", Some("AGPL-3.0-only")), foreign("c", None), unsaid];
        let lock = r#"{"packages": {"node_modules/d": {"license": "SSPL-1.0"},
            "node_modules/e": {"license": "MIT"}, "node_modules/f": {"dev": true}}}"#;
        let tree = Tree::of(&[("guest/package-lock.json", lock)]);
        let found = check(&Project { tree, graph: Graph { packages } });
        let wrong: Vec<&str> = found.iter().map(|finding| finding.wrong.as_str()).collect();
        assert_eq!(
            wrong,
            [
                "`convoke-api` does not say that it is Apache-2.0",
                "`b 0.1.0` is under AGPL-3.0-only",
                "`c 0.1.0` names no licence",
                "`node_modules/d` is under SSPL-1.0",
            ]
        );
    }
}
