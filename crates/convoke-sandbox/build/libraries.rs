//! The libraries that functions can require: bundled from npm, each one text that the product embeds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

use crate::engine::{install, run};
use crate::{Result, build_cache, hex, store};

/// The packages whose presence says that the others are there, too; all are locked together.
const BUNDLER: &str = "esbuild";

/// Writes `libraries.rs`, a list of names and texts, from the cache if these inputs were bundled before.
pub(crate) fn build(guest: &Path, cache: &Path) -> Result<()> {
    let cached = cache.join(format!("libraries-{}", key(guest)?));
    if !cached.is_dir() {
        install(guest, BUNDLER)?;
        let partial = cache.join(format!("libraries-partial-{}", std::process::id()));
        let mut node = Command::new("node");
        node.current_dir(guest).arg("bundle.mjs").arg(&partial);
        run(&mut node, "Node 20 or later bundles the libraries; is `node` installed?")?;
        // Another build may have been faster; then its result is the same.
        if fs::rename(&partial, &cached).is_err() {
            fs::remove_dir_all(&partial)?;
        }
    }
    build_cache::keep_latest(&cached, "libraries");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut list = String::from("/// Bundled libraries by name.\nconst LIBRARIES: &[(&str, &str)] = &[\n");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&cached)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let copy = out.join(format!("library-{name}.js"));
        fs::copy(&file, &copy)?;
        writeln!(list, "    ({name:?}, include_str!({:?})),", copy.to_string_lossy())?;
    }
    list.push_str("];\n");
    store(&out.join("libraries.rs"), list.as_bytes())
}

fn key(guest: &Path) -> Result<String> {
    let mut inputs = vec![guest.join("bundle.mjs"), guest.join("package-lock.json")];
    let mut shims: Vec<PathBuf> =
        fs::read_dir(guest.join("shims"))?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    shims.sort();
    inputs.append(&mut shims);
    let mut hash = Sha256::new();
    for input in inputs {
        hash.update(Sha256::digest(fs::read(input)?));
    }
    Ok(hex(&hash.finalize()))
}
