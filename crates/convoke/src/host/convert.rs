//! Between the sandbox's words and the engine's: endings to stable codes, settings to limits, what a run used.

use std::time::Duration;

use convoke_domain::account::{Egress, EgressMode};
use convoke_domain::allow_list::{DomainAllowList, DomainPattern};
use convoke_domain::function::FunctionSettings;
use convoke_domain::invocation::AttemptFailure;
use convoke_engine::ports::{Ending, Failure, Inspection, LoadError, LogLine, OutboundCall, RunReport};
use convoke_engine::{RECORDING_FORMAT, RecordedAnswer, Recording};
use convoke_sandbox::{Diagnostic, Execution, Level, ProgramError, RunLimits, Thrown, Usage};

/// How an attempt ended, for the engine.
pub(super) fn ending(ending: &convoke_sandbox::Ending) -> Ending {
    use convoke_sandbox::Ending as Sandbox;
    let failed = |code, detail: &str, kind| Ending::Failed(Failure { code, detail: detail.to_owned(), kind });
    let over = |code, detail: &str| failed(code, detail, AttemptFailure::Final);
    match ending {
        Sandbox::Returned { json } => Ending::Returned(json.clone()),
        Sandbox::Threw(thrown) => failed("function.threw", &describe(thrown), AttemptFailure::Threw),
        Sandbox::TimedOut => failed("function.timed_out", "its wall time passed", AttemptFailure::TimedOut),
        Sandbox::CpuExhausted => over("function.cpu_exhausted", "its processor time was used up"),
        Sandbox::OutOfMemory => over("function.out_of_memory", "it asked for more memory than it may have"),
        Sandbox::StackExhausted => over("function.stack_exhausted", "it recursed too deeply"),
        Sandbox::NeverCompletes => over(
            "function.never_completes",
            "it gave no answer, and nothing is outstanding that could bring one",
        ),
        Sandbox::ResultTooLarge { bytes } => {
            over("function.result_too_large", &format!("its result has {bytes} bytes of JSON"))
        }
        Sandbox::ResultInvalid { why } => over("function.result_invalid", why),
        Sandbox::DoesNotLoad { why } => over("function.does_not_load", why),
        Sandbox::Crashed { why } => over("function.crashed", why),
        Sandbox::HostUnavailable { why } => {
            failed("function.host_unavailable", why, AttemptFailure::HostUnavailable)
        }
    }
}

/// How an attempt ended whose program could not be prepared.
pub(super) fn load_failure(error: &ProgramError) -> Failure {
    let detail = error.to_string();
    match error {
        ProgramError::HostUnavailable(_) => {
            Failure { code: "function.host_unavailable", detail, kind: AttemptFailure::HostUnavailable }
        }
        ProgramError::TooLarge { .. }
        | ProgramError::Syntax { .. }
        | ProgramError::NoLambda
        | ProgramError::ModuleNotAvailable { .. }
        | ProgramError::TopLevelThrew(_)
        | ProgramError::TopLevelWaits
        | ProgramError::TopLevelLimit(_) => {
            Failure { code: "function.does_not_load", detail, kind: AttemptFailure::Final }
        }
    }
}

/// Why a source cannot be deployed, for its author.
pub(super) fn load_error(error: ProgramError) -> LoadError {
    let code = match &error {
        ProgramError::TooLarge { .. } => "function.source_too_long",
        ProgramError::Syntax { .. } => "function.syntax",
        ProgramError::NoLambda => "function.no_lambda",
        ProgramError::ModuleNotAvailable { .. } => "function.module_not_available",
        ProgramError::TopLevelThrew(_) | ProgramError::TopLevelWaits | ProgramError::TopLevelLimit(_) => {
            "function.does_not_load"
        }
        ProgramError::HostUnavailable(_) => "function.host_unavailable",
    };
    let place = match &error {
        ProgramError::Syntax { line, column, .. } => Some((*line, *column)),
        ProgramError::TopLevelThrew(thrown) => place_in(&thrown.stack),
        ProgramError::TooLarge { .. }
        | ProgramError::NoLambda
        | ProgramError::ModuleNotAvailable { .. }
        | ProgramError::TopLevelWaits
        | ProgramError::TopLevelLimit(_)
        | ProgramError::HostUnavailable(_) => None,
    };
    // The place of a syntax error is told apart.
    let message = if let ProgramError::Syntax { message, .. } = error { message } else { error.to_string() };
    LoadError { code, message, line: place.map(|(line, _)| line), column: place.map(|(_, column)| column) }
}

/// A mistake in a source, for its author.
pub(super) fn finding(finding: Diagnostic) -> LoadError {
    let Diagnostic { file, line, column, message, code } = finding;
    let message = file.map_or(message.clone(), |file| format!("{file}: {message}"));
    LoadError { code, message, line: Some(line), column: Some(column) }
}

