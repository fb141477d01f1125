//! The engine's C sources and our glue, compiled to WebAssembly by a compiler from npm that itself runs in Node.
//!
//! The sources are those inside a locked crate that cargo downloads and verifies but never compiles for the host.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

use crate::{Result, hex, store};

/// The crate that carries the engine's sources, as `Cargo.toml` pins it.
const SOURCES: (&str, &str) = ("rquickjs-sys", "0.14.0");

/// The engine as WebAssembly, from the cache if these inputs were compiled before.
pub(crate) fn build(guest: &Path, cache: &Path) -> Result<Vec<u8>> {
    let sources = sources()?;
    let cached = cache.join(format!("engine-{}.wasm", key(guest, &sources)?));
    if !cached.is_file() {
        install(guest)?;
        let out = PathBuf::from(env::var("OUT_DIR")?).join("engine.wasm");
        let mut node = Command::new("node");
        node.current_dir(guest).args(["build.mjs"]).arg(&sources).arg("glue.c").arg(&out);
        run(&mut node, "Node 20 or later compiles the JavaScript engine; is `node` installed?")?;
        store(&cached, &fs::read(out)?)?;
    }
    Ok(fs::read(cached)?)
}

/// Where cargo unpacked the engine's sources.
fn sources() -> Result<PathBuf> {
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo.args(["metadata", "--format-version=1", "--locked"]);
    let metadata: serde_json::Value = serde_json::from_str(&run(&mut cargo, "cargo lists the packages")?)?;
    let (name, version) = SOURCES;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let manifest = packages
        .iter()
        .find(|package| package["name"] == name && package["version"] == version)
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or_else(|| format!("cargo metadata does not list {name} {version}"))?;
    Ok(Path::new(manifest).with_file_name("quickjs"))
}

/// A hash of every byte that the compiler reads, the compiler's own lock included.
fn key(guest: &Path, sources: &Path) -> Result<String> {
    let mut inputs: Vec<PathBuf> =
        ["glue.c", "build.mjs", "package-lock.json"].iter().map(|name| guest.join(name)).collect();
    let mut code: Vec<PathBuf> = fs::read_dir(sources)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "c" || kind == "h"))
        .collect();
    code.sort();
    inputs.append(&mut code);
    let mut hash = Sha256::new();
    for input in inputs {
        hash.update(input.file_name().map(|name| name.as_encoded_bytes().to_vec()).unwrap_or_default());
        hash.update(Sha256::digest(fs::read(input)?));
    }
    Ok(hex(&hash.finalize()))
}

/// Installs the compiler that `package-lock.json` names, once.
fn install(guest: &Path) -> Result<()> {
    if guest.join("node_modules/@yowasp/clang/package.json").is_file() {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(guest).args(["ci", "--no-audit", "--no-fund"]);
    run(&mut npm, "npm installs the compiler of the JavaScript engine; is `npm` installed?").map(drop)
}

/// Runs a command to its end and gives its output; a failure says what the command was for.
fn run(command: &mut Command, purpose: &str) -> Result<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error} ({purpose})"))?;
    if !output.status.success() {
        return Err(
            format!("{command:?} failed ({purpose})\n{}", String::from_utf8_lossy(&output.stderr)).into()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
