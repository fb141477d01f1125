//! What a function's author wrote: one text, or several files, in JavaScript or TypeScript.
//!
//! Several files are stored as one text, too: the JSON object `{"files":{"index.ts":"…"}}`, which is no JavaScript.
//! Leaves out: whether it is good (see [`validate`](crate::validate)), and evaluating it.

mod compile;
mod deep;
mod inspect;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::{SOURCE_FILES_MAX, SOURCE_PATH_BYTES_MAX};

pub(crate) use self::compile::{Compiled, Kind, NotCompiled, compile, is_json, kind_of, position};
pub(crate) use self::deep::with_deep_stack;

/// The file in which a function of several files begins, without its ending.
const ENTRY: &str = "index";
/// The name that a source of one text has in stacks.
pub(crate) const ONE_TEXT: &str = "lambda.js";
/// Endings of files that can be imported, in the order in which an import without ending tries them.
const ENDINGS: [&str; 5] = [".js", ".ts", ".mjs", ".cjs", ".json"];

/// A function's source. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    files: Arc<BTreeMap<String, Arc<str>>>,
    entry: Arc<str>,
    inspected: bool,
}

/// Why files are not a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No `index.js` or `index.ts`.
    #[error("there is no file index.js or index.ts, in which the function begins")]
    NoEntry,
    /// More than [`SOURCE_FILES_MAX`].
    #[error("there are {0} files, {SOURCE_FILES_MAX} are allowed")]
    TooManyFiles(usize),
    /// A path that is absolute, leads out of the folder, or has another ending.
    #[error("\"{0}\" is not the path of a .js, .ts, .mjs, .cjs or .json file within the function's folder")]
    BadPath(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    #[serde(borrow)]
    files: BTreeMap<std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>>,
}

impl Source {
    /// A source as it is stored: a JavaScript text, or several files in JSON.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self::of_stored_files(&text).unwrap_or_else(|| Self {
            files: Arc::new([(ONE_TEXT.to_owned(), text)].into()),
            entry: ONE_TEXT.into(),
            inspected: false,
        })
    }

    fn of_stored_files(text: &str) -> Option<Self> {
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let stored: Stored<'_> = serde_json::from_str(text).ok()?;
        let files = stored.files.into_iter().map(|(path, text)| (path.into_owned(), text.into()));
        Self::of_files(files.collect()).ok()
    }

    /// Several files by their paths; the function begins in `index.js` or `index.ts`.
    ///
    /// # Errors
    /// If that is not there, or a path is not one.
    pub fn of_files(files: BTreeMap<String, Arc<str>>) -> Result<Self, SourceError> {
        if files.len() > SOURCE_FILES_MAX {
            return Err(SourceError::TooManyFiles(files.len()));
        }
        if let Some(bad) = files.keys().find(|path| !is_path(path)) {
            return Err(SourceError::BadPath(bad.clone()));
        }
        let entry = ENDINGS
            .iter()
            .filter(|ending| **ending != ".json")
            .map(|ending| format!("{ENTRY}{ending}"))
            .find(|path| files.contains_key(path))
            .ok_or(SourceError::NoEntry)?;
        Ok(Self { files: Arc::new(files), entry: entry.into(), inspected: false })
    }

    /// The same, to be run so that the execution has an [`Inspection`](crate::Inspection). It computes slower.
    #[must_use]
    pub fn inspected(mut self) -> Self {
        self.inspected = true;
        self
    }

    /// As one text, to be stored.
    pub fn stored(&self) -> String {
        if &*self.entry == ONE_TEXT {
            return self.files[ONE_TEXT].to_string();
        }
        serde_json::json!({ "files": *self.files }).to_string()
    }

    /// Its files by path; a source of one text has one of a made-up name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), &**text))
    }

    /// The path of the file in which it begins.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// All texts together, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.files.values().map(|text| text.len()).sum()
    }

    /// The file that `asked` means in the file `from`.
    pub(crate) fn resolve(&self, from: &str, asked: &str) -> Option<&str> {
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in asked.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        let found = |path: &str| self.files.get_key_value(path).map(|(path, _)| path.as_str());
        let with_endings = |path: &str| ENDINGS.iter().find_map(|ending| found(&format!("{path}{ending}")));
        found(&path)
            .or_else(|| with_endings(&path))
            // TypeScript names a file as it will be called once it is compiled.
            .or_else(|| found(&format!("{}.ts", path.strip_suffix(".js")?)))
            .or_else(|| with_endings(&format!("{path}/{ENTRY}")))
    }
}

/// Whether a name in `require` or `import` is a file of the function's own.
pub(crate) fn is_relative(name: &str) -> bool {
    name == "." || name == ".." || name.starts_with("./") || name.starts_with("../")
}

fn is_path(path: &str) -> bool {
    let part_is_fine = |part: &str| {
        !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || "\\:()".contains(c))
    };
    path.len() <= SOURCE_PATH_BYTES_MAX
        && path.split('/').all(part_is_fine)
        && ENDINGS.iter().any(|ending| path.ends_with(ending))
        && !path.ends_with(".d.ts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> Result<Source, SourceError> {
        Source::of_files(paths.iter().map(|path| ((*path).to_owned(), "".into())).collect())
    }

    #[test]
    fn files_are_stored_as_one_text_and_read_back() {
        let source = of(&["index.ts", "lib/a.js"]).unwrap();
        assert_eq!(Source::new(source.stored()), source);
        let plain = Source::new("{ a: 1 }");
        assert_eq!((plain.entry(), plain.stored().as_str()), (ONE_TEXT, "{ a: 1 }"));
    }

    #[test]
    fn paths_stay_within_the_folder() {
        for bad in ["../a.js", "/a.js", "a//b.js", "a/./b.js", "a.txt", "a\\b.js", "a.d.ts", "a\n.js"] {
            assert_eq!(of(&["index.js", bad]), Err(SourceError::BadPath(bad.into())));
        }
        assert_eq!(of(&["main.js"]), Err(SourceError::NoEntry));
    }

    #[test]
    fn imports_are_resolved_from_the_importing_file() {
        let source = of(&["index.ts", "lib/a.ts", "lib/b/index.js", "data.json"]).unwrap();
        let cases = [
            ("index.ts", "./lib/a", Some("lib/a.ts")),
            ("index.ts", "./lib/a.js", Some("lib/a.ts")),
            ("lib/a.ts", "./b", Some("lib/b/index.js")),
            ("lib/b/index.js", "../../data.json", Some("data.json")),
            ("lib/a.ts", "../../outside", None),
            ("index.ts", "./none", None),
        ];
        for (from, asked, expected) in cases {
            assert_eq!(source.resolve(from, asked), expected, "{asked} from {from}");
        }
    }
}