/// What a function may use.
pub(super) fn limits(settings: &FunctionSettings) -> RunLimits {
    let megabytes = usize::try_from(settings.memory_mib).unwrap_or(usize::MAX);
    RunLimits {
        cpu: Duration::from_millis(u64::from(settings.cpu_ms)),
        wall: Duration::from_millis(u64::from(settings.wall_ms)),
        memory_bytes: megabytes.saturating_mul(1024 * 1024),
        ..RunLimits::default()
    }
}

/// Where a function may call.
pub(super) fn domains(egress: &Egress) -> DomainAllowList {
    match egress.mode {
        EgressMode::Any => DomainAllowList::Any,
        // What is no pattern permits nothing: the account's rules checked it when it was set.
        EgressMode::Listed => DomainAllowList::Listed(
            egress.domains.iter().filter_map(|domain| DomainPattern::parse(domain).ok()).collect(),
        ),
    }
}

/// What a run logged, called and used.
pub(super) fn report(execution: Execution) -> RunReport {
    let Execution { logs, logs_truncated, calls, usage, inspection, recording, .. } = execution;
    let Usage { cpu, wall, memory_peak_bytes, .. } = usage;
    RunReport {
        logs: logs.into_iter().map(log_line).collect(),
        logs_truncated,
        calls: calls.into_iter().map(outbound_call).collect(),
        cpu,
        wall,
        memory_bytes_max: u64::try_from(memory_peak_bytes).unwrap_or(u64::MAX),
        inspection: inspection.map(seen),
        recording: Some(recorded(recording)),
    }
}

fn recorded(recording: convoke_sandbox::Recording) -> Recording {
    let convoke_sandbox::Recording { image, started, seed, input, entries, complete, .. } = recording;
    let answers = entries.into_iter().map(|entry| {
        let convoke_sandbox::RecordedEntry { at, operation, name, fulfilled, answer } = entry;
        RecordedAnswer { at, operation, name, fulfilled, answer }
    });
    Recording { format: RECORDING_FORMAT, image, started, seed, input, answers: answers.collect(), complete }
}

fn seen(inspection: convoke_sandbox::Inspection) -> Inspection {
    let convoke_sandbox::Inspection { statements, trace, at, locals } = inspection;
    Inspection { statements, trace, at, locals }
}

fn log_line(entry: convoke_sandbox::LogEntry) -> LogLine {
    let level = match entry.level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let extras = entry.extras.into_iter().map(|extra| Box::<str>::from(extra).into_string()).collect();
    LogLine { level, message: entry.message, extras, at: entry.timestamp }
}

fn outbound_call(call: convoke_sandbox::OutboundCall) -> OutboundCall {
    let convoke_sandbox::OutboundCall { host, method, status, duration, error } = call;
    OutboundCall { target: format!("{method} {host}"), status, duration, error }
}

/// Name, message and stack, as the author reads them.
fn describe(thrown: &Thrown) -> String {
    let Thrown { name, message, stack } = thrown;
    let mut text = name.clone();
    for (between, part) in [(": ", message), ("\n", stack)] {
        if !part.is_empty() {
            text.push_str(between);
            text.push_str(part);
        }
    }
    text
}

/// Line and column of the innermost frame, `… (file:line:column)`.
fn place_in(stack: &str) -> Option<(u32, u32)> {
    let frame = stack.lines().next()?.trim_end_matches(')');
    let mut parts = frame.rsplit(':');
    let column = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_thrown_reads_like_in_a_console() {
        let thrown = Thrown {
            name: "TypeError".into(),
            message: "no".into(),
            stack: "at lambda (lambda.js:4:1)".into(),
        };
        assert_eq!(describe(&thrown), "TypeError: no\nat lambda (lambda.js:4:1)");
        assert_eq!(describe(&Thrown { name: "Error".into(), ..Thrown::default() }), "Error");
        assert_eq!(place_in(&thrown.stack), Some((4, 1)));
    }

    #[test]
    fn a_syntax_error_says_its_place_once() {
        let error = load_error(ProgramError::Syntax {
            file: None,
            line: 3,
            column: 7,
            message: "SyntaxError: odd".into(),
        });
        assert_eq!((error.code, error.line, error.column), ("function.syntax", Some(3), Some(7)));
        assert_eq!(error.message, "SyntaxError: odd");
    }

    #[test]
    fn an_allow_list_that_counts_permits_only_its_domains() {
        let mut egress = Egress { mode: EgressMode::Listed, domains: ["*.example.com".to_owned()].into() };
        assert!(domains(&egress).permits("api.example.com") && !domains(&egress).permits("example.org"));
        egress.mode = EgressMode::Any;
        assert!(domains(&egress).permits("example.org"));
    }
}
