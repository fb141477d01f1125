//! `convoke clock`: the clock of a test server.

use anyhow::Result;
use clap::{Args, Subcommand};
use convoke_api::v1::clock::{AdvanceClock, Clock as View};
use reqwest::Method;

use super::Context;
use crate::connection::Persona;
use crate::render::Answer;

/// See and move the clock of a test server
#[derive(Debug, Subcommand)]
pub(crate) enum Clock {
    /// Show the server's time
    Show,
    /// Move it forward; only with `convoke dev --test-clock`
    Advance(Advance),
}

/// Moves it.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke clock advance 600")]
pub(crate) struct Advance {
    /// By how many seconds
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

impl Clock {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let operator = context.client.speak_as(Persona::Operator)?;
        let clock: View = match self {
            Self::Show => operator.server(Method::GET, &["clock"], None::<&()>).await?,
            Self::Advance(Advance { seconds }) => {
                let body = AdvanceClock { seconds };
                operator.server(Method::POST, &["clock", "advance"], Some(&body)).await?
            }
        };
        Answer::new(&clock, format!("The server's clock shows {}.", clock.now))
    }
}
