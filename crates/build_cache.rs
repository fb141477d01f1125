//! Where the build scripts keep slow results between clones and worktrees: one file, included by each that does.
//!
//! Promises: nothing is taken away that was used lately; of each kind only the latest stay, since every change of an input
//! adds one.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs, io};

/// Results of one kind that stay: those of a few branches and of what was built just before. The largest kind has 15 MB each.
const KEPT: usize = 8;

/// The folder, which is made if it is not there.
pub(crate) fn directory() -> io::Result<PathBuf> {
    println!("cargo:rerun-if-env-changed=CONVOKE_BUILD_CACHE");
    let chosen = env::var_os("CONVOKE_BUILD_CACHE").map(PathBuf::from);
    let usual = || Some(PathBuf::from(env::var_os("XDG_CACHE_HOME")?).join("convoke"));
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache/convoke"));
    let own = || PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("cache");
    let directory = chosen.or_else(usual).or_else(home).unwrap_or_else(own);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// Marks a result as used, and drops those of its kind that were not used for the longest time. A cache that cannot be
/// tidied is one nevertheless, so this never fails a build.
#[expect(
    clippy::disallowed_methods,
    reason = "files are dated by the machine's clock, and no test moves that"
)]
pub(crate) fn keep_latest(used: &Path, kind: &str) {
    let _marked = fs::File::open(used).and_then(|file| file.set_modified(SystemTime::now()));
    let mut all = used.parent().map(|cache| of_kind(cache, kind)).unwrap_or_default();
    all.sort();
    let old = all.len().saturating_sub(KEPT);
    for (_, path) in all.into_iter().take(old) {
        let _dropped = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
}

/// The results of a kind, and when each was used.
fn of_kind(cache: &Path, kind: &str) -> Vec<(SystemTime, PathBuf)> {
    let begin = format!("{kind}-");
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let of_kind = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&begin));
    of_kind.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect()
}
