//! `convoke event`: what functions can answer, and what they receive.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use convoke_api::functions::schema::{event_input_schema, input_schema};
use convoke_api::v1::event_kind::EventKind;
use convoke_api::v1::list::List;
use convoke_domain::function::EventBinding;

use super::Context;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// See the events that functions can answer, and what they deliver
#[derive(Debug, Subcommand)]
pub(crate) enum Event {
    /// List the events
    List(Listed),
    /// Print the JSON schema of what a function receives; needs no server
    Schema(Schema),
    /// Print an input as a function receives it, with realistic values; needs no server
    Sample(Identified),
}

/// Lists them.
#[derive(Debug, Args)]
pub(crate) struct Listed {
    /// With the codes that say what exactly happened
    #[arg(long)]
    codes: bool,
}

/// Describes one.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke event schema controllerbot_messaging_ttr")]
pub(crate) struct Schema {
    /// The event's id [default: what all changes of conversations have in common]
    event: Option<EventBinding>,
}

/// Which event.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke event sample controllerbot_messaging_ttr > payload.json")]
pub(crate) struct Identified {
    /// The event's id; `convoke event list` shows them
    event: EventBinding,
}

impl Event {
    /// What needs no server; `None` for what does.
    pub(crate) fn offline(&self) -> Option<Result<Answer>> {
        match self {
            Self::List(_) => None,
            Self::Schema(schema) => {
                let schema = schema.event.map_or_else(event_input_schema, input_schema);
                Some(Answer::new(&schema, format!("{schema:#}")))
            }
            Self::Sample(identified) => Some(identified.sample()),
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        match self {
            Self::List(listed) => listed.run(context).await,
            offline @ (Self::Schema(_) | Self::Sample(_)) => {
                offline.offline().context("it needs no server")?
            }
        }
    }
}

impl Listed {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        let events: List<EventKind> = api.get(&["events"]).await?;
        let mut table = Table::new(&["event", "functions", "name"]);
        for event in &events.items {
            let most = event.functions_max.map_or_else(|| "1 per skill".to_owned(), |most| most.to_string());
            table.row([event.id.to_string(), most, event.title.clone()]);
            for code in event.codes.iter().filter(|_| self.codes) {
                table.row([format!("  {}", code.code())]);
            }
        }
        Answer::new(&events.items, table.text("No events."))
    }
}

impl Identified {
    fn sample(&self) -> Result<Answer> {
        let template = crate::compose::template_for(self.event)
            .with_context(|| format!("there is no sample of {} yet", self.event))?;
        Answer::new(&template.payload, format!("{:#}", template.payload))
    }
}
