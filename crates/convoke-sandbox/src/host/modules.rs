//! What the name of a module means: one of the author's files, or a bundled library.

use crate::modules;
use crate::source::{Compiled, Kind, is_relative};

/// Looks up `from`, a line break, and the name that is asked for there; gives kind, path and text on a line each.
///
/// # Errors
/// With what to use instead.
pub(crate) fn find(source: Option<&Compiled>, text: &str) -> Result<Vec<u8>, String> {
    let (from, asked) = text.split_once('\n').ok_or("expected a file and a name")?;
    if !is_relative(asked) {
        let library = modules::library(asked).ok_or_else(|| modules::advice(asked))?;
        return Ok(format!("library\n{asked}\n{library}").into_bytes());
    }
    let found = source.and_then(|source| source.find(from, asked));
    let (path, text, kind) = found.ok_or_else(|| format!("there is no file \"{asked}\" beside {from}"))?;
    let kind = match kind {
        Kind::Module => "module",
        Kind::Script => "script",
        Kind::Json => "json",
    };
    Ok(format!("{kind}\n{path}\n{text}").into_bytes())
}
