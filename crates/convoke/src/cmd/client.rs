//! `convoke client`: programs with credentials of their own.

use anyhow::Result;
use clap::{Args, Subcommand};
use convoke_api::v1::client::{Client as View, CreateClient, IssuedClient};
use convoke_api::v1::list::List;
use convoke_api::v1::user::UserRole;
use convoke_domain::id::ClientId;
use serde_json::Value;

use super::Context;
use super::user::{Role, roles};
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// Make and see programs that log in by client credentials (OAuth)
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// List the clients
    List,
    /// Make a client; its secret is shown this once
    Create(Create),
    /// Give a client a new secret, shown this once; the old one counts no longer
    Renew(Identified),
    /// Remove a client
    Remove(Identified),
}

/// Which client.
#[derive(Debug, Args)]
pub(crate) struct Identified {
    /// Its id
    id: ClientId,
}

/// Makes one.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke client create \"order system\"")]
pub(crate) struct Create {
    /// What it is for
    name: String,
    /// What its tokens allow, can be repeated
    #[arg(long, value_enum, default_value = "faas-invocation")]
    role: Vec<Role>,
}

impl Client {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let clients: List<View> = api.get(&["clients"]).await?;
                Answer::new(&clients.items, table(&clients.items))
            }
            Self::Create(create) => {
                let roles = create.role.into_iter().map(UserRole::from).collect();
                let create = CreateClient { name: create.name, roles };
                issued(&api.post(&["clients"], &create).await?)
            }
            Self::Renew(client) => {
                issued(&api.post(&["clients", &client.id.to_string(), "secret"], &()).await?)
            }
            Self::Remove(client) => {
                let _: Value = api.delete(&["clients", &client.id.to_string()]).await?;
                Answer::new(&client.id, format!("{} removed", client.id))
            }
        }
    }
}

fn issued(issued: &IssuedClient) -> Result<Answer> {
    let text = format!(
        "client_id      {}\nclient_secret  {}\nThe secret is not shown again.",
        issued.client.id, issued.secret
    );
    Ok(Answer::new(issued, text)?.with_id(&issued.client.id))
}

fn table(clients: &[View]) -> String {
    let mut table = Table::new(&["client", "name", "roles", "secret since"]);
    for client in clients {
        let since = client.created_at.to_string();
        table.row([client.id.to_string(), client.name.clone(), roles(&client.roles), since]);
    }
    table.text("No clients yet: `convoke client create` makes one.")
}
