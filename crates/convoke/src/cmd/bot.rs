//! `convoke bot`: whether functions act.

use anyhow::Result;
use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use crate::connection::Persona;
use crate::render::Answer;

/// Switch the Controller Bot, which lets functions act
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Bot {
    /// Functions answer, automatic messages are sent
    On,
    /// Nothing is invoked and nothing is sent; what happens is recorded
    Off,
}

impl Bot {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let (enabled, text) = match self {
            Self::On => (true, "The Controller Bot is on."),
            Self::Off => (false, "The Controller Bot is off."),
        };
        let api = context.client.speak_as(Persona::Admin)?;
        let answer: Value = api.put(&["controller-bot"], &json!({ "enabled": enabled })).await?;
        Answer::new(&answer, text)
    }
}
