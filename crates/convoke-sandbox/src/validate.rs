//! What is wrong with a source, with places, before anything of it runs.
//!
//! Promises: every finding names line and column in the author's text and a stable code; a source without findings parses.
//! Leaves out: what only evaluating finds; [`prepare`](crate::Sandbox::prepare) does that at deployment.

mod lambda;
mod uses;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;

use crate::limits::{DIAGNOSTICS_MAX, SOURCE_CHARACTERS_MAX};
use crate::source::{ONE_TEXT, Source, is_json, kind_of, position, with_deep_stack};

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, for a source of several.
    pub file: Option<String>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: String,
    /// Stable, for instance `function.syntax`.
    pub code: &'static str,
}

/// What can be wrong with a source before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SourceProblem {
    TooLong,
    Syntax,
    NoLambda,
    CallbackUnused,
    EvalNotAllowed,
    ModuleNotAvailable,
    HostUnavailable,
}

impl SourceProblem {
    fn code(self) -> &'static str {
        match self {
            Self::TooLong => "function.source_too_long",
            Self::Syntax => "function.syntax",
            Self::NoLambda => "function.no_lambda",
            Self::CallbackUnused => "function.callback_unused",
            Self::EvalNotAllowed => "function.eval_not_allowed",
            Self::ModuleNotAvailable => "function.module_not_available",
            Self::HostUnavailable => "function.host_unavailable",
        }
    }
}

/// What a check found at a byte of a text.
pub(crate) struct Finding {
    at: usize,
    problem: SourceProblem,
    message: String,
}

impl Finding {
    fn new(at: u32, problem: SourceProblem, message: impl Into<String>) -> Self {
        Self { at: at as usize, problem, message: message.into() }
    }
}

/// Everything that is wrong with a source, in the order of its files and places; empty if nothing is.
pub fn validate(source: &Source) -> Vec<Diagnostic> {
    let characters: usize = source.files().map(|(_, text)| text.chars().count()).sum();
    if characters > SOURCE_CHARACTERS_MAX {
        let message = format!("the source has {characters} characters, {SOURCE_CHARACTERS_MAX} are allowed");
        return vec![of_whole(source, SourceProblem::TooLong, message)];
    }
    let several = source.files().count() > 1 || source.entry() != ONE_TEXT;
    let checking = || {
        source
            .files()
            .filter(|(path, _)| !is_json(path))
            .flat_map(|(path, text)| {
                check(source, path, text).into_iter().map(move |finding| {
                    let (line, column) = position(text, finding.at);
                    let file = several.then(|| path.to_owned());
                    Diagnostic { file, line, column, message: finding.message, code: finding.problem.code() }
                })
            })
            .take(DIAGNOSTICS_MAX)
            .collect::<Vec<_>>()
    };
    with_deep_stack(characters, checking)
        .unwrap_or_else(|error| vec![of_whole(source, SourceProblem::HostUnavailable, error.to_string())])
}

fn of_whole(source: &Source, problem: SourceProblem, message: String) -> Diagnostic {
    let several = source.entry() != ONE_TEXT;
    let file = several.then(|| source.entry().to_owned());
    Diagnostic { file, line: 1, column: 1, message, code: problem.code() }
}

fn check(source: &Source, path: &str, text: &str) -> Vec<Finding> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, kind_of(path)).parse();
    let mistakes: Vec<Finding> = parsed.diagnostics.errors().map(syntax).collect();
    if !mistakes.is_empty() {
        return mistakes;
    }
    let built =
        SemanticBuilder::new().with_check_syntax_error(true).with_build_nodes(true).build(&parsed.program);
    let mut findings: Vec<Finding> = built.diagnostics.errors().map(syntax).collect();
    if !findings.is_empty() {
        return findings;
    }
    if path == source.entry() {
        findings.extend(lambda::check(&parsed.program, &built.semantic));
    }
    findings.extend(uses::check(source, path, &parsed.program, &built.semantic));
    findings.sort_by_key(|finding| finding.at);
    findings
}

fn syntax(error: &oxc_diagnostics::OxcDiagnostic) -> Finding {
    let at = error.labels.first().map_or(0, oxc_span::LabeledSpan::offset);
    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    Finding::new(at, SourceProblem::Syntax, format!("{}{help}", error.message))
}

#[cfg(test)]
mod tests;
