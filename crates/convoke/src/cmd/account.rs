//! `convoke account`: tenants of an installation.

use anyhow::Result;
use clap::{ArgAction, Args, Subcommand};
use convoke_api::v1::account::{Account as View, CreateAccount};
use convoke_api::v1::list::List;
use convoke_api::v1::settings::{
    FencePolicy, Generation, PostSurvey, RunLogSettings, Settings, UpdateSettings,
};
use convoke_domain::automatic_message::Language;
use convoke_domain::id::{AccountId, SkillId};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// Make and see accounts
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Make an account, as the operator
    Create(Create),
    /// List the accounts that the token sees
    List,
    /// Show the settings of the account
    Show,
    /// Change settings of the account: what is left out stays
    Set(Box<Set>),
}

/// Makes one.
#[derive(Debug, Args)]
#[command(after_help = "Example: CONVOKE_TOKEN=<operator token> convoke account create acme --name \"Acme\"")]
pub(crate) struct Create {
    /// Its id, for ever: 1 to 20 letters, digits or _
    id: AccountId,
    /// The name that people know it by [default: the id]
    #[arg(long)]
    name: Option<String>,
    /// The language of last resort for automatic messages
    #[arg(long, default_value = "en", value_name = "TAG")]
    language: Language,
}

/// Changes some.
#[derive(Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Runs of functions with their log lines are kept for the days of the log, recordings of what they ran on and figures for theirs. \
Who changed what is kept as long as the account.

Examples:
  convoke account set --log-days 90 --recording-days 0
  convoke account set --generation v2"
)]
pub(crate) struct Set {
    /// The name that people know it by
    #[arg(long)]
    name: Option<String>,
    /// The language of last resort for automatic messages
    #[arg(long, value_name = "TAG")]
    language: Option<Language>,
    /// The skill of conversations that are opened without one
    #[arg(long, value_name = "ID")]
    skill: Option<SkillId>,
    /// Which generation LivePerson's tools are told to speak
    #[arg(long, value_name = "GENERATION", value_parser = word::<Generation>)]
    generation: Option<Generation>,
    /// What happens to an answer that was overtaken, unless a function says otherwise: fence or apply
    #[arg(long, value_name = "POLICY", value_parser = word::<FencePolicy>)]
    fence_policy: Option<FencePolicy>,
    /// Close conversations that lie still for so many seconds
    #[arg(long, value_name = "SECONDS")]
    auto_close: Option<u64>,
    /// Whether consumers are asked what they think after a conversation, if their window can show it
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    survey: Option<bool>,
    /// For how many days runs and their log lines are kept, 1 to 365
    #[arg(long, value_name = "DAYS")]
    log_days: Option<u16>,
    /// For how many days recordings are kept; 0 for none
    #[arg(long, value_name = "DAYS")]
    recording_days: Option<u16>,
    /// For how many days figures are kept, 1 to 365 [default: as long as runs]
    #[arg(long, value_name = "DAYS")]
    figure_days: Option<u16>,
    /// For how many days it is kept who changed what, 7 to 3650
    #[arg(long, value_name = "DAYS")]
    activity_days: Option<u16>,
    /// Whether log lines of the level debug are kept
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    keep_debug: Option<bool>,
    /// Whether test runs are kept
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    keep_tests: Option<bool>,
}

/// A value as the API writes it.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(text)).map_err(|error| error.to_string())
}

impl Set {
    async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let run_log = self.run_log(api).await?;
        let survey = self.survey(api).await?;
        let update = UpdateSettings {
            name: self.name,
            default_language: self.language,
            default_skill: self.skill.map(Some),
            generation: self.generation,
            fence_policy: self.fence_policy,
            auto_close_seconds: self.auto_close,
            survey,
            run_log,
            activity_days: self.activity_days,
            ..UpdateSettings::default()
        };
        let settings: Settings = api.put(&["settings"], &update).await?;
        Answer::new(&settings, settings_text(&settings)?)
    }

    /// The survey switched as is given here, with the question that it has; `None` if nothing is.
    async fn survey(&self, api: &Api<'_>) -> Result<Option<PostSurvey>> {
        let Some(enabled) = self.survey else { return Ok(None) };
        let present: Settings = api.get(&["settings"]).await?;
        Ok(Some(PostSurvey { enabled, ..present.survey }))
    }

    /// What is kept of runs with what is given here; `None` if nothing is.
    async fn run_log(&self, api: &Api<'_>) -> Result<Option<RunLogSettings>> {
        let Self { log_days, recording_days, figure_days, keep_debug, keep_tests, .. } = *self;
        let days = [log_days, recording_days, figure_days].iter().any(Option::is_some);
        let any = days || keep_debug.is_some() || keep_tests.is_some();
        if !any {
            return Ok(None);
        }
        let present: Settings = api.get(&["settings"]).await?;
        let present = present.run_log;
        Ok(Some(RunLogSettings {
            days: log_days.unwrap_or(present.days),
            recording_days: recording_days.or(present.recording_days),
            figure_days: figure_days.or(present.figure_days),
            keep_debug: keep_debug.unwrap_or(present.keep_debug),
            keep_tests: keep_tests.unwrap_or(present.keep_tests),
        }))
    }
}

impl Account {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        match self {
            Self::Create(create) => {
                let operator = context.client.speak_as(Persona::Operator)?;
                let name = create.name.unwrap_or_else(|| create.id.to_string());
                let create = CreateAccount { id: create.id, name, default_language: create.language };
                let account: View = operator.server(Method::POST, &["accounts"], Some(&create)).await?;
                Ok(Answer::new(&account, format!("Account {} is there.", account.id))?.with_id(&account.id))
            }
            Self::List => {
                let operator = context.client.speak_as(Persona::Operator)?;
                let accounts: List<View> = operator.server(Method::GET, &["accounts"], None::<&()>).await?;
                Answer::new(&accounts.items, table(&accounts.items))
            }
            Self::Show => {
                let admin = context.client.speak_as(Persona::Admin)?;
                let settings: Settings = admin.get(&["settings"]).await?;
                Answer::new(&settings, settings_text(&settings)?)
            }
            Self::Set(set) => set.run(&context.client.speak_as(Persona::Admin)?).await,
        }
    }
}

fn table(accounts: &[View]) -> String {
    let mut table = Table::new(&["account", "name", "controller bot", "skills", "users"]);
    for account in accounts {
        let bot = if account.controller_bot_enabled { "on" } else { "off" };
        let (skills, users) = (account.skills.to_string(), account.users.to_string());
        table.row([account.id.to_string(), account.name.clone(), bot.to_owned(), skills, users]);
    }
    table.text("No accounts yet: `convoke account create` makes one.")
}

/// One setting per line.
fn settings_text(settings: &Settings) -> Result<String> {
    let value = serde_json::to_value(settings)?;
    let mut table = Table::default();
    for (name, value) in value.as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        table.row([name.replace('_', " "), value]);
    }
    Ok(table.text(""))
}
