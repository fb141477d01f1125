//! The engine's C sources and our glue, compiled to WebAssembly by a compiler from npm that itself runs in Node.
//!
//! The sources are those inside a locked crate that cargo downloads and verifies but never compiles for the host.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

use crate::{Result, build_cache, hex, store};

/// The crate that carries the engine's sources, as `Cargo.toml` pins it.
const SOURCES: (&str, &str) = ("rquickjs-sys", "0.14.0");

/// The engine as WebAssembly, from the cache if these inputs were compiled before.
pub(crate) fn build(guest: &Path, cache: &Path) -> Result<Vec<u8>> {
    let sources = sources()?;
    let cached = cache.join(format!("engine-{}.wasm", key(guest, &sources)?));
    if !cached.is_file() {
        install(guest, "@yowasp/clang")?;
        let out = PathBuf::from(env::var("OUT_DIR")?).join("engine.wasm");
        let mut node = Command::new("node");
        node.current_dir(guest).args(["build.mjs"]).arg(&sources).arg("glue.c").arg(&out);
        run(&mut node, "Node 20 or later compiles the JavaScript engine; is `node` installed?")?;
        store(&cached, &fs::read(out)?)?;
    }
    build_cache::keep_latest(&cached, "engine");
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

/// A hash of every byte that the compiler reads, and of the compiler itself as it is locked.
fn key(guest: &Path, sources: &Path) -> Result<String> {
    let mut inputs: Vec<PathBuf> = ["glue.c", "input.c", "memory.c", "plain.c", "build.mjs"]
        .iter()
        .map(|name| guest.join(name))
        .collect();
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
    hash.update(locked_compiler(guest)?);
    Ok(hex(&hash.finalize()))
}

/// What the lock says of the compiler's packages; the libraries that are locked beside them do not matter here.
fn locked_compiler(guest: &Path) -> Result<String> {
    let lock: serde_json::Value = serde_json::from_slice(&fs::read(guest.join("package-lock.json"))?)?;
    let packages = lock["packages"].as_object().ok_or("package-lock.json lists no packages")?;
    let compiler = packages.iter().filter(|(name, _)| name.contains("@yowasp/"));
    let locked: Vec<String> =
        compiler.map(|(name, package)| format!("{name} {}", package["integrity"])).collect();
    Ok(locked.join("\n"))
}

/// Installs what `package-lock.json` names, unless `package` is there in its locked version.
pub(crate) fn install(guest: &Path, package: &str) -> Result<()> {
    let lock: serde_json::Value = serde_json::from_slice(&fs::read(guest.join("package-lock.json"))?)?;
    let locked = &lock["packages"][format!("node_modules/{package}")]["version"];
    let there = fs::read(guest.join("node_modules").join(package).join("package.json")).ok();
    let there = there.and_then(|manifest| serde_json::from_slice::<serde_json::Value>(&manifest).ok());
    if there.is_some_and(|manifest| manifest["version"] == *locked) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.current_dir(guest).args(["ci", "--no-audit", "--no-fund"]);
    run(&mut npm, "npm installs the compiler and the libraries of the guest; is `npm` installed?").map(drop)
}

/// Runs a command to its end and gives its output; a failure says what the command was for.
pub(crate) fn run(command: &mut Command, purpose: &str) -> Result<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error} ({purpose})"))?;
    if !output.status.success() {
        return Err(
            format!("{command:?} failed ({purpose})\n{}", String::from_utf8_lossy(&output.stderr)).into()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}
