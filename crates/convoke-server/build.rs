//! Builds the pages: npm installs what the lock file names, Vite bundles, and the result becomes a table in the program.
//!
//! Promises: the same inputs give the same pages; nothing of Node is needed when the program runs. The bundle is cached
//! outside the clone, keyed by a hash of everything that it is made from.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

#[path = "../build_cache.rs"]
mod build_cache;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the pages are made from, besides the installed packages, which the lock file stands for.
const INPUTS: [&str; 14] = [
    "ui/.npmrc",
    "ui/build",
    "ui/index.html",
    "ui/package.json",
    "ui/package-lock.json",
    "ui/src",
    "ui/svelte.config.js",
    "ui/tsconfig.json",
    "ui/vite.config.ts",
    "ui/vite.window.config.ts",
    "ui/window",
    "crates/convoke/types",
    "docs/reference/convoke.d.ts",
    "openapi/convoke.json",
];

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../..").canonicalize()?;
    let mut files = Vec::new();
    for input in INPUTS {
        println!("cargo:rerun-if-changed={}", root.join(input).display());
        collect(&root.join(input), &mut files)?;
    }
    let cache = build_cache::directory()?;
    let key = key(&root, &files)?;
    println!("cargo:rustc-env=CONVOKE_PAGES_KEY={}", key.get(..16).unwrap_or(&key));
    let cached = cache.join(format!("pages-{key}"));
    if !cached.is_dir() {
        bundle(&root.join("ui"), &cache, &cached)?;
    }
    build_cache::keep_latest(&cached, "pages");
    embed(&cached, &PathBuf::from(env::var("OUT_DIR")?))
}

/// The files at and below a path, in an order that is the same everywhere. What is not there yet adds nothing.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        entries.sort();
        for entry in entries {
            collect(&entry, files)?;
        }
    } else if path.is_file() {
        files.push(path.to_owned());
    }
    Ok(())
}

fn key(root: &Path, files: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.strip_prefix(root)?.to_string_lossy().as_bytes());
        hash.update([0]);
        hash.update(Sha256::digest(fs::read(file)?));
    }
    Ok(hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Installs and bundles into a folder of its own, which takes its final name when it is whole.
fn bundle(ui: &Path, cache: &Path, cached: &Path) -> Result<()> {
    let partial = cache.join(format!("pages-partial-{}", std::process::id()));
    if !is_installed(ui)? {
        run(Command::new("npm").current_dir(ui).args(["ci", "--no-audit", "--no-fund"]))?;
    }
    run(Command::new("npm").current_dir(ui).args(["run", "build"]).env("CONVOKE_PAGES", &partial))?;
    // Another build may have been faster; then its result is the same.
    if fs::rename(&partial, cached).is_err() {
        fs::remove_dir_all(&partial)?;
    }
    Ok(())
}

/// Whether what the lock file names is there: npm keeps a copy of the lock that it installed.
fn is_installed(ui: &Path) -> Result<bool> {
    let packages = |path: PathBuf| -> Option<serde_json::Value> {
        let lock: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        Some(lock["packages"].clone())
    };
    let wanted = packages(ui.join("package-lock.json")).ok_or("ui/package-lock.json cannot be read")?;
    let Some(there) = packages(ui.join("node_modules/.package-lock.json")) else { return Ok(false) };
    // Packages for other kinds of machines are locked and never installed.
    let wanted = wanted.as_object().ok_or("ui/package-lock.json has no packages")?;
    Ok(wanted.iter().all(|(name, package)| {
        name.is_empty() || package["optional"] == true || there[name]["version"] == package["version"]
    }))
}

fn run(command: &mut Command) -> Result<()> {
    let needs = "npm builds the pages; is Node 20.19 or newer installed?";
    let output = command.output().map_err(|error| format!("{command:?}: {error} ({needs})"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
    Err(format!("{command:?} failed ({needs})\n{said}").into())
}

/// Writes `pages.rs`: every file's name, its bytes, and its bytes compressed if that makes it smaller.
fn embed(pages: &Path, out: &Path) -> Result<()> {
    let copies = out.join("pages");
    if copies.exists() {
        fs::remove_dir_all(&copies)?;
    }
    let mut files = Vec::new();
    collect(pages, &mut files)?;
    let mut table = String::from("/// The pages' files.\nconst PAGES: &[Page] = &[\n");
    for file in files.iter().filter(|file| file.extension().is_none_or(|extension| extension != "br")) {
        let name = file.strip_prefix(pages)?;
        let copy = copies.join(name);
        fs::create_dir_all(copy.parent().ok_or("a file is in a folder")?)?;
        fs::copy(file, &copy)?;
        let compressed = PathBuf::from(format!("{}.br", file.display()));
        let compressed = if compressed.is_file() {
            let beside = PathBuf::from(format!("{}.br", copy.display()));
            fs::copy(&compressed, &beside)?;
            format!("Some(include_bytes!({:?}))", beside.to_string_lossy())
        } else {
            "None".to_owned()
        };
        let (name, copy) = (name.to_string_lossy(), copy.to_string_lossy());
        writeln!(
            table,
            "    Page {{ name: {name:?}, plain: include_bytes!({copy:?}), brotli: {compressed} }},"
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("pages.rs"), table)?;
    Ok(())
}
