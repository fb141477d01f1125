//! `convoke metrics`: how functions did.

use anyhow::Result;
use clap::Args;
use convoke_api::v1::metrics::{AccountMetrics, FunctionHistory, FunctionMetrics, RunCounts};

use super::Context;
use super::logs::{Since, since};
use crate::client::Api;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// See how often functions ran, how that came out, and how long it took
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke metrics
  convoke metrics greet_workshop --since 7d --every 86400")]
pub(crate) struct Metrics {
    /// One function over time, by name or id
    function: Option<String>,
    /// Since when: a time, or so long ago, as 30m, 12h or 7d
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = since)]
    since: Since,
    /// How long each part of the time is, for one function
    #[arg(long, default_value = "3600", value_name = "SECONDS", value_parser = ["300", "3600", "86400"])]
    every: String,
}

impl Metrics {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        let from = ("from", self.since.time(context.now())?.to_string());
        match &self.function {
            None => account(&api, from).await,
            Some(function) => self.history(&api, function, from).await,
        }
    }

    async fn history(&self, api: &Api<'_>, function: &str, from: (&str, String)) -> Result<Answer> {
        let query = [from, ("bucket_seconds", self.every.clone())];
        let history: FunctionHistory = api.find(&["functions", function, "metrics"], &query).await?;
        let mut table =
            Table::new(&["from", "answered", "failed", "timed out", "platform", "p50 ms", "p95 ms"]);
        for bucket in &history.buckets {
            let times = bucket.answer_times;
            let [p50, p95] = [times.map(|times| times.p50_ms), times.map(|times| times.p95_ms)].map(millis);
            table.row(
                [vec![bucket.from.to_string()], counts(&bucket.counts).to_vec(), vec![p50, p95]].concat(),
            );
        }
        let mut text = table.text("");
        if history.metrics.often_slow {
            text.push_str("\nOften slower than a second.");
        }
        Answer::new(&history, text)
    }
}

async fn account(api: &Api<'_>, from: (&str, String)) -> Result<Answer> {
    let metrics: AccountMetrics = api.find(&["metrics"], &[from]).await?;
    let names = [
        "function",
        "answered",
        "failed",
        "timed out",
        "platform",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "cpu ms",
        "",
    ];
    let mut table = Table::new(&names);
    for function in &metrics.functions {
        table.row(row(function));
    }
    Answer::new(&metrics, table.text("No function ran in this time."))
}

fn row(metrics: &FunctionMetrics) -> Vec<String> {
    let name = metrics.name.clone().unwrap_or_else(|| metrics.function.to_string());
    let times = metrics.answer_times;
    let quantiles =
        [times.map(|times| times.p50_ms), times.map(|times| times.p95_ms), times.map(|times| times.p99_ms)];
    let slow = if metrics.often_slow { "often slow" } else { "" };
    [
        vec![name],
        counts(&metrics.counts).to_vec(),
        quantiles.map(millis).to_vec(),
        vec![format!("{:.1}", metrics.cpu_ms), slow.to_owned()],
    ]
    .concat()
}

fn counts(counts: &RunCounts) -> [String; 4] {
    let platform = counts.platform_failure + counts.unknown;
    [counts.succeeded, counts.coding_failure, counts.timed_out, platform].map(|count| count.to_string())
}

fn millis(millis: Option<f64>) -> String {
    millis.map_or_else(|| "-".to_owned(), |millis| format!("{millis:.1}"))
}
