//! What is typed and must not be seen: passwords and values of secrets.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use anyhow::{Context, Result, ensure};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::limits::TYPED_BYTES_MAX;

/// A text that is in no log. It has no `Debug` form.
pub(crate) struct Hidden(pub(crate) String);

/// Reads from standard input: a line that is not shown if a person types, else all of it without the last line break.
pub(crate) fn hidden(prompt: &str) -> Result<Hidden> {
    let text = if io::stdin().is_terminal() { typed(prompt)? } else { piped()? };
    ensure!(!text.is_empty(), "nothing was given on standard input");
    Ok(Hidden(text))
}

/// Reads two texts as [`hidden`] reads one; not typed, they are two lines.
pub(crate) fn hidden_pair(prompts: [&str; 2]) -> Result<[Hidden; 2]> {
    if io::stdin().is_terminal() {
        let [first, second] = prompts;
        return Ok([hidden(first)?, hidden(second)?]);
    }
    two_lines(&piped()?).context("expected two lines on standard input: the present one, then the new one")
}

fn two_lines(text: &str) -> Option<[Hidden; 2]> {
    let (first, second) = text.split_once('\n')?;
    let first = first.strip_suffix('\r').unwrap_or(first);
    let both = [first, second].map(|line| Hidden(line.to_owned()));
    (!first.is_empty() && !second.is_empty()).then_some(both)
}

fn typed(prompt: &str) -> Result<String> {
    write!(io::stderr(), "{prompt}").context("cannot ask")?;
    io::stderr().flush().context("cannot ask")?;
    let quiet = Quiet::begin()?;
    let mut line = String::new();
    let read = io::stdin().lock().take(TYPED_BYTES_MAX).read_line(&mut line);
    drop(quiet);
    // The line break that ended the line was not shown either.
    let _ = writeln!(io::stderr());
    read.context("cannot read what is typed")?;
    Ok(without_break(line))
}

fn piped() -> Result<String> {
    let mut text = String::new();
    io::stdin()
        .lock()
        .take(TYPED_BYTES_MAX)
        .read_to_string(&mut text)
        .context("cannot read standard input")?;
    Ok(without_break(text))
}

fn without_break(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// As long as it lives, the terminal does not show what is typed.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> Result<Self> {
        let before = tcgetattr(io::stdin()).context("cannot hide what is typed")?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet).context("cannot hide what is typed")?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // The terminal may be gone; then there is nothing to set back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_texts_are_two_lines() {
        let [first, second] = two_lines("present one\r\nnew one").unwrap();
        assert_eq!((first.0.as_str(), second.0.as_str()), ("present one", "new one"));
        for text in ["one only", "\nnew one", "present one\n"] {
            assert!(two_lines(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn only_the_last_line_break_is_taken_off() {
        assert_eq!(without_break("a\nb\r\n".to_owned()), "a\nb");
        assert_eq!(without_break("a\n\n".to_owned()), "a\n");
        assert_eq!(without_break("a".to_owned()), "a");
    }
}
