//! `convoke app-key`: what bots' users log in with.

use anyhow::Result;
use clap::{Args, Subcommand};
use convoke_api::v1::app_key::{AppKey as View, IssueAppKey, IssuedAppKey};
use convoke_api::v1::list::List;
use convoke_domain::id::{AppKeyId, UserId};
use serde_json::Value;

use super::Context;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// Make and see keys that bots log in with
#[derive(Debug, Subcommand)]
pub(crate) enum AppKey {
    /// List the keys
    List,
    /// Give a user a key; its secrets are shown this once
    Create(Create),
    /// Revoke a key; the sessions of its user end
    Revoke(Identified),
}

/// Which key.
#[derive(Debug, Args)]
pub(crate) struct Identified {
    /// Its id
    #[arg(value_name = "KEY")]
    id: AppKeyId,
}

/// Makes one.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke app-key create \"echo bot\" --user 4711")]
pub(crate) struct Create {
    /// What it is for
    name: String,
    /// The number of the user who logs in with it
    #[arg(long = "user", value_name = "NUMBER")]
    bot: UserId,
}

impl AppKey {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let keys: List<View> = api.get(&["app-keys"]).await?;
                Answer::new(&keys.items, table(&keys.items))
            }
            Self::Create(create) => {
                let issue = IssueAppKey { name: create.name, user: create.bot };
                issued(&api.post(&["app-keys"], &issue).await?)
            }
            Self::Revoke(key) => {
                let _: Value = api.delete(&["app-keys", &key.id.to_string()]).await?;
                Answer::new(&key.id, format!("{} revoked", key.id))
            }
        }
    }
}

fn issued(issued: &IssuedAppKey) -> Result<Answer> {
    let text = format!(
        "username           {}\nappKey             {}\nsecret             {}\naccessToken        {}\n\
         accessTokenSecret  {}\nThe secrets are not shown again.",
        issued.username, issued.key.id, issued.secret, issued.access_token, issued.access_token_secret
    );
    Ok(Answer::new(issued, text)?.with_id(&issued.key.id))
}

fn table(keys: &[View]) -> String {
    let mut table = Table::new(&["app key", "name", "user", "since"]);
    for key in keys {
        table.row([key.id.to_string(), key.name.clone(), key.user.to_string(), key.created_at.to_string()]);
    }
    table.text("No app keys yet: `convoke app-key create` makes one.")
}
