//! Errors as the author sees them: frames of the author's file, nothing of the prelude or the engine.

use serde::Deserialize;

use crate::execution::Thrown;
use crate::limits::THROWN_BYTES_MAX;

/// The name that every function's source has in stacks.
pub(crate) const SOURCE_NAME: &str = "lambda.js";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Described {
    name: String,
    message: String,
    stack: String,
}

/// Reads what the prelude says of a thrown value; whatever it is, something readable comes out.
pub(crate) fn thrown(described: &str) -> Thrown {
    let described: Described = serde_json::from_str(described).unwrap_or_default();
    let name = if described.name.is_empty() { "Error".to_owned() } else { described.name };
    Thrown { name: cut(name), message: cut(described.message), stack: cut(frames(&described.stack)) }
}

/// The line and column (from 1) of the innermost frame in the author's file.
pub(crate) fn position(stack: &str) -> Option<(u32, u32)> {
    stack.lines().find_map(|line| {
        let start = line.find(SOURCE_NAME)? + SOURCE_NAME.len();
        let mut numbers = line[start..].trim_start_matches(':').split(|c: char| !c.is_ascii_digit());
        let row = numbers.next()?.parse().ok()?;
        Some((row, numbers.next().and_then(|column| column.parse().ok()).unwrap_or(1)))
    })
}

/// Whether this is the engine's report of a stack that is too deep.
pub(crate) fn is_stack_exhausted(thrown: &Thrown) -> bool {
    thrown.name == "RangeError" && thrown.message.starts_with("Maximum call stack size exceeded")
}

fn frames(stack: &str) -> String {
    let mut out = String::new();
    for line in stack.lines().filter(|line| line.contains(SOURCE_NAME)) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(line.trim());
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
        let thrown = thrown(described);
        assert_eq!(thrown.stack, "at inner (lambda.js:2:8)\nat lambda (lambda.js:4:1)");
        assert_eq!(position(&thrown.stack), Some((2, 8)));
    }

    #[test]
    fn what_is_no_description_is_still_an_error() {
        assert_eq!(thrown("nonsense"), Thrown { name: "Error".into(), ..Thrown::default() });
    }

    #[test]
    fn long_messages_are_cut_at_a_character() {
        let described = serde_json::json!({ "message": "ü".repeat(THROWN_BYTES_MAX) }).to_string();
        assert!(thrown(&described).message.len() <= THROWN_BYTES_MAX + 3);
    }
}
