//! Project automation, run as `cargo xt COMMAND`.
//!
//! Each command reads the files of this clone and `cargo metadata`, and prints what it found. Nothing here uses the
//! network (but for what cargo itself fetches), and nothing that ships depends on it.

mod figures;
mod generate;
mod graph;
mod source;
mod tidy;
mod tree;

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::graph::Graph;
use crate::tree::Tree;

const HELP: &str = "\
Usage: cargo xt COMMAND

  check                    the fast stages of ./test: what to run before every commit
  tidy                     our own rules: layout, dependencies, licences, documents
  gen [--check] [--no-build]
                           write the generated files; with --check only compare them;
                           with --no-build use the binary that is already built
  days [COUNT]             the simulated contact center with COUNT other seeds (20): minutes
  figures                  the size of our files and functions, crate by crate
";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let out = &mut std::io::stdout().lock();
    let root = tree::root()?;
    let clean = match words.as_slice() {
        ["check", options @ ..] => check(&root, options)?,
        ["tidy"] => {
            let graph = Graph::load(&root)?;
            tidy::run(&tidy::Project { tree: Tree::load(&root)?, graph }, out)?
        }
        ["gen", options @ ..] => {
            let mode = generate::Mode::parse(options)?;
            generate::run(&root, &Tree::load(&root)?, mode, out)?
        }
        ["days", count @ ..] => days(&root, count)?,
        ["figures"] => {
            figures::run(&Tree::load(&root)?, out)?;
            true
        }
        [] | ["help" | "--help" | "-h"] => {
            out.write_all(HELP.as_bytes())?;
            true
        }
        other => bail!("unknown command `{}`\n\n{HELP}", other.join(" ")),
    };
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the simulation with many seeds. The whole workspace is selected, so that nothing is compiled anew.
fn days(root: &Path, count: &[&str]) -> Result<bool> {
    let count: u64 = match count {
        [] => 20,
        [count] => count.parse().context("how many days?")?,
        more => bail!("expected one number, not `{}`", more.join(" ")),
    };
    let select = ["-E", "test(many_days_fire_as_the_rules_say)", "--run-ignored", "only", "--no-capture"];
    let status = Command::new("cargo")
        .args(["nextest", "run", "--workspace", "--cargo-profile", "ci"])
        .args(select)
        .env("CONVOKE_DAYS", count.to_string())
        .current_dir(root)
        .status()
        .context("cannot start cargo nextest")?;
    Ok(status.success())
}

/// Runs the fast stages. Which stages are fast is written in `./test`, in one place.
fn check(root: &Path, options: &[&str]) -> Result<bool> {
    let status = Command::new(root.join("test"))
        .arg("--quick")
        .args(options)
        .current_dir(root)
        .status()
        .context("cannot start ./test")?;
    Ok(status.success())
}
