//! A function as a folder: `functions/<name>/` with its code, `config.json` and `payload.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use convoke_api::v1::function::FunctionSettings;
use convoke_api::v1::run::FunctionInput;
use convoke_api::v1::template::Template;
use convoke_domain::function::EventBinding;
use convoke_domain::id::SkillId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::files;

mod code;
mod liveperson;

pub(crate) use liveperson::Form;

const SOURCE: &str = "index.js";
const CONFIG: &str = "config.json";
const PAYLOAD: &str = "payload.json";

/// Where a function lies.
#[derive(Debug, Clone)]
pub(crate) struct FunctionFolder {
    name: String,
    path: PathBuf,
}

/// What `config.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FunctionConfig {
    /// The event; absent: only calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<EventBinding>,
    /// The skills that it answers for; none means all.
    pub(crate) skills: BTreeSet<SkillId>,
    pub(crate) description: String,
    pub(crate) environment: BTreeMap<String, String>,
    /// Hold, fence and budgets, where they are not the usual ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settings: Option<FunctionSettings>,
}

impl FunctionFolder {
    /// The folder of `name` below `base`.
    pub(crate) fn of(base: &Path, name: &str) -> Result<Self> {
        let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        ensure!(good, "\"{name}\" is no function name: use letters, digits and _");
        Ok(Self { name: name.to_owned(), path: base.join(name) })
    }

    /// The function's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it from a template.
    pub(crate) fn create(&self, template: &Template, skills: BTreeSet<SkillId>) -> Result<()> {
        if self.path.exists() {
            bail!("{} is there already: choose another name, or edit that one", self.path.display());
        }
        let config = FunctionConfig {
            event: template.event,
            skills,
            description: template.description.clone(),
            ..FunctionConfig::default()
        };
        std::fs::create_dir_all(&self.path)
            .with_context(|| format!("cannot create {}", self.path.display()))?;
        self.write(SOURCE, &template.source)?;
        self.write(CONFIG, &format!("{}\n", serde_json::to_string_pretty(&config)?))?;
        self.write(PAYLOAD, &format!("{}\n", serde_json::to_string_pretty(&template.payload)?))
    }

    /// The code as the server keeps it.
    pub(crate) fn source(&self) -> Result<String> {
        self.check_there()?;
        code::read(&self.path)
    }

