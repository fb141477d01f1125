//! `convoke logs`: what functions logged, searched or as it comes.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use convoke_api::v1::run::LogEntry;
use convoke_api::v1::run_log::{Attempt, LoggedLine, RunLogPage};
use convoke_domain::id::{ConversationId, InvocationId};
use jiff::Timestamp;

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::limits::PAGES_MAX;
use crate::render::{self, Answer, Output, note};

/// See what functions logged
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke logs greet_workshop --since 1h --level warn
  convoke logs --conversation conv_…
  convoke logs --tail")]
pub(crate) struct Logs {
    /// Only of this function, by name or id
    function: Option<String>,
    /// Only in this conversation
    #[arg(long, value_name = "ID")]
    conversation: Option<ConversationId>,
    /// Only of this invocation
    #[arg(long, value_name = "ID")]
    invocation: Option<InvocationId>,
    /// Only lines of this level or a graver one
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// Since when: a time, or so long ago, as 30m, 12h or 7d
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = since)]
    since: Since,
    /// The newest lines, at most so many
    #[arg(long, short = 'n', default_value_t = 200)]
    lines: usize,
    /// Print what comes from now on, until interrupted
    #[arg(long, short = 't', conflicts_with_all = ["since", "lines"])]
    tail: bool,
}

/// A level, from the least to the gravest.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    const fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A time, or so long before the server's now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Since {
    At(Timestamp),
    Ago(Duration),
}

/// Reads a time or a span of it.
pub(crate) fn since(text: &str) -> Result<Since> {
    if let Ok(at) = text.parse() {
        return Ok(Since::At(at));
    }
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => bail!("expected a time such as 2026-03-02T10:00:00Z, or a span such as 30m, 12h or 7d"),
    };
    let number: u64 = number.parse().context("expected a number before the unit, as in 30m")?;
    Ok(Since::Ago(Duration::from_secs(number.saturating_mul(seconds))))
}

impl Since {
    /// The time that is meant, if it is `now`.
    pub(crate) fn time(self, now: Timestamp) -> Result<Timestamp> {
        match self {
            Self::At(at) => Ok(at),
            Self::Ago(span) => now.checked_sub(span).context("that is too long ago"),
        }
    }
}

impl Logs {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let api = context.client.speak_as(Persona::Admin)?;
        if self.tail {
            self.follow(context, &api).await?;
        } else {
            context.print(&self.search(context, &api).await?)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let fields = [
            ("function", self.function.clone()),
            ("conversation", self.conversation.map(|id| id.to_string())),
            ("invocation", self.invocation.map(|id| id.to_string())),
            ("level", self.level.map(|level| level.word().to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    async fn search(&self, context: &Context, api: &Api<'_>) -> Result<Answer> {
        let mut query = self.query();
        query.push(("from", self.since.time(context.now())?.to_string()));
        let mut runs: Vec<Vec<LoggedLine>> = Vec::new();
        let (mut before, mut missing, mut lines) = (None::<u64>, 0, 0);
        for _ in 0..PAGES_MAX {
            let mut page_query = query.clone();
            page_query.extend(before.map(|before| ("before", before.to_string())));
            let page: RunLogPage<LoggedLine> = api.find(&["logs"], &page_query).await?;
            missing = missing.max(page.missing);
            lines += page.items.len();
            runs.extend(page.items.chunk_by(same_run).map(<[LoggedLine]>::to_vec));
            before = page.next;
            if before.is_none() || lines >= self.lines {
                break;
            }
        }
        // The server gives the newest run first; people read downwards.
        let mut found: Vec<LoggedLine> = runs.into_iter().rev().flatten().collect();
        found.drain(..found.len().saturating_sub(self.lines));
        if missing > 0 {
            note(&format!("note: {missing} runs are missing, because there were too many at once"));
        }
        let style = context.printer.style;
        let text: Vec<String> = found.iter().map(|line| render::logged_line(line, style)).collect();
        let text = if text.is_empty() { "Nothing was logged.".to_owned() } else { text.join("\n") };
        Answer::new(&found, text)
    }

    async fn follow(&self, context: &Context, api: &Api<'_>) -> Result<()> {
        let mut feed = api.follow_runs(&self.query()).await?;
        loop {
            let attempt = feed.next().await?;
            match context.output {
                Output::Text => {
                    for entry in &attempt.logs {
                        let line = logged(&attempt, entry);
                        context.printer.line(&render::logged_line(&line, context.printer.style))?;
                    }
                }
                Output::Json => context.printer.line(&serde_json::to_string(&attempt)?)?,
                Output::Id => context.printer.line(&attempt.invocation.to_string())?,
            }
        }
    }
}

fn same_run(a: &LoggedLine, b: &LoggedLine) -> bool {
    (a.invocation, a.attempt) == (b.invocation, b.attempt)
}

fn logged(attempt: &Attempt, entry: &LogEntry) -> LoggedLine {
    LoggedLine {
        at: entry.at,
        level: serde_json::from_value(entry.level.clone().into())
            .unwrap_or(convoke_api::v1::run_log::LogLevel::Info),
        message: entry.message.clone(),
        extras: entry.extras.clone(),
        function: attempt.function.clone(),
        invocation: attempt.invocation,
        attempt: attempt.attempt,
        conversation: attempt.conversation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_time_or_a_span() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let time = |text: &str| since(text).unwrap().time(now).unwrap().to_string();
        assert_eq!(time("90m"), "2026-03-02T08:30:00Z");
        assert_eq!(time("7d"), "2026-02-23T10:00:00Z");
        assert_eq!(time("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00Z");
        assert!(since("yesterday").is_err() && since("h").is_err() && since("").is_err());
    }
}
