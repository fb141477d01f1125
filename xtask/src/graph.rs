//! The packages of this workspace and what they depend on, as `cargo metadata` tells it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// When a dependency is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By the code that ships.
    Normal,
    /// By the build script.
    Build,
    /// By tests, benches and examples only.
    Dev,
}

/// One line of a manifest's dependencies.
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// One package, ours or not.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The SPDX expression of its manifest.
    pub(crate) licence: Option<String>,
    /// Where it comes from; nothing for a folder.
    pub(crate) source: Option<String>,
    /// From the root for our own packages.
    pub(crate) manifest: String,
    /// Whether it is ours.
    pub(crate) member: bool,
    pub(crate) dependencies: Vec<Dependency>,
}

/// All packages that a build for any target could need.
pub(crate) struct Graph {
    pub(crate) packages: Vec<Package>,
}

impl Graph {
    /// Asks cargo.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root)
            .output()
            .context("cannot start cargo")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Self::parse(&serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?)
    }

    /// Reads the answer of `cargo metadata --format-version 1`.
    pub(crate) fn parse(metadata: &Value) -> Result<Self> {
        let root = text(metadata, "workspace_root")?;
        let members = metadata["workspace_members"].as_array().context("cargo metadata names no members")?;
        let mut packages = Vec::new();
        for package in metadata["packages"].as_array().context("cargo metadata names no packages")? {
            let manifest = text(package, "manifest_path")?;
            packages.push(Package {
                name: text(package, "name")?.to_owned(),
                version: text(package, "version")?.to_owned(),
                licence: package["license"].as_str().map(str::to_owned),
                source: package["source"].as_str().map(str::to_owned),
                manifest: manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/').to_owned(),
                member: members.contains(&package["id"]),
                dependencies: dependencies(package)?,
            });
        }
        Ok(Self { packages })
    }

    /// Our own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.member)
    }

    /// Everybody else's.
    pub(crate) fn third_party(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| !package.member)
    }

    /// Whether `name` is one of our own packages.
    pub(crate) fn is_member(&self, name: &str) -> bool {
        self.members().any(|package| package.name == name)
    }
}

fn dependencies(package: &Value) -> Result<Vec<Dependency>> {
    let list = package["dependencies"].as_array().context("a package has no list of dependencies")?;
    list.iter()
        .map(|dependency| {
            let kind = match dependency["kind"].as_str() {
                None => Kind::Normal,
                Some("build") => Kind::Build,
                Some(_) => Kind::Dev,
            };
            Ok(Dependency { name: text(dependency, "name")?.to_owned(), kind })
        })
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("cargo metadata has no `{key}` where one is due"))
}

/// Graphs for seeded tests.
#[cfg(test)]
pub(crate) mod seed {
    use super::*;

    /// A package of ours at `crates/NAME`, or at `manifest` when it is given, with these dependencies.
    pub(crate) fn member(name: &str, manifest: Option<&str>, dependencies: &[(&str, Kind)]) -> Package {
        Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            licence: Some("Apache-2.0".to_owned()),
            source: None,
            manifest: manifest.map_or_else(|| format!("crates/{name}/Cargo.toml"), str::to_owned),
            member: true,
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind })
                .collect(),
        }
    }

    #[test]
    fn metadata_is_read() {
        let metadata = serde_json::json!({
            "workspace_root": "/r",
            "workspace_members": ["a 1"],
            "packages": [
                {"id": "a 1", "name": "a", "version": "1.0.0", "license": "MIT", "source": null,
                 "manifest_path": "/r/crates/a/Cargo.toml",
                 "dependencies": [{"name": "b", "kind": null}, {"name": "c", "kind": "dev"}]},
                {"id": "b 1", "name": "b", "version": "1.0.0", "license": null, "source": "registry+x",
                 "manifest_path": "/elsewhere/b/Cargo.toml", "dependencies": []},
            ],
        });
        let graph = Graph::parse(&metadata).expect("this is what cargo prints");
        let ours = graph.members().next().expect("a is a member");
        assert_eq!((ours.manifest.as_str(), ours.dependencies.len()), ("crates/a/Cargo.toml", 2));
        assert_eq!(ours.dependencies[1].kind, Kind::Dev);
        assert_eq!(graph.third_party().count(), 1);
        assert!(!graph.is_member("b"));
    }
}
