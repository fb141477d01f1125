//! `convoke activity`: who changed what, and what is different since.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use convoke_api::v1::activity::{Activity as View, ActivityActor};
use convoke_api::v1::list::Page;
use convoke_api::v1::token::Principal;
use serde_json::Value;

use super::Context;
use crate::client::refused_with;
use crate::connection::Persona;
use crate::render::{Answer, Style};

/// Shows who changed what.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke activity
  convoke activity --functions --last 5")]
pub(crate) struct Activity {
    /// Changes of functions, with the difference of their sources; else those of settings
    #[arg(long)]
    functions: bool,
    /// Only so many, the latest
    #[arg(long, default_value_t = 20, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=200))]
    last: u16,
}

impl Activity {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        let path: &[&str] = if self.functions { &["activity", "functions"] } else { &["activity"] };
        let page: Result<Page<View>> = api.find(path, &[("last", self.last.to_string())]).await;
        let page = match page {
            Err(error) if !self.functions && refused_with(&error, "auth.forbidden") => {
                return Err(
                    error.context("changes of functions, which developers may see, are shown by --functions")
                );
            }
            page => page?,
        };
        let told: Vec<String> = page.items.iter().map(|entry| told(entry, context.printer.style)).collect();
        Answer::new(&page.items, told.join("\n"))
    }
}

fn told(entry: &View, style: Style) -> String {
    let subject = ["name", "id", "domain", "user"].iter().find_map(|part| entry.details.get(*part));
    let subject = subject.map_or_else(String::new, |subject| format!(" {}", plain(subject)));
    let head = format!("{} {}{subject}", entry.seq, entry.change.replace('_', " "));
    let mut text =
        format!("{} {}", style.bold(&head), style.dim(&format!("{} by {}", entry.at, by(&entry.by))));
    for change in &entry.changes {
        let side = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), plain);
        let _ = write!(text, "\n  {}: {} -> {}", change.field, side(&change.before), side(&change.after));
    }
    if let Some(source) = &entry.source {
        for line in source.unified.lines() {
            let _ = write!(text, "\n  {}", super::painted(line, style));
        }
    }
    text
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn by(actor: &ActivityActor) -> String {
    match actor {
        ActivityActor::System => "the platform".to_owned(),
        ActivityActor::Function { id } => format!("the function {id}"),
        ActivityActor::Token { principal: Principal::User { id }, .. } => format!("user {id}"),
        ActivityActor::Token { principal: Principal::Consumer { id }, .. } => format!("consumer {id}"),
        ActivityActor::Token { principal: Principal::Client { id }, .. } => format!("client {id}"),
        ActivityActor::Token { principal: Principal::Application, token: Some(token), .. } => {
            format!("a program with {token}")
        }
        ActivityActor::Token { principal: Principal::Application, token: None, .. } => {
            "the operator".to_owned()
        }
    }
}