    /// The files that make it a function; none while it is being made, without code or without configuration.
    pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
        let config = path.join(CONFIG);
        let code = code::paths(path);
        if code.is_empty() || !config.is_file() {
            return Vec::new();
        }
        code.iter().map(|file| path.join(file)).chain([config]).collect()
    }

    /// What `config.json` says.
    pub(crate) fn config(&self) -> Result<FunctionConfig> {
        let text = self.read(CONFIG)?;
        let wrong = || format!("{} is wrong", self.path.join(CONFIG).display());
        let config: Value = serde_json::from_str(&text).with_context(wrong)?;
        if liveperson::is_theirs(&config) {
            return liveperson::read(config).map(|(config, _)| config).with_context(wrong);
        }
        serde_json::from_str(&text).with_context(wrong)
    }

    /// The input that tests run on, if there is one: a file of its own, else what LivePerson's configuration says.
    pub(crate) fn sample(&self) -> Result<Option<FunctionInput>> {
        let path = self.path.join(PAYLOAD);
        if path.is_file() {
            return input(&path).map(Some);
        }
        let Some(text) = files::read_if_there(&self.path.join(CONFIG))? else { return Ok(None) };
        match serde_json::from_str::<Value>(&text) {
            Ok(config) if liveperson::is_theirs(&config) => Ok(Some(liveperson::read(config)?.1)),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// Writes code and configuration. A folder that says something else is left alone, unless it may be written over.
    pub(crate) fn save(&self, source: &str, config: &FunctionConfig, form: Form, over: bool) -> Result<()> {
        if self.path.is_dir() && !over {
            let same =
                self.source().is_ok_and(|own| own == source) && self.config().is_ok_and(|own| own == *config);
            ensure!(
                same,
                "{} differs from what the server has: `convoke function diff {}` shows how, --force writes over it",
                self.path.display(),
                self.name
            );
        }
        std::fs::create_dir_all(&self.path)
            .with_context(|| format!("cannot create {}", self.path.display()))?;
        let config = match form {
            Form::Native => serde_json::to_value(config)?,
            Form::V1 | Form::V2 => {
                let input = self.sample().ok().flatten().unwrap_or_default();
                liveperson::write(form, &self.name, config, input)?
            }
        };
        code::write(&self.path, source)?;
        self.write(CONFIG, &format!("{config:#}\n"))
    }

    fn check_there(&self) -> Result<()> {
        ensure!(
            self.path.is_dir(),
            "there is no folder {}: `convoke function new {}` makes one",
            self.path.display(),
            self.name
        );
        Ok(())
    }

    fn read(&self, file: &str) -> Result<String> {
        self.check_there()?;
        files::read(&self.path.join(file))
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path.join(file);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The input in a file: a whole one with `headers` and `payload`, or a payload alone.
pub(crate) fn input(path: &Path) -> Result<FunctionInput> {
    let text = files::read(path)?;
    let wrong = || format!("{} is no JSON that a function can be given", path.display());
    let value: Value = serde_json::from_str(&text).with_context(wrong)?;
    if value.get("payload").is_some() {
        serde_json::from_value(value).with_context(wrong)
    } else {
        Ok(FunctionInput { payload: value, ..FunctionInput::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        Template {
            id: "greeting".to_owned(),
            title: "Greeting".to_owned(),
            event: "controllerbot_messaging_ttr".parse().ok(),
            generation: "v1".to_owned(),
            description: "Greets.".to_owned(),
            source: "function lambda() {}".to_owned(),
            payload: serde_json::json!({"headers": [], "payload": {"name": "Ada"}}),
        }
    }

    #[test]
    fn a_new_folder_reads_back_as_its_template() {
        let dir = tempfile::tempdir().unwrap();
        let folder = FunctionFolder::of(dir.path(), "hello").unwrap();
        folder.create(&template(), BTreeSet::from(["654321".parse().unwrap()])).unwrap();
        assert_eq!(folder.source().unwrap(), "function lambda() {}");
        let config = folder.config().unwrap();
        assert_eq!(config.event.unwrap().event_id(), "controllerbot_messaging_ttr");
        assert_eq!(config.skills.len(), 1);
        assert_eq!(folder.sample().unwrap().unwrap().payload["name"], "Ada");
        assert!(folder.create(&template(), BTreeSet::new()).unwrap_err().to_string().contains("already"));
    }

    #[test]
    fn a_pulled_folder_is_not_written_over_by_accident() {
        let dir = tempfile::tempdir().unwrap();
        let folder = FunctionFolder::of(dir.path(), "hello").unwrap();
        let config = FunctionConfig { description: "Greets.".to_owned(), ..FunctionConfig::default() };
        for form in [Form::Native, Form::V1, Form::V2] {
            folder.save("one", &config, form, false).unwrap();
            assert_eq!(
                (folder.source().unwrap().as_str(), folder.config().unwrap()),
                ("one", config.clone())
            );
        }
        let refused = folder.save("two", &config, Form::Native, false).unwrap_err().to_string();
        assert!(refused.contains("--force"), "{refused}");
        folder.save("two", &config, Form::Native, true).unwrap();
        assert_eq!(folder.source().unwrap(), "two");
    }

    #[test]
    fn a_payload_alone_is_an_input_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.json");
        std::fs::write(&path, r#"{"name":"Ada"}"#).unwrap();
        assert_eq!(input(&path).unwrap().payload, serde_json::json!({"name": "Ada"}));
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        assert!(FunctionFolder::of(Path::new("functions"), "../secrets").is_err());
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = FunctionFolder::of(dir.path(), "hello").unwrap();
        folder.create(&template(), BTreeSet::new()).unwrap();
        std::fs::write(folder.path().join(CONFIG), r#"{"skillz": []}"#).unwrap();
        assert!(format!("{:#}", folder.config().unwrap_err()).contains("skillz"));
    }
}
