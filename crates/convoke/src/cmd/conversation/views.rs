//! What shows a conversation.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use convoke_api::v1::consumer::ConsumerRef;
use convoke_api::v1::conversation::{Conversation, ConversationSummary};
use convoke_api::v1::event::Event;
use convoke_api::v1::explain::Explanation;
use convoke_api::v1::list::Page;
use convoke_domain::id::{ConversationId, SkillId};

use super::Context;
use crate::client::{Api, Client};
use crate::connection::Persona;
use crate::limits::{EXPLAIN_TIME_MAX, PAGES_MAX};
use crate::render::{self, Answer, Output, Table};

/// Lists.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation list --open --skill 123456")]
pub(crate) struct ListConversations {
    /// Only open ones
    #[arg(long, conflicts_with = "closed")]
    open: bool,
    /// Only closed ones
    #[arg(long)]
    closed: bool,
    /// Only those of this skill
    #[arg(long, value_name = "ID")]
    skill: Option<SkillId>,
    /// Only those of this consumer
    #[arg(long, value_name = "WHO")]
    consumer: Option<ConsumerRef>,
    /// How many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
}

impl ListConversations {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let api = client.speak_as(Persona::Manager)?;
        let mut query = Vec::new();
        if self.open || self.closed {
            query.push(("open", self.open.to_string()));
        }
        query.extend(self.skill.as_ref().map(|skill| ("skill", skill.to_string())));
        query.extend(self.consumer.as_ref().map(|consumer| ("consumer", consumer.to_string())));
        let mut items: Vec<ConversationSummary> = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut query = query.clone();
            query.extend(after.map(|after| ("after", after)));
            let page: Page<ConversationSummary> = api.find(&["conversations"], &query).await?;
            items.extend(page.items);
            after = page.next;
            if items.len() >= self.limit || after.is_none() {
                break;
            }
        }
        items.truncate(self.limit);
        Answer::new(&items, table(&items))
    }
}

fn table(items: &[ConversationSummary]) -> String {
    let mut table = Table::new(&["conversation", "state", "skill", "opened", "changed"]);
    for item in items {
        let state = if item.open { "open" } else { "closed" };
        let skill = item.skill.as_ref().map_or("-", SkillId::as_str);
        let opened = item.opened_at.strftime("%Y-%m-%d %H:%M").to_string();
        let changed = render::clock_time(item.changed_at);
        table.row([item.id.to_string(), state.to_owned(), skill.to_owned(), opened, changed]);
    }
    table.text("No conversations.")
}

/// Shows.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The conversation
    #[arg(value_name = "CONVERSATION")]
    id: ConversationId,
    /// As whom
    #[arg(long = "as", value_enum, default_value = "manager", value_name = "WHO")]
    persona: Persona,
}

impl Show {
    pub(crate) async fn run(self, client: &Client) -> Result<Answer> {
        let api = client.in_conversation(self.id, self.persona).await?;
        let conversation = state(&api, self.id).await?;
        Ok(Answer::new(&conversation, described(&conversation))?.with_id(&self.id))
    }
}

async fn state(api: &Api<'_>, id: ConversationId) -> Result<Conversation> {
    api.get(&["conversations", &id.to_string()]).await
}

fn described(conversation: &Conversation) -> String {
    let mut table = Table::default();
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("conversation", conversation.id.to_string());
    row("consumer", conversation.consumer.to_string());
    row("skill", conversation.skill.to_string());
    let state = match &conversation.closed {
        None => "open".to_owned(),
        Some(closed) => format!("closed by {}", closed.what),
    };
    row("state", state);
    let ttr = serde_json::to_value(conversation.ttr).unwrap_or_default();
    row("time to respond", ttr["type"].as_str().unwrap_or_default().to_owned());
    if let Some(deadline) = conversation.deadline {
        row("answer due", deadline.to_string());
    }
    for participant in &conversation.participants {
        let role = serde_json::to_value(participant.role).unwrap_or_default();
        let who = participant.party.name.clone().or(participant.party.id.clone()).unwrap_or_default();
        row(role.as_str().unwrap_or_default(), who);
    }
    for pending in &conversation.pending {
        row("undecided", pending.event.to_string());
    }
    row("last event", conversation.seq.to_string());
    table.text("")
}

/// Follows.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation follow conv_…")]
pub(crate) struct Follow {
    /// The conversation
    #[arg(value_name = "CONVERSATION")]
    id: ConversationId,
    /// Begin after this event
    #[arg(long, default_value_t = 0, value_name = "SEQ")]
    after: u64,
    /// As whom
    #[arg(long = "as", value_enum, default_value = "manager", value_name = "WHO")]
    persona: Persona,
}

impl Follow {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let api = context.client.in_conversation(self.id, self.persona).await?;
        let mut end = end(&api, self.id).await?;
        let mut feed = api.follow(self.id, self.after).await?;
        let mut seen = self.after;
        while end.is_none_or(|end| seen < end) {
            let event = feed.next().await?;
            seen = event.seq;
            let line = match context.output {
                Output::Text => {
                    render::event_line(&event, &render::clock_time(event.at), context.printer.style)
                }
                Output::Json => serde_json::to_string(&event)?,
                Output::Id => event.seq.to_string(),
            };
            context.printer.line(&line)?;
            if end.is_none() && matches!(event.event, Event::Closed { .. } | Event::Settled(_)) {
                end = self::end(&api, self.id).await?;
            }
        }
        Ok(())
    }
}

/// The last event of a conversation in which nothing more happens; `None` while something may.
async fn end(api: &Api<'_>, id: ConversationId) -> Result<Option<u64>> {
    let state = state(api, id).await?;
    Ok((!state.open && state.pending.is_empty()).then_some(state.seq))
}

/// Explains.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke conversation explain conv_…")]
pub(crate) struct Explain {
    /// The conversation
    #[arg(value_name = "CONVERSATION")]
    id: ConversationId,
    /// Do not wait for what is still undecided
    #[arg(long)]
    no_wait: bool,
}

impl Explain {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        // Whoever asks why reads logs, too: those are for developers.
        let api = context.client.speak_as(Persona::Admin)?;
        let explanation =
            if self.no_wait { explanation(&api, self.id).await? } else { decided(&api, self.id).await? };
        let text = render::explanation(&explanation, context.printer.style);
        Ok(Answer::new(&explanation, text)?.with_id(&self.id))
    }
}

async fn explanation(api: &Api<'_>, id: ConversationId) -> Result<Explanation> {
    api.get(&["conversations", &id.to_string(), "explain"]).await
}

/// The explanation once nothing is undecided, or what there is after a long time.
pub(crate) async fn decided(api: &Api<'_>, id: ConversationId) -> Result<Explanation> {
    let until = Instant::now() + EXPLAIN_TIME_MAX;
    let mut pause = Duration::from_millis(20);
    loop {
        let explanation = explanation(api, id).await?;
        if !explanation.undecided || Instant::now() >= until {
            return Ok(explanation);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
