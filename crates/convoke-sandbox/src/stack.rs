//! Errors as the author sees them: frames of the author's files, nothing of the prelude or the engine.

use std::fmt::Write as _;

use serde::Deserialize;

use crate::execution::Thrown;
use crate::limits::THROWN_BYTES_MAX;
use crate::source::{Compiled, ONE_TEXT};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Described {
    name: String,
    message: String,
    stack: String,
}

/// Reads what the prelude says of a thrown value; whatever it is, something readable comes out.
pub(crate) fn thrown(described: &str, source: Option<&Compiled>) -> Thrown {
    let described: Described = serde_json::from_str(described).unwrap_or_default();
    let name = if described.name.is_empty() { "Error".to_owned() } else { described.name };
    Thrown { name: cut(name), message: cut(described.message), stack: cut(frames(&described.stack, source)) }
}

/// File, line and column (from 1) of the innermost frame.
pub(crate) fn place(stack: &str) -> Option<(String, u32, u32)> {
    let Frame { file, line, column, .. } = stack.lines().find_map(Frame::parse)?;
    Some((file.to_owned(), line, column))
}

/// One line of a stack: what is before its place, and the place.
struct Frame<'a> {
    before: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
}

impl<'a> Frame<'a> {
    /// Reads `at name (file:line:column)` or `at file:line:column`.
    fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (before, place) = match text.rsplit_once('(') {
            Some((before, place)) => (before, place.strip_suffix(')')?),
            None => ("at ", text.strip_prefix("at ")?),
        };
        let (rest, column) = place.rsplit_once(':')?;
        let (file, line) = rest.rsplit_once(':')?;
        // A module of the author's own is named by the engine with its kind.
        let file = file.strip_prefix("module:").unwrap_or(file);
        Some(Self { before, file, line: line.parse().ok()?, column: column.parse().ok()? })
    }
}

/// Whether this is the engine's report of a stack that is too deep.
pub(crate) fn is_stack_exhausted(thrown: &Thrown) -> bool {
    thrown.name == "RangeError" && thrown.message.starts_with("Maximum call stack size exceeded")
}

/// The frames in the author's files, with the positions that the author knows.
fn frames(stack: &str, source: Option<&Compiled>) -> String {
    let mut out = String::new();
    for Frame { before, file, line, column } in stack.lines().filter_map(Frame::parse) {
        let known = source.map_or(file == ONE_TEXT, |source| source.has(file));
        if !known {
            continue;
        }
        let (line, column) = source.map_or((line, column), |source| source.authored(file, line, column));
        let closes = if before.ends_with("at ") { "" } else { ")" };
        let opens = if closes.is_empty() { "" } else { "(" };
        if !out.is_empty() {
            out.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = write!(out, "{before}{opens}{file}:{line}:{column}{closes}");
    }
    out
}

pub(crate) fn cut(mut text: String) -> String {
    if text.len() > THROWN_BYTES_MAX {
        let end = text.floor_char_boundary(THROWN_BYTES_MAX);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_of_the_authors_file_remain() {
        let described = r#"{"name":"TypeError","message":"no","stack":"    at inner (lambda.js:2:8)\n    at <anonymous> (convoke:00-core.js:140:20)\n    at map (native)\n    at lambda (lambda.js:4:1)\n"}"#;
        let thrown = thrown(described, None);
        assert_eq!(thrown.stack, "at inner (lambda.js:2:8)\nat lambda (lambda.js:4:1)");
        assert_eq!(place(&thrown.stack), Some(("lambda.js".into(), 2, 8)));
    }

    #[test]
    fn what_is_no_description_is_still_an_error() {
        assert_eq!(thrown("nonsense", None), Thrown { name: "Error".into(), ..Thrown::default() });
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let described = serde_json::json!({ "message": "ü".repeat(THROWN_BYTES_MAX) }).to_string();
        assert!(thrown(&described, None).message.len() <= THROWN_BYTES_MAX + 3);
    }
}
