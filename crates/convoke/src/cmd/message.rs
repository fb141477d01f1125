//! `convoke message`: the account's own texts, sent where no function speaks.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use clap::{ArgAction, Args, Subcommand};
use convoke_api::v1::automatic_message::{AutomaticMessage, SetAutomaticMessage};
use convoke_api::v1::list::List;
use convoke_domain::automatic_message::Language;
use convoke_domain::id::SkillId;

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// See and set automatic messages
#[derive(Debug, Subcommand)]
pub(crate) enum Message {
    /// List them, by what has to happen
    List(Filter),
    /// Set a text, or switch a message on or off: what is left out stays
    Set(Set),
}

/// Which ones.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Those of this skill
    #[arg(long, value_name = "ID")]
    skill: Option<SkillId>,
}

/// Sets one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke message set YOU_ARE_CONNECTED_TO --text \"{agentNickname} is with you now.\"
  convoke message set CONV_AWAITING_IN_QUEUE --skill 654321 --enabled false")]
pub(crate) struct Set {
    /// What has to happen, for instance `YOU_ARE_CONNECTED_TO`
    code: String,
    /// Only in conversations of this skill
    #[arg(long, value_name = "ID")]
    skill: Option<SkillId>,
    /// The text, with the macros {expectedResponseTime} and {agentNickname}
    #[arg(long)]
    text: Option<String>,
    /// Language of the text
    #[arg(long, default_value = "en", value_name = "TAG")]
    language: Language,
    /// Whether it is sent
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    enabled: Option<bool>,
}

impl Message {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List(filter) => {
                let messages = list(&api, filter.skill.as_ref()).await?;
                Answer::new(&messages, table(&messages))
            }
            Self::Set(set) => set.run(&api).await,
        }
    }
}

async fn list(api: &Api<'_>, skill: Option<&SkillId>) -> Result<Vec<AutomaticMessage>> {
    let messages: List<AutomaticMessage> = api.get(&["automatic-messages"]).await?;
    let wanted = |message: &AutomaticMessage| skill.is_none() || message.skill.as_ref() == skill;
    Ok(messages.items.into_iter().filter(wanted).collect())
}

impl Set {
    async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let same =
            |message: &AutomaticMessage| message.code.code() == self.code && message.skill == self.skill;
        let present = list(api, None).await?.into_iter().find(same).map(|message| message.settings);
        let mut settings =
            present.unwrap_or_else(|| SetAutomaticMessage { enabled: true, texts: BTreeMap::new() });
        if let Some(text) = self.text {
            settings.texts.insert(self.language, text);
        }
        if let Some(enabled) = self.enabled {
            settings.enabled = enabled;
        }
        let query = self.skill.as_ref().map(|skill| ("skill", skill.to_string()));
        let path = ["automatic-messages", &self.code];
        let query = query.as_slice();
        let set: AutomaticMessage =
            api.put_at(&path, query, &settings).await.with_context(|| format!("cannot set {}", self.code))?;
        Answer::new(&set, table(std::slice::from_ref(&set)))
    }
}

fn table(messages: &[AutomaticMessage]) -> String {
    let mut table = Table::new(&["code", "skill", "sent", "language", "text"]);
    for message in messages {
        let skill = message.skill.as_ref().map_or("all", SkillId::as_str);
        let sent = if message.settings.enabled { "yes" } else { "no" };
        let start = [message.code.code(), skill, sent].map(str::to_owned);
        if message.settings.texts.is_empty() {
            table.row(start.clone());
        }
        for (language, text) in &message.settings.texts {
            table.row(start.clone().into_iter().chain([language.to_string(), text.clone()]));
        }
    }
    table.text("No automatic messages.")
}
