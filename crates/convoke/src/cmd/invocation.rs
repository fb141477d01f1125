//! `convoke invocation`: what a run was, and what it ran on.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use convoke_api::v1::list::List;
use convoke_api::v1::recording::{Recording, RecordingSummary};
use convoke_api::v1::run_log::{Attempt, RunLogPage};
use convoke_domain::id::InvocationId;

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::render::{self, Answer, Style};

/// Which.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  convoke invocation show inv_…
  convoke invocation recordings inv_…
  convoke invocation recordings inv_… --attempt 1 -o json
  convoke function test greet --recorded inv_…")]
pub(crate) enum Invocation {
    /// Show the attempts of an invocation: how each came out, what it logged and called
    Show {
        /// Its id, as logs and explanations name it
        id: InvocationId,
    },
    /// List the recordings of an invocation's attempts, or show one: input, seed, and every answer it got
    Recordings {
        /// Its id
        id: InvocationId,
        /// Show this attempt's
        #[arg(long, value_name = "N")]
        attempt: Option<u8>,
    },
}

impl Invocation {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::Show { id } => show(&api, id, context.printer.style).await,
            Self::Recordings { id, attempt: None } => list(&api, id).await,
            Self::Recordings { id, attempt: Some(attempt) } => one(&api, id, attempt).await,
        }
    }
}

async fn show(api: &Api<'_>, id: InvocationId, style: Style) -> Result<Answer> {
    let page: RunLogPage<Attempt> = api.get(&["invocations", &id.to_string()]).await?;
    if page.items.is_empty() {
        bail!("nothing is kept of {id}: it never ran, or its days are over");
    }
    let texts: Vec<String> = page.items.iter().rev().map(|attempt| render::attempt(attempt, style)).collect();
    Ok(Answer::new(&page.items, texts.join("\n\n"))?.with_id(&id))
}

async fn list(api: &Api<'_>, id: InvocationId) -> Result<Answer> {
    let found: List<RecordingSummary> = api.get(&["invocations", &id.to_string(), "recordings"]).await?;
    let rows = found.items.iter().map(|recording| {
        format!("attempt {}  {}  {} bytes", recording.attempt, recording.began_at, recording.bytes)
    });
    let text = rows.collect::<Vec<_>>().join("\n");
    Answer::new(&found.items, if text.is_empty() { format!("Nothing is recorded of {id}.") } else { text })
}

async fn one(api: &Api<'_>, id: InvocationId, attempt: u8) -> Result<Answer> {
    let path = ["invocations", &id.to_string(), "recordings", &attempt.to_string()];
    let recording: Recording = api.get(&path).await?;
    let text = serde_json::to_string_pretty(&recording).context("a recording is plain data")?;
    Ok(Answer::new(&recording, text)?.with_id(&id))
}
