//! `convoke user`: those who work for the brand, their roles and passwords.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use clap::{ArgAction, Args, Subcommand, ValueEnum};
use convoke_api::v1::list::List;
use convoke_api::v1::session::Session;
use convoke_api::v1::token::Principal;
use convoke_api::v1::user::{DefineUser, SetPassword, User as View, UserRole};
use convoke_domain::id::{SkillId, UserId};
use reqwest::Method;
use serde_json::Value;

use super::Context;
use crate::client::Api;
use crate::connection::Persona;
use crate::render::{Answer, Table};
use crate::typed::{self, Hidden};

/// See and define users, their roles and passwords
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// List the users
    List,
    /// Define a user, or change one: what is left out stays
    Set(Set),
    /// Give a user a password, read from standard input or asked for; their sessions end
    Password(Password),
    /// Remove a user, and end their tokens
    Remove(Numbered),
    /// Say whose token is used
    Whoami,
}

/// What someone may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Everything in the account
    Administrator,
    /// Allow-list, secrets, reports
    FaasAdmin,
    /// Functions and deployments
    FaasDeveloper,
    /// Invoking functions
    FaasInvocation,
    /// Taking and answering conversations
    Agent,
    /// Overseeing conversations
    AgentManager,
    /// Running the installation
    Operator,
}

impl From<Role> for UserRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::FaasAdmin => Self::FaasAdmin,
            Role::FaasDeveloper => Self::FaasDeveloper,
            Role::FaasInvocation => Self::FaasInvocation,
            Role::Agent => Self::Agent,
            Role::AgentManager => Self::AgentManager,
            Role::Operator => Self::Operator,
        }
    }
}

/// Which user.
#[derive(Debug, Args)]
pub(crate) struct Numbered {
    /// Their number
    id: UserId,
}

/// Defines one.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: convoke user set 4720 --login ada --role faas-developer --role faas-invocation"
)]
pub(crate) struct Set {
    /// Their number
    id: UserId,
    /// What they log in with
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// What consumers see
    #[arg(long, value_name = "NAME")]
    nickname: Option<String>,
    /// What they may do, can be repeated
    #[arg(long, value_enum)]
    role: Vec<Role>,
    /// A skill that they serve, can be repeated
    #[arg(long, value_name = "ID")]
    skill: Vec<SkillId>,
    /// Whether they may log in and be given conversations
    #[arg(long, action = ArgAction::Set, value_name = "BOOL")]
    enabled: Option<bool>,
    /// How many conversations they serve at once before no more are offered
    #[arg(long, value_name = "COUNT")]
    load_max: Option<u16>,
}

/// Sets a password.
#[derive(Debug, Args)]
#[command(after_help = "\
Who changes their own is asked for the present one, too: on standard input it is the first line, the new one the second.

Examples:
  convoke user password 4720
  convoke user password 4720 < password.txt")]
pub(crate) struct Password {
    /// Their number
    id: UserId,
}

impl User {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let users: List<View> = api.get(&["users"]).await?;
                Answer::new(&users.items, table(&users.items))
            }
            Self::Set(set) => set.run(&api).await,
            Self::Password(password) => password.run(&api).await,
            Self::Remove(numbered) => {
                let _: Value = api.delete(&["users", &numbered.id.to_string()]).await?;
                Answer::new(&numbered.id, format!("User {} removed.", numbered.id))
            }
            Self::Whoami => {
                let session: Session = api.server(Method::GET, &["session"], None::<&()>).await?;
                Answer::new(&session, whoami(&session))
            }
        }
    }
}

impl Set {
    async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let users: List<View> = api.get(&["users"]).await?;
        let present = users.items.into_iter().find(|user| user.id == self.id).map(|user| user.settings);
        let known = present.as_ref().map(|user| user.login_name.clone());
        let Some(login) = self.login.or(known) else {
            bail!("user {} is new: say what they log in with, as in --login ada", self.id)
        };
        let mut user = present.unwrap_or_else(|| DefineUser {
            login_name: login.clone(),
            nickname: login.clone(),
            pid: None,
            skills: BTreeSet::new(),
            roles: BTreeSet::new(),
            enabled: true,
            load_max: None,
        });
        user.login_name = login;
        if let Some(nickname) = self.nickname {
            user.nickname = nickname;
        }
        if let Some(enabled) = self.enabled {
            user.enabled = enabled;
        }
        user.load_max = self.load_max.or(user.load_max);
        if !self.role.is_empty() {
            user.roles = self.role.into_iter().map(Into::into).collect();
        }
        if !self.skill.is_empty() {
            user.skills = self.skill.into_iter().collect();
        }
        let user: View = api.put(&["users", &self.id.to_string()], &user).await?;
        Ok(Answer::new(&user, table(std::slice::from_ref(&user)))?.with_id(&user.id))
    }
}

impl Password {
    async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let session: Session = api.server(Method::GET, &["session"], None::<&()>).await?;
        let own = session.principal == Principal::User { id: self.id };
        let new = format!("New password of user {}: ", self.id);
        let (present, password) = if own {
            let [Hidden(present), Hidden(password)] = typed::hidden_pair(["Present password: ", &new])?;
            (Some(present), password)
        } else {
            let Hidden(password) = typed::hidden(&new)?;
            (None, password)
        };
        let path = ["users", &self.id.to_string(), "password"];
        let _: Value = api.put(&path, &SetPassword { password, present }).await?;
        Answer::new(&self.id, format!("User {} has a new password.", self.id))
    }
}

fn table(users: &[View]) -> String {
    let mut table = Table::new(&["user", "login", "nickname", "enabled", "skills", "roles"]);
    for user in users {
        let settings = &user.settings;
        let skills: Vec<&str> = settings.skills.iter().map(SkillId::as_str).collect();
        let enabled = if settings.enabled { "yes" } else { "no" }.to_owned();
        let names = [user.id.to_string(), settings.login_name.clone(), settings.nickname.clone(), enabled];
        table.row(names.into_iter().chain([skills.join(","), roles(&settings.roles)]));
    }
    table.text("No users yet: `convoke user set` makes one.")
}

/// Roles as they are written.
pub(super) fn roles(roles: &BTreeSet<UserRole>) -> String {
    let words = roles.iter().map(|role| serde_json::to_value(role).unwrap_or_default());
    words.filter_map(|word| word.as_str().map(|word| word.replace('_', "-"))).collect::<Vec<_>>().join(",")
}

fn whoami(session: &Session) -> String {
    let who = match session.principal {
        Principal::User { id } => format!("user {id}"),
        Principal::Consumer { id } => format!("consumer {id}"),
        Principal::Client { id } => format!("client {id}"),
        Principal::Application => "a program".to_owned(),
    };
    let place = session.account.as_ref().map_or_else(|| "every account".to_owned(), ToString::to_string);
    let until = session.expires_at.map_or_else(String::new, |at| format!(", until {at}"));
    format!("{who} in {place}, with the roles {}{until}", roles(&session.roles))
}
