//! How results look: text for people, JSON for programs, an id alone for scripts.
//!
//! The only module that writes to standard output and standard error. A reader who goes away early, as `head` does, is no
//! failure.

mod table;
mod words;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use clap::ValueEnum;
use convoke_api::error_code::ErrorCode;
use serde::Serialize;
use serde_json::Value;

use crate::client;
pub(crate) use table::Table;
pub(crate) use words::{attempt, clock_time, event_line, explanation, function_run, logged_line};

/// What a command prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Text for people
    #[default]
    Text,
    /// JSON for programs
    Json,
    /// Only the id of what was made or changed
    Id,
}

/// What a command came to, in all forms it can be printed in.
#[derive(Debug)]
pub(crate) struct Answer {
    json: Value,
    id: Option<String>,
    text: String,
}

impl Answer {
    /// An answer that is `value` for programs and `text` for people.
    pub(crate) fn new(value: &impl Serialize, text: impl Into<String>) -> Result<Self> {
        Ok(Self { json: serde_json::to_value(value)?, id: None, text: text.into() })
    }

    /// Says which id scripts want.
    pub(crate) fn with_id(self, id: &impl ToString) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }

    /// The form that was asked for.
    pub(crate) fn form(&self, output: Output) -> String {
        match output {
            Output::Text => self.text.clone(),
            Output::Json => format!("{:#}", self.json),
            Output::Id => self.id.clone().unwrap_or_else(|| self.text.clone()),
        }
    }
}

/// Writes to standard output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    /// Whether to colour.
    pub(crate) style: Style,
}

impl Printer {
    /// With colours where a person looks at a terminal.
    pub(crate) fn new() -> Self {
        Self { style: Style { colour: colours_wanted(io::stdout().is_terminal()) } }
    }

    /// Writes `text` and ends the line.
    ///
    /// # Errors
    /// If nobody reads any more.
    #[expect(clippy::unused_self, reason = "whoever writes lines holds the printer, which knows the colours")]
    pub(crate) fn line(self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.trim_end_matches('\n'))?;
        out.flush()
    }
}

/// Says on standard error what is good to know and no result.
pub(crate) fn note(text: &str) {
    // Nobody reads it: then nobody needs it.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says why a command failed, and what helps.
pub(crate) fn failure(error: &anyhow::Error) {
    let style = Style { colour: colours_wanted(io::stderr().is_terminal()) };
    let mut text = format!("{} {}", style.red("error:"), causes(error));
    if let Some(problem) = client::problem(error) {
        for field in &problem.errors {
            let told = format!("{}: {}", field.field, field.message);
            // The only fault is the error itself.
            if !text.contains(&told) {
                let _ = write!(text, "\n  {told}");
            }
        }
        let advice = ErrorCode::find(&problem.code).map(ErrorCode::advice);
        // Whoever knows the field and what is wrong with it needs no words about requests.
        let named = problem.code == "request.invalid" && !problem.errors.is_empty();
        if let Some(advice) = advice.filter(|advice| *advice != problem.detail && !named) {
            let _ = write!(text, "\n{} {advice}", style.dim("what to do:"));
        }
    }
    note(&text);
}

/// The error and what caused it, in one line.
fn causes(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // Many errors repeat their cause already.
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

fn colours_wanted(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether there are any.
    pub(crate) colour: bool,
}

impl Style {
    /// No colours.
    #[cfg(test)]
    const PLAIN: Self = Self { colour: false };

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub(crate) fn blue(self, text: &str) -> String {
        self.paint("34", text)
    }

    pub(crate) fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_form_that_was_asked_for() {
        let answer = Answer::new(&serde_json::json!({"seq": 3}), "Written.").unwrap().with_id(&"conv_1");
        assert_eq!(answer.form(Output::Text), "Written.");
        assert_eq!(answer.form(Output::Id), "conv_1");
        assert_eq!(answer.form(Output::Json), "{\n  \"seq\": 3\n}");
    }

    #[test]
    fn causes_are_told_once() {
        let error = anyhow::anyhow!("no such file").context("cannot read x: no such file").context("stopped");
        assert_eq!(causes(&error), "stopped: cannot read x: no such file");
    }

    #[test]
    fn without_colours_nothing_is_added() {
        assert_eq!(Style::PLAIN.red("no"), "no");
        assert_eq!(Style { colour: true }.red("no"), "\u{1b}[31mno\u{1b}[0m");
    }
}
