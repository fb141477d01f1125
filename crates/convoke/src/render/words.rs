//! What happened, for people: events of a conversation, explanations, runs of functions.

use std::fmt::Write as _;

use convoke_api::v1::bot::{BotPlan, PlannedMessage, Would};
use convoke_api::v1::event::{
    CommandFate, ConversationEvent, Event, Fate, MessageFateType, OutcomeType, Settled,
};
use convoke_api::v1::explain::{ExplainedAttempt, ExplainedChange, Explanation};
use convoke_api::v1::participant::{Party, PartyKind};
use convoke_api::v1::run::{FunctionRun, Inspection, LogEntry, OutboundCall, Statement};
use convoke_api::v1::run_log::{Attempt, LoggedLine};
use convoke_domain::invocation::CommandKind;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::Style;

const LOGS_TRUNCATED: &str = "(more was logged than is kept)";

/// The time of day, in UTC as everything the server tells.
pub(crate) fn clock_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string()
}

/// One event in one line after its `time`: what was said in full, everything else as a sentence.
pub(crate) fn event_line(event: &ConversationEvent, time: &str, style: Style) -> String {
    let time = style.dim(time);
    let Event::LinePublished { author, line, provenance, .. } = &event.event else {
        let sentence = event.text.clone().unwrap_or_else(|| plain(&event.event));
        return format!("{time}  {}", style.dim(&sentence));
    };
    let who = format!("{:<14}", party(author));
    let who = match author.kind {
        PartyKind::Consumer => style.cyan(&who),
        PartyKind::User => style.green(&who),
        PartyKind::ControllerBot | PartyKind::System => style.yellow(&who),
    };
    let source = match provenance.as_ref().map(|from| (&from.function, from.command)) {
        Some((Some(function), Some(_))) => {
            let name = function.name.clone().unwrap_or_else(|| function.id.to_string());
            style.dim(&format!("  ({name}, version {})", function.version))
        }
        Some(_) => style.dim("  (automatic message)"),
        None => String::new(),
    };
    format!("{time}  {who}  {}{source}", line.as_deref().unwrap_or("(erased)"))
}

/// An event without a sentence of its own, as consumers get them.
fn plain(event: &Event) -> String {
    let named = serde_json::to_value(event).ok();
    let named = named.as_ref().and_then(|value| value.get("type")).and_then(Value::as_str);
    named.unwrap_or("something happened").replace('_', " ")
}

fn party(party: &Party) -> String {
    let unnamed = match party.kind {
        PartyKind::Consumer => "Consumer",
        PartyKind::User => "Agent",
        PartyKind::ControllerBot => "Controller Bot",
        PartyKind::System => "System",
    };
    party.name.clone().unwrap_or_else(|| unnamed.to_owned())
}

/// All changes of a conversation and what came of each.
pub(crate) fn explanation(explanation: &Explanation, style: Style) -> String {
    if explanation.changes.is_empty() {
        return "Nothing happened yet that a function could react to.".to_owned();
    }
    let changes: Vec<String> = explanation.changes.iter().map(|change| explained(change, style)).collect();
    let mut text = changes.join("\n\n");
    if explanation.undecided {
        text.push_str("\n\nSomething is still undecided: ask again.");
    }
    text
}

fn explained(change: &ExplainedChange, style: Style) -> String {
    let mut text = format!(
        "{} {}  {}\n  {}",
        style.dim(&format!("{:>3} {}", change.seq, clock_time(change.at))),
        style.bold(&change.title),
        style.dim(&change.event.to_string()),
        style.blue(change.code.code()),
    );
    if let Some(skill) = &change.skill {
        let _ = write!(text, " in skill {skill}");
    }
    if let Some(cause) = &change.cause {
        let _ = write!(text, ", caused by a function ({} deep)", cause.depth);
    }
    match &change.settled {
        Some(settled) => settled_lines(&mut text, change, settled, style),
        None => {
            let _ = write!(text, "\n  {}", change.text);
        }
    }
    text
}

fn settled_lines(text: &mut String, change: &ExplainedChange, settled: &Settled, style: Style) {
    let _ = write!(text, "\n  {}", verdict(change, settled, style));
    for attempt in &change.attempts {
        attempt_lines(text, attempt, settled.attempts > 1, style);
    }
    for command in &settled.commands {
        let _ = write!(text, "\n  {}", fate_line(command, style));
    }
    if settled.commands_dropped > 0 {
        let _ = write!(text, "\n  {} more commands were not even looked at", settled.commands_dropped);
    }
    // Of a message that was sent its command tells already.
    if settled.message.r#type != MessageFateType::Sent {
        let _ = write!(text, "\n  {:<17} {}", "message", settled.message.text);
    }
}

