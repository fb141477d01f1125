//! `convoke function pull` and `diff`: what the server has, as folders, and how a folder differs from it.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use convoke_api::v1::diff::FieldChange;
use convoke_api::v1::function::{
    Draft, Function as FunctionView, FunctionDetail, FunctionDiff, FunctionSettings, Version,
};
use convoke_api::v1::list::List;
use serde_json::Value;

use super::Base;
use crate::client::{Api, refused_with};
use crate::folder::{Form, FunctionConfig, FunctionFolder};
use crate::render::{Answer, Style};

/// Writes folders.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke function pull greet_workshop
  convoke function pull --all --form v2
  convoke function pull greet_workshop --version 3 --force")]
pub(crate) struct Pull {
    /// Their names or ids
    #[arg(required_unless_present = "all")]
    name: Vec<String>,
    /// Every function of the account
    #[arg(long, conflicts_with_all = ["name", "version"])]
    all: bool,
    /// A kept version in the place of the draft
    #[arg(long, value_name = "NUMBER")]
    version: Option<u32>,
    /// How to write config.json
    #[arg(long, value_enum, default_value_t)]
    form: Form,
    /// Write over a folder that differs
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    base: Base,
}

/// Compares.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  convoke function diff greet_workshop                         the draft on the server, and the folder
  convoke function diff greet_workshop --from deployed         what answers, and the draft
  convoke function diff greet_workshop --from 3 --to 5         two versions")]
pub(crate) struct Diff {
    /// Its name, or with --from or --to also its id
    name: String,
    /// The older side: draft, deployed, or the number of a version
    #[arg(long, value_name = "SIDE")]
    from: Option<String>,
    /// The newer side [default: draft]
    #[arg(long, value_name = "SIDE")]
    to: Option<String>,
    #[command(flatten)]
    base: Base,
}

impl Pull {
    pub(super) async fn run(self, api: &Api<'_>) -> Result<Answer> {
        let names = if self.all {
            let all: List<FunctionView> = api.get(&["functions"]).await?;
            all.items.into_iter().map(|function| function.name).collect()
        } else {
            self.name.clone()
        };
        let mut written = Vec::new();
        for name in &names {
            written.push(self.pull(api, name).await?);
        }
        Answer::new(&written, written.join("\n"))
    }

    async fn pull(&self, api: &Api<'_>, name: &str) -> Result<String> {
        let detail: FunctionDetail = api.get(&["functions", name]).await?;
        let draft = match self.version {
            None => detail.draft,
            Some(number) => version(api, name, number).await?,
        };
        let function = detail.function;
        let folder = FunctionFolder::of(&self.base.folder, &function.name)?;
        let settings = Some(draft.settings).filter(|settings| *settings != FunctionSettings::default());
        let config = FunctionConfig {
            event: function.event,
            skills: function.skills,
            description: function.description,
            environment: draft.environment,
            settings,
        };
        folder.save(&draft.source, &config, self.form, self.force)?;
        Ok(folder.path().display().to_string())
    }
}

async fn version(api: &Api<'_>, name: &str, number: u32) -> Result<Draft> {
    let versions: List<Version> = api.get(&["functions", name, "versions"]).await?;
    let kept: Vec<String> = versions.items.iter().map(|version| version.version.to_string()).collect();
    let found = versions.items.into_iter().find(|version| version.version == number);
    let Some(version) = found else {
        bail!("version {number} of {name} is not kept; the kept ones are {}", kept.join(", "))
    };
    Ok(version.draft)
}

impl Diff {
    pub(super) async fn run(self, api: &Api<'_>, style: Style) -> Result<Answer> {
        let diff = if self.from.is_some() || self.to.is_some() {
            let sides = [("from", self.from), ("to", self.to)];
            let query: Vec<(&str, String)> =
                sides.into_iter().filter_map(|(name, side)| side.map(|side| (name, side))).collect();
            api.find(&["functions", &self.name, "diff"], &query).await?
        } else {
            self.with_folder(api).await?
        };
        Answer::new(&diff, told(&diff, style))
    }

    /// The draft on the server, and the folder: what a push would change.
    async fn with_folder(&self, api: &Api<'_>) -> Result<FunctionDiff> {
        let folder = FunctionFolder::of(&self.base.folder, &self.name)?;
        let (source, config) = (folder.source()?, folder.config()?);
        let present: FunctionDetail = match api.get(&["functions", &self.name]).await {
            Err(error) if refused_with(&error, "function.unknown") => {
                bail!("the server has no function {} yet: `convoke function push {0}` makes it", self.name)
            }
            present => present?,
        };
        let local =
            Draft { source, environment: config.environment, settings: config.settings.unwrap_or_default() };
        let path = folder.path().display().to_string();
        let mut diff = FunctionDiff::between(("draft", &present.draft), (&path, &local));
        let mut also = |field: &str, before: Value, after: Value| {
            if before != after {
                diff.changes.push(FieldChange {
                    field: field.to_owned(),
                    before: Some(before),
                    after: Some(after),
                });
            }
        };
        let of = |value| serde_json::to_value(value).context("a set of ids is always JSON");
        also("description", present.function.description.into(), config.description.into());
        also("skills", of(&present.function.skills)?, of(&config.skills)?);
        Ok(diff)
    }
}

fn told(diff: &FunctionDiff, style: Style) -> String {
    if diff.is_empty() {
        return format!("{} and {} are the same.", diff.from, diff.to);
    }
    let mut lines: Vec<String> =
        diff.source.unified.lines().map(|line| crate::cmd::painted(line, style)).collect();
    for FieldChange { field, before, after } in &diff.changes {
        let side = |value: &Option<Value>| match value {
            None => "-".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        lines.push(format!("{field}: {} -> {}", side(before), side(after)));
    }
    lines.join("\n")
}
