//! `convoke secret`: what functions read by name. Values go in and never come back.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use convoke_api::v1::list::List;
use convoke_api::v1::secret::{Secret as View, SetSecret};
use convoke_domain::id::SecretName;
use serde_json::Value;

use super::Context;
use crate::connection::Persona;
use crate::files;
use crate::render::{Answer, Table};
use crate::typed::{self, Hidden};

/// Keep what functions may know and nobody else
#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// List the names and versions of secrets
    List,
    /// Give a secret a value, read from standard input or asked for
    Set(Set),
    /// Forget a secret
    Delete(Named),
}

/// Which secret.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name
    name: SecretName,
}

/// Sets one.
#[derive(Debug, Args)]
#[command(after_help = "\
A value is never an argument: arguments are seen by other programs and kept in the shell's history.

Examples:
  convoke secret set order_api_key
  convoke secret set order_api_key < key.txt
  convoke secret set order_login --json login.json")]
pub(crate) struct Set {
    /// Its name: letters, digits, _ and -
    name: SecretName,
    /// Read the value as JSON from this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Secret {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let secrets: List<View> = api.get(&["secrets"]).await?;
                Answer::new(&secrets.items, table(&secrets.items))
            }
            Self::Set(set) => {
                let value = set.value()?;
                let secret: View = api.put(&["secrets", set.name.as_str()], &SetSecret { value }).await?;
                let text = format!("{} is set, version {}", secret.name, secret.version);
                Ok(Answer::new(&secret, text)?.with_id(&secret.name))
            }
            Self::Delete(named) => {
                let _: Value = api.delete(&["secrets", named.name.as_str()]).await?;
                Answer::new(&named.name, format!("{} forgotten", named.name))
            }
        }
    }
}

impl Set {
    fn value(&self) -> Result<Value> {
        if let Some(path) = &self.json {
            let json = files::read(path)?;
            return serde_json::from_str(&json).with_context(|| format!("{} is no JSON", path.display()));
        }
        let Hidden(text) = typed::hidden(&format!("Value of {}: ", self.name))?;
        Ok(Value::String(text))
    }
}

fn table(secrets: &[View]) -> String {
    let mut table = Table::new(&["secret", "version", "set at", "by"]);
    for secret in secrets {
        let (at, by) = (secret.updated.at.to_string(), super::author(secret.updated.by));
        table.row([secret.name.to_string(), secret.version.to_string(), at, by]);
    }
    table.text("No secrets yet: `convoke secret set` makes one.")
}
