//! `convoke domain`: which hosts functions may call.

use std::fmt::Write as _;

use anyhow::Result;
use clap::{Args, Subcommand};
use convoke_api::v1::domain::{CheckDomain, DomainCheck, Domains};
use convoke_api::v1::settings::EgressMode;
use serde_json::Value;

use super::Context;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// Choose which hosts functions may call
#[derive(Debug, Subcommand)]
pub(crate) enum Domain {
    /// List the domains that functions may call
    List,
    /// Let functions call a domain, at once
    Add(Named),
    /// Let functions call a domain no longer, at once
    Remove(Named),
    /// Follow a URL with its redirects, and say what is missing on the list
    Check(Check),
}

/// Which domain.
#[derive(Debug, Args)]
#[command(after_help = "Examples: api.example.com, or *.example.org for every host below it")]
pub(crate) struct Named {
    /// A host name, exact or with one leading wildcard
    domain: String,
}

/// Follows one.
#[derive(Debug, Args)]
#[command(after_help = "Example: convoke domain check https://api.example.com/v1/orders")]
pub(crate) struct Check {
    /// The URL, or a host alone
    // Not named `url`: that is where the server is.
    #[arg(value_name = "URL")]
    target: String,
}

impl Domain {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let domains: Domains = api.get(&["domains"]).await?;
                Answer::new(&domains, list(&domains))
            }
            Self::Add(named) => {
                let domains: Domains = api.put(&["domains", &named.domain], &()).await?;
                Ok(Answer::new(&domains, format!("Functions may call {}.", named.domain))?
                    .with_id(&named.domain))
            }
            Self::Remove(named) => {
                let _: Value = api.delete(&["domains", &named.domain]).await?;
                Answer::new(&named.domain, format!("Functions may call {} no longer.", named.domain))
            }
            Self::Check(check) => {
                let check: DomainCheck =
                    api.post(&["domain-checks"], &CheckDomain { url: check.target }).await?;
                Answer::new(&check, told(&check))
            }
        }
    }
}

fn list(domains: &Domains) -> String {
    let mut lines = match domains.mode {
        EgressMode::Any => vec!["Functions may call any public host; the list does not count.".to_owned()],
        EgressMode::Listed if domains.items.is_empty() => {
            vec!["Functions may call nobody: `convoke domain add` lets them.".to_owned()]
        }
        EgressMode::Listed => Vec::new(),
    };
    lines.extend(domains.items.iter().cloned());
    lines.join("\n")
}

fn told(check: &DomainCheck) -> String {
    let mut table = Table::new(&["status", "permitted", "url"]);
    for hop in &check.hops {
        let status = hop.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let permitted = if hop.permitted { "yes" } else { "no" }.to_owned();
        let error = hop.error.as_ref().map_or_else(String::new, |error| format!(" ({error})"));
        table.row([status, permitted, format!("{}{error}", hop.url)]);
    }
    let mut text = table.text("");
    for domain in &check.add {
        let _ = write!(text, "\nmissing: convoke domain add {domain}");
    }
    if check.permitted {
        text.push_str("\nFunctions get there.");
    }
    text
}

#[cfg(test)]
mod tests {
    use convoke_api::v1::domain::Hop;

    use super::*;

    #[test]
    fn a_check_says_which_command_helps() {
        let hop = |url: &str, permitted, status| Hop { url: url.into(), permitted, status, error: None };
        let hops = vec![hop("https://a.com/x", true, Some(302)), hop("https://b.com/y", false, Some(200))];
        let text = told(&DomainCheck { permitted: false, hops, add: vec!["b.com".to_owned()] });
        assert!(text.ends_with("missing: convoke domain add b.com"), "{text}");
        assert!(text.contains("302     yes        https://a.com/x"), "{text}");
    }
}