/// How long an attempt took, what it logged and whom it called; how it failed, if it was not the only one.
fn attempt_lines(text: &mut String, attempt: &ExplainedAttempt, one_of_several: bool, style: Style) {
    let ended = match &attempt.error {
        Some(error) if one_of_several => format!(": {} ({})", error.title, error.code),
        Some(_) | None => String::new(),
    };
    let took = format!("attempt {}: {:.1} ms{ended}", attempt.attempt, attempt.usage.wall_ms);
    let _ = write!(text, "\n    {}", style.dim(&took));
    for entry in &attempt.logs {
        let _ = write!(text, "\n    {}", log_line(entry, style).replace('\n', "\n      "));
    }
    if attempt.logs_truncated {
        let _ = write!(text, "\n    {}", style.dim(LOGS_TRUNCATED));
    }
    for call in &attempt.calls {
        let _ = write!(text, "\n    {}", call_line(call, style));
    }
}

/// Which function did what, or why none did.
fn verdict(change: &ExplainedChange, settled: &Settled, style: Style) -> String {
    let function = settled.function.as_ref().map_or_else(String::new, |function| {
        let name = function.name.clone().unwrap_or_else(|| function.id.to_string());
        format!("{}, version {}", style.bold(&name), function.version)
    });
    let attempts = match settled.attempts {
        1 => "after 1 attempt".to_owned(),
        attempts => format!("after {attempts} attempts"),
    };
    let outcome = &settled.outcome;
    match outcome.r#type {
        OutcomeType::Answered => format!("{function}: answered {attempts}"),
        OutcomeType::Dropped => format!("{function}: {}", outcome.text),
        OutcomeType::Failed => {
            let code = outcome.code.as_deref().unwrap_or_default();
            let detail = outcome.detail.as_deref().unwrap_or_default().replace('\n', "\n    ");
            format!("{function}: {} {attempts} ({code})\n    {detail}", style.red("failed"))
        }
        OutcomeType::NotInvoked => match (outcome.code.as_deref(), &change.skill) {
            (Some("other_skill"), Some(skill)) => {
                format!("no function ran: none deployed for skill {skill}, only for others")
            }
            (Some("none_deployed"), _) => "no function ran: none deployed for this event".to_owned(),
            (_, _) => outcome.text.clone(),
        },
    }
}

fn fate_line(command: &CommandFate, style: Style) -> String {
    let kind = command.command.map_or("(no command)", kind_word);
    let fate = match command.fate {
        Fate::Applied => style.green("applied"),
        Fate::NoChange => style.dim("no change"),
        Fate::Ignored => style.dim("ignored: only the first of each type counts"),
        Fate::Rejected => format!("{}: {}", style.red("rejected"), command.text),
        Fate::Fenced => format!("{}: {}", style.yellow("fenced"), command.text),
    };
    format!("{kind:<17} {fate}")
}

fn kind_word(kind: CommandKind) -> &'static str {
    match kind {
        CommandKind::SystemMessage => "systemMessage",
        CommandKind::Transfer => "transfer",
        CommandKind::CloseConversation => "closeConversation",
    }
}

/// A run by hand: the answer, what it would do, the log, what it used.
pub(crate) fn function_run(run: &FunctionRun, style: Style) -> String {
    let mut lines = match &run.error {
        Some(error) => {
            let detail = error.detail.replace('\n', "\n  ");
            vec![format!("{} {} ({})\n  {detail}", style.red("failed:"), error.title, error.code)]
        }
        None => answer_lines(run, style),
    };
    lines.extend(run.logs.iter().map(|entry| log_line(entry, style)));
    if run.logs_truncated {
        lines.push(style.dim(LOGS_TRUNCATED));
    }
    lines.extend(run.calls.iter().map(|call| call_line(call, style)));
    lines.extend(run.inspection.iter().flat_map(|inspection| seen_lines(inspection, style)));
    if run.repeated {
        lines.push(style.dim("(the answer of an earlier call with this request id)"));
    }
    let usage = &run.usage;
    lines.push(style.dim(&format!(
        "{:.1} ms, {:.1} ms of computing, {:.1} MiB",
        usage.wall_ms,
        usage.cpu_ms,
        mebibytes(usage.memory_bytes_max)
    )));
    lines.join("\n")
}

