//! `convoke consumer`: to forget somebody.

use anyhow::Result;
use clap::{Args, Subcommand};
use convoke_api::v1::consumer::{ConsumerRef, ErasedConsumer};

use super::Context;
use crate::connection::Persona;
use crate::render::Answer;

/// Forget consumers
#[derive(Debug, Subcommand)]
pub(crate) enum Consumer {
    /// Destroy the key of everything that a consumer wrote; order and provenance stay
    Erase(Erase),
}

/// Erases.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke consumer erase ada --yes")]
pub(crate) struct Erase {
    /// The consumer: an id, or the name of your own they were opened with
    #[arg(value_name = "WHO")]
    consumer: ConsumerRef,
    /// Yes, this cannot be undone
    #[arg(long, required = true)]
    yes: bool,
}

impl Consumer {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let Self::Erase(erase) = self;
        let id = match erase.consumer {
            ConsumerRef::Id(id) => id,
            name @ ConsumerRef::Name(_) => context.client.consumer(Some(name)).await?.0,
        };
        let api = context.client.speak_as(Persona::Admin)?;
        let erased: ErasedConsumer = api.delete(&["consumers", &id.to_string()]).await?;
        let text = if erased.erased {
            format!("What {id} wrote can never be read again here. Backups made before still hold the key.")
        } else {
            format!("There is nothing to erase of {id}.")
        };
        Ok(Answer::new(&erased, text)?.with_id(&id))
    }
}
