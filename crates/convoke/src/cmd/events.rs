//! `convoke events`: what functions can answer.

use anyhow::Result;
use clap::Args;
use convoke_api::v1::event_kind::EventKind;
use convoke_api::v1::list::List;

use super::Context;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// Lists the events.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// With the codes that say what exactly happened
    #[arg(long)]
    codes: bool,
}

impl Events {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        let events: List<EventKind> = api.get(&["events"]).await?;
        let mut table = Table::new(&["event", "name"]);
        for event in &events.items {
            table.row([event.id.to_string(), event.title.clone()]);
            for code in event.codes.iter().filter(|_| self.codes) {
                table.row([format!("  {}", code.code())]);
            }
        }
        Answer::new(&events.items, table.text("No events."))
    }
}