/// One attempt of an invocation: how it came out, what it logged and called.
pub(crate) fn attempt(attempt: &Attempt, style: Style) -> String {
    let function = attempt.function.name.clone().unwrap_or_else(|| attempt.function.id.to_string());
    let version = attempt.function.version.map(|version| format!(" version {version}")).unwrap_or_default();
    let outcome = match &attempt.error {
        None => style.green("answered"),
        Some(error) => {
            let detail = error.detail.replace('\n', "\n  ");
            format!("{} {} ({})\n  {detail}", style.red("failed:"), error.title, error.code)
        }
    };
    let mut lines = vec![
        style.bold(&format!("attempt {} of {function}{version}, {}", attempt.attempt, attempt.began_at)),
        outcome,
    ];
    lines.extend(attempt.logs.iter().map(|entry| log_line(entry, style)));
    if attempt.logs_truncated {
        lines.push(style.dim(LOGS_TRUNCATED));
    }
    lines.extend(attempt.calls.iter().map(|call| call_line(call, style)));
    let usage = &attempt.usage;
    let (wall, cpu) = (usage.wall_ms, usage.cpu_ms);
    lines.push(style.dim(&format!("{wall:.1} ms, {cpu:.1} ms of computing")));
    lines.join("\n")
}

/// Where a run was, line by line, and what could be seen where it threw.
fn seen_lines(inspection: &Inspection, style: Style) -> Vec<String> {
    let Inspection { statements, trace, at, locals } = inspection;
    let place = |statement: &Statement| format!("{}:{}", statement.file, statement.line);
    let mut lines = vec![style.bold(&format!("{statements} statements"))];
    let earlier = statements.saturating_sub(trace.len() as u64);
    if earlier > 0 {
        lines.push(style.dim(&format!("  ({earlier} earlier ones are not kept)")));
    }
    lines.extend(runs_of(trace).iter().map(|(statement, times)| {
        let times = if *times > 1 { format!(" {times} times") } else { String::new() };
        style.dim(&format!("  {}{times}", place(statement)))
    }));
    if let Some(at) = at {
        lines.push(style.bold(&format!("threw at {}, where", place(at))));
        lines.extend(locals.iter().map(|(name, value)| format!("  {name} = {value}")));
    }
    lines
}

/// The same statement many times in a row is told once.
fn runs_of(trace: &[Statement]) -> Vec<(&Statement, usize)> {
    let mut runs: Vec<(&Statement, usize)> = Vec::new();
    for statement in trace {
        match runs.last_mut() {
            Some((last, times)) if *last == statement => *times += 1,
            _ => runs.push((statement, 1)),
        }
    }
    runs
}

/// A log line with where it comes from.
pub(crate) fn logged_line(line: &LoggedLine, style: Style) -> String {
    let LoggedLine { at, level, message, extras, function, .. } = line;
    let entry = LogEntry {
        level: level.word().to_owned(),
        message: message.clone(),
        extras: extras.clone(),
        at: *at,
    };
    let name = function.name.clone().unwrap_or_else(|| function.id.to_string());
    format!("{} {} {}", style.dim(&clock_time(*at)), style.bold(&name), log_line(&entry, style))
}

#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn answer_lines(run: &FunctionRun, style: Style) -> Vec<String> {
    let Some(plan) = &run.bot else { return vec![format!("{:#}", run.result)] };
    let mut lines = Vec::with_capacity(plan.commands.len() + 2);
    for command in &plan.commands {
        let kind = command.command.map_or("(no command)", kind_word);
        let would = match command.would {
            Would::Apply => format!("would {}", command.text),
            Would::Ignore => style.dim(&command.text),
            Would::Reject => style.red(&format!("would be rejected: {}", command.text)),
        };
        lines.push(format!("{kind}\n  {would}"));
    }
    if plan.commands_dropped > 0 {
        lines.push(format!("{} more commands would not be looked at", plan.commands_dropped));
    }
    lines.extend(message_note(plan).map(str::to_owned));
    lines
}

fn message_note(plan: &BotPlan) -> Option<&'static str> {
    match plan.message {
        PlannedMessage::Own => None,
        PlannedMessage::Automatic => {
            Some("No message of its own: the account's automatic message would be sent.")
        }
        PlannedMessage::Suppressed => Some("Nothing would be said, not even the automatic message."),
    }
}

fn call_line(call: &OutboundCall, style: Style) -> String {
    let came = match (&call.status, &call.error) {
        (Some(status), _) => status.to_string(),
        (None, Some(error)) => style.red(error),
        // What the platform does for a function itself has no status: there is one only if it failed.
        (None, None) => "done".to_owned(),
    };
    format!("called {} {}: {came} in {} ms", call.method, call.host, call.duration_ms)
}

fn log_line(entry: &LogEntry, style: Style) -> String {
    let level = format!("{:<5}", entry.level);
    let mut line = match entry.level.as_str() {
        "error" => style.red(&level),
        "warn" => style.yellow(&level),
        _ => style.dim(&level),
    };
    let _ = write!(line, " {}", entry.message);
    for extra in &entry.extras {
        let _ =
            if let Value::String(text) = extra { write!(line, " {text}") } else { write!(line, " {extra}") };
    }
    line
}
