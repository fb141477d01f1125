//! The code in a function's folder: `index.js` alone, or all files of code that lie there.
//!
//! Leaves out what is no part of a function though it lies beside it: hidden files, `node_modules`, tests, declarations of
//! types, and what configures the function.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use convoke_sandbox::Source;
use convoke_sandbox::limits::SOURCE_FILES_MAX;

use super::{CONFIG, PAYLOAD, SOURCE};
use crate::files;
use crate::limits::FOLDER_DEPTH_MAX;

/// Endings of files of code.
const ENDINGS: [&str; 5] = [".js", ".ts", ".mjs", ".cjs", ".json"];
/// What the names of files end with that are for people and tools.
const NOT_CODE: [&str; 5] = [".d.ts", ".test.js", ".test.ts", ".spec.js", ".spec.ts"];

/// The files of code in `folder`, by their paths in it, with slashes.
pub(super) fn paths(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    collect(folder, "", FOLDER_DEPTH_MAX, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<String>) {
    // What cannot be read is not there. One more than there may be is enough to say that there are too many.
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        if name.starts_with('.') || found.len() > SOURCE_FILES_MAX {
            continue;
        }
        if entry.path().is_dir() {
            if depth > 0 && name != "node_modules" {
                collect(&entry.path(), &format!("{path}/"), depth - 1, found);
            }
        } else if is_code(&path) {
            found.push(path);
        }
    }
}

fn is_code(path: &str) -> bool {
    ENDINGS.iter().any(|ending| path.ends_with(ending))
        && !NOT_CODE.iter().any(|ending| path.ends_with(ending))
        && ![CONFIG, PAYLOAD, "package.json", "package-lock.json", "tsconfig.json"].contains(&path)
}

/// The code as the server keeps it: the text of `index.js` if that is all, else all files as one text.
pub(super) fn read(folder: &Path) -> Result<String> {
    let paths = paths(folder);
    if paths.iter().all(|path| path == SOURCE) {
        return files::read(&folder.join(SOURCE));
    }
    let mut all = BTreeMap::new();
    for path in paths {
        let text: Arc<str> = files::read(&folder.join(&path))?.into();
        all.insert(path, text);
    }
    let source = Source::of_files(all).with_context(|| format!("{} is no function", folder.display()))?;
    Ok(source.stored())
}

/// Writes code as it is kept into `folder`, each of its files where it belongs.
pub(super) fn write(folder: &Path, stored: &str) -> Result<()> {
    let source = Source::new(stored);
    let files: Vec<(&str, &str)> = source.files().collect();
    let [(_, text)] = files[..] else {
        return files.iter().try_for_each(|(path, text)| put(folder, path, text));
    };
    let one_text = source.stored() == text;
    put(folder, if one_text { SOURCE } else { source.entry() }, text)
}

fn put(folder: &Path, path: &str, text: &str) -> Result<()> {
    // The path comes from a server.
    let inside = Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    ensure!(inside, "\"{path}\" leads out of the function's folder");
    let path: PathBuf = folder.join(path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            put(dir.path(), path, text).unwrap();
        }
        dir
    }

    #[test]
    fn one_file_is_its_text_and_what_lies_beside_it_is_no_code() {
        let beside = [("index.js", "one"), ("config.json", "{}"), ("payload.json", "{}"), ("types.d.ts", "")];
        let dir = folder(&beside);
        put(dir.path(), "node_modules/x/index.js", "x").unwrap();
        put(dir.path(), "index.test.js", "x").unwrap();
        put(dir.path(), ".cache/a.js", "x").unwrap();
        assert_eq!(read(dir.path()).unwrap(), "one");
    }

    #[test]
    fn several_files_come_back_as_they_were() {
        let files =
            [("index.ts", "import './lib/words'"), ("lib/words.ts", "export {}"), ("data.json", "[1]")];
        let stored = read(folder(&files).path()).unwrap();
        let copy = tempfile::tempdir().unwrap();
        write(copy.path(), &stored).unwrap();
        assert_eq!(paths(copy.path()), ["data.json", "index.ts", "lib/words.ts"]);
        assert_eq!(read(copy.path()).unwrap(), stored);
    }

    #[test]
    fn a_folder_without_a_beginning_says_what_is_missing() {
        let error = read(folder(&[("other.ts", "")]).path()).unwrap_err();
        assert!(format!("{error:#}").contains("index.js or index.ts"), "{error:#}");
    }
}
