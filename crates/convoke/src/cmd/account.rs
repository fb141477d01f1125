//! `convoke account`: tenants of an installation.

use anyhow::Result;
use clap::{Args, Subcommand};
use convoke_api::v1::account::{Account as View, CreateAccount};
use convoke_api::v1::list::List;
use convoke_api::v1::settings::Settings;
use convoke_domain::automatic_message::Language;
use convoke_domain::id::AccountId;
use reqwest::Method;

use super::Context;
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
