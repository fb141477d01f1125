//! The files of this clone: what git tracks, and what it would track if it were added now.
//!
//! New files are included so that a rule speaks before the commit, not after it. Ignored files are never read.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::source::Source;

/// One file, read whole.
pub(crate) struct File {
    /// From the root, with `/` between the parts.
    pub(crate) path: String,
    /// Its bytes; not every file is text.
    pub(crate) bytes: Vec<u8>,
}

impl File {
    /// Its text, when it is text.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// The last part of its path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// All files, in order of path, and the Rust sources among them already scanned.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// Reads the clone at `root`.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("cannot start git, which lists the files to look at")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
        let listing = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
        let mut files = Vec::new();
        for path in listing.split_terminator('\0') {
            let full = root.join(path);
            // Deleted but not yet committed, or a link out of the tree: not a file to judge.
            if full.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
                let bytes = std::fs::read(&full).with_context(|| format!("cannot read {path}"))?;
                files.push(File { path: path.to_owned(), bytes });
            }
        }
        Ok(Self::new(files))
    }

    fn new(mut files: Vec<File>) -> Self {
        files.sort_by(|left, right| left.path.cmp(&right.path));
        let sources = files
            .iter()
            .filter(|file| Path::new(&file.path).extension().is_some_and(|extension| extension == "rs"))
            .filter_map(|file| file.text().map(|text| Source::new(&file.path, text)))
            .collect();
        Self { files, sources }
    }

    /// A tree made of these paths and texts, for seeded tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file =
            |(path, text): &(&str, &str)| File { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() };
        Self::new(files.iter().map(file).collect())
    }

    /// The text of the file at `path`, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path)?.text()
    }
}

/// The root of the clone: the parent of this crate, or, when run by hand, the nearest folder above with `xtask` in it.
pub(crate) fn root() -> Result<PathBuf> {
    // Asked for when running, not when compiling: a cached build may have been compiled in another clone.
    if let Some(manifest) = std::env::var_os("CARGO_MANIFEST_DIR") {
        let root = Path::new(&manifest).parent().context("the manifest of xtask has no parent folder")?;
        return Ok(root.to_owned());
    }
    let here = std::env::current_dir().context("there is no current folder")?;
    let root = here.ancestors().find(|folder| folder.join("xtask/Cargo.toml").is_file());
    root.map(Path::to_owned).context("run this inside a clone of the repository")
}
