//! Files that are made from code, checked in so that a reader finds them and a reviewer sees them change.
//!
//! To add one, add it to [`GENERATED`]: either a function of the files of the clone, or a subcommand of the built binary
//! that prints the file. `cargo xt gen` writes them, `cargo xt gen --check` fails when one differs.

mod limits;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::tree::Tree;

/// One generated file.
struct Generated {
    /// From the root.
    path: &'static str,
    origin: Origin,
}

/// What a generated file is made from.
enum Origin {
    /// The sources; nothing when there is nothing to tell yet.
    Sources(fn(&Tree) -> Option<String>),
    /// What `convoke` prints when called like this. A binary that prints nothing or refuses cannot make it yet.
    Binary(&'static [&'static str]),
}

const GENERATED: &[Generated] = &[
    Generated { path: "docs/reference/limits.md", origin: Origin::Sources(limits::page) },
    Generated { path: "docs/reference/cli.md", origin: Origin::Binary(&["help-markdown"]) },
    Generated { path: "docs/reference/errors.md", origin: Origin::Binary(&["errors-markdown"]) },
    Generated { path: "docs/reference/convoke.d.ts", origin: Origin::Binary(&["types", "--print"]) },
    Generated {
        path: "docs/reference/event-input.schema.json",
        origin: Origin::Binary(&["event", "schema"]),
    },
    Generated { path: "openapi/convoke.json", origin: Origin::Binary(&["openapi"]) },
];

/// What to do with them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Mode {
    /// Compare, and write nothing.
    check: bool,
    /// Use the binary as it is.
    no_build: bool,
}

impl Mode {
    /// Reads the options after `gen`.
    pub(crate) fn parse(options: &[&str]) -> Result<Self> {
        let mut mode = Self::default();
        for option in options {
            match *option {
                "--check" => mode.check = true,
                "--no-build" => mode.no_build = true,
                other => bail!("unknown option `{other}`"),
            }
        }
        Ok(mode)
    }
}

/// Writes or compares every generated file. True when nothing differs from what is checked in, or it was written.
pub(crate) fn run(root: &Path, tree: &Tree, mode: Mode, out: &mut dyn Write) -> Result<bool> {
    let binary = binary(root, mode)?;
    let mut clean = true;
    for Generated { path, origin } in GENERATED {
        let text = match origin {
            Origin::Sources(make) => make(tree),
            Origin::Binary(arguments) => print(&binary, arguments)?,
        };
        clean &= settle(root, path, text, mode, out)?;
    }
    Ok(clean)
}

fn settle(root: &Path, path: &str, text: Option<String>, mode: Mode, out: &mut dyn Write) -> Result<bool> {
    let full = root.join(path);
    let present = full.is_file().then(|| std::fs::read_to_string(&full)).transpose()?;
    match (text, present) {
        (None, None) => {
            writeln!(out, "skipped: {path}: nothing generates it yet")?;
            Ok(true)
        }
        (None, Some(_)) => {
            writeln!(out, "{path}:1: nothing generates it any more; remove it, or repair what did")?;
            Ok(false)
        }
        (Some(text), Some(present)) if text == present => {
            writeln!(out, "same: {path}")?;
            Ok(true)
        }
        (Some(text), present) if mode.check => {
            let line = first_difference(&text, present.as_deref().unwrap_or_default());
            writeln!(out, "{path}:{line}: differs from what is generated; run `cargo xt gen` and commit it")?;
            Ok(false)
        }
        (Some(text), _) => {
            let folder = full.parent().context("a generated file lies in a folder")?;
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of {path}"))?;
            std::fs::write(&full, text).with_context(|| format!("cannot write {path}"))?;
            writeln!(out, "written: {path}")?;
            Ok(true)
        }
    }
}

/// The first line, counted from 1, in which two texts differ.
fn first_difference(left: &str, right: &str) -> usize {
    left.lines().zip(right.lines()).take_while(|(left, right)| left == right).count() + 1
}

/// The built `convoke`.
fn binary(root: &Path, mode: Mode) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    if !mode.no_build {
        let status = Command::new(&cargo)
            .args(["build", "--quiet", "--profile", "ci", "-p", "convoke"])
            .current_dir(root)
            .status()
            .context("cannot start cargo")?;
        ensure!(status.success(), "the binary that prints the references does not build");
    }
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(root)
        .output()
        .context("cannot start cargo")?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    let binary = Path::new(target).join("ci/convoke");
    ensure!(binary.is_file(), "there is no built binary; run without --no-build");
    Ok(binary)
}

/// What the binary prints, or nothing when it does not know this command.
fn print(binary: &Path, arguments: &[&str]) -> Result<Option<String>> {
    let output = Command::new(binary).args(arguments).output().context("cannot start the built binary")?;
    let text = String::from_utf8(output.stdout).context("the binary prints what is not UTF-8")?;
    Ok(Some(text).filter(|text| output.status.success() && !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(folder: &Path, text: Option<&str>, check: bool) -> (bool, String) {
        let mut out = Vec::new();
        let mode = Mode { check, no_build: true };
        let clean = settle(folder, "docs/a.md", text.map(str::to_owned), mode, &mut out)
            .expect("the folder is writable");
        (clean, String::from_utf8(out).expect("reports are text"))
    }

    #[test]
    fn a_file_that_differs_fails_the_check_until_it_is_written() {
        let folder = std::env::temp_dir().join(format!("xtask-generate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder is writable");
        assert!(settled(&folder, None, true).0, "what nothing generates and nobody has is fine");
        assert!(!settled(&folder, Some("a\nb\n"), true).0, "a missing file is found");
        assert!(settled(&folder, Some("a\nb\n"), false).0);
        assert!(settled(&folder, Some("a\nb\n"), true).0);
        let (clean, report) = settled(&folder, Some("a\nc\n"), true);
        assert!(!clean && report.starts_with("docs/a.md:2:"), "{report}");
        assert!(!settled(&folder, None, true).0, "a file that nothing generates any more is found");
        std::fs::remove_dir_all(&folder).expect("the temporary folder is ours");
    }

    #[test]
    fn options_are_read() {
        assert!(Mode::parse(&["--check", "--no-build"]).is_ok_and(|mode| mode.check && mode.no_build));
        assert!(Mode::parse(&["--chekc"]).is_err());
    }
}
