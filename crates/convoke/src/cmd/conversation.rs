//! `convoke conversation`: to take part, and to see what happened.

mod requests;
mod views;

pub(crate) use views::decided;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::Context;

/// Take part in conversations, and see what happened in them
#[derive(Debug, Subcommand)]
pub(crate) enum Conversation {
    /// Open one as a consumer
    Open(requests::Open),
    /// Write a line
    Say(requests::Say),
    /// Serve one from now on, as an agent
    Accept(requests::Accept),
    /// Join one, or bring somebody in
    Join(requests::Join),
    /// Leave one, or take somebody out
    Leave(requests::Leave),
    /// Move one to another skill or agent
    Transfer(requests::Transfer),
    /// Set the time to respond
    Ttr(requests::SetTtr),
    /// Say that the consumer proved who they are
    StepUp(requests::StepUp),
    /// Close one
    Close(requests::Close),
    /// List conversations, latest change first
    List(views::ListConversations),
    /// Show how one is
    Show(views::Show),
    /// Print one from its beginning, and go on as it happens
    Follow(views::Follow),
    /// Say what became of each change, and why
    Explain(views::Explain),
}

impl Conversation {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let client = &context.client;
        let answer = match self {
            Self::Open(open) => open.run(client).await?,
            Self::Say(say) => say.run(client).await?,
            Self::Accept(accept) => accept.run(client).await?,
            Self::Join(join) => join.run(client).await?,
            Self::Leave(leave) => leave.run(client).await?,
            Self::Transfer(transfer) => transfer.run(client).await?,
            Self::Ttr(ttr) => ttr.run(client).await?,
            Self::StepUp(step_up) => step_up.run(client).await?,
            Self::Close(close) => close.run(client).await?,
            Self::List(list) => list.run(client).await?,
            Self::Show(show) => show.run(client).await?,
            Self::Explain(explain) => explain.run(context).await?,
            Self::Follow(follow) => {
                follow.run(context).await?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        context.print(&answer)?;
        Ok(ExitCode::SUCCESS)
    }
}
