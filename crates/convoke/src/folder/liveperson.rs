//! LivePerson's layout of a function's folder: the same `index.js`, and a `config.json` of theirs.
//!
//! Their first generation lists environment variables as pairs, and cannot do without one; the second has a map. Both are
//! read; fields that we do not know are theirs and are let be.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use convoke_api::v1::run::FunctionInput;
use convoke_domain::function::EventBinding;
use convoke_domain::id::SkillId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FunctionConfig;

/// How they write that a function has no event.
const NO_EVENT: &str = "No Event";

/// How `config.json` is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Ours
    #[default]
    Native,
    /// LivePerson's first generation
    V1,
    /// LivePerson's second generation
    V2,
}

/// What their `config.json` says, as far as we read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Theirs {
    name: String,
    #[serde(default)]
    event: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    skills: BTreeSet<SkillId>,
    #[serde(default)]
    input: FunctionInput,
    #[serde(default)]
    environment_variables: Variables,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Variables {
    Pairs(Vec<Pair>),
    Map(BTreeMap<String, String>),
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Pair {
    key: String,
    value: String,
}

impl Default for Variables {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

/// Whether this `config.json` is in a form of theirs.
pub(super) fn is_theirs(config: &Value) -> bool {
    config.get("environmentVariables").is_some() || config.get("input").is_some()
}

/// Reads theirs: what it says, and the input for tests.
pub(super) fn read(config: Value) -> Result<(FunctionConfig, FunctionInput)> {
    let theirs: Theirs = serde_json::from_value(config)?;
    let event = match theirs.event.as_deref().map(str::trim) {
        None | Some("" | NO_EVENT) => None,
        Some(event) => Some(event.parse::<EventBinding>().context("event")?),
    };
    let environment = match theirs.environment_variables {
        Variables::Map(map) => map,
        // A pair without a name stands for none at all.
        Variables::Pairs(pairs) => {
            pairs.into_iter().filter(|pair| !pair.key.is_empty()).map(|pair| (pair.key, pair.value)).collect()
        }
    };
    let config = FunctionConfig {
        event,
        skills: theirs.skills,
        description: theirs.description,
        environment,
        settings: None,
    };
    Ok((config, theirs.input))
}

/// Writes theirs.
pub(super) fn write(form: Form, name: &str, config: &FunctionConfig, input: FunctionInput) -> Result<Value> {
    let pairs = || {
        let pairs: Vec<Pair> = config
            .environment
            .iter()
            .map(|(key, value)| Pair { key: key.clone(), value: value.clone() })
            .collect();
        // Their tools read the first one unguarded.
        if pairs.is_empty() { vec![Pair::default()] } else { pairs }
    };
    let environment_variables = match form {
        Form::V1 => Variables::Pairs(pairs()),
        Form::V2 | Form::Native => Variables::Map(config.environment.clone()),
    };
    let theirs = Theirs {
        name: name.to_owned(),
        event: Some(config.event.map_or_else(|| NO_EVENT.to_owned(), |event| event.to_string())),
        description: config.description.clone(),
        skills: config.skills.clone(),
        input,
        environment_variables,
    };
    Ok(serde_json::to_value(theirs)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first_generation() -> Value {
        json!({
            "name": "Hello", "event": "controllerbot_messaging_ttr", "description": "Greets.",
            "input": {"headers": [], "payload": {"a": 1}},
            "environmentVariables": [{"key": "KEY", "value": "v"}, {"key": "", "value": ""}]
        })
    }

    #[test]
    fn both_generations_are_read() {
        let (config, input) = read(first_generation()).unwrap();
        assert_eq!(config.environment, BTreeMap::from([("KEY".to_owned(), "v".to_owned())]));
        assert_eq!(config.event.unwrap().event_id(), "controllerbot_messaging_ttr");
        assert_eq!(input.payload, json!({"a": 1}));
        let second = json!({"name": "Hello", "event": "No Event", "version": 3, "input": {"payload": 1},
            "environmentVariables": {"KEY": "v"}});
        assert!(is_theirs(&second));
        let (config, _) = read(second).unwrap();
        assert_eq!((config.event, config.environment.len()), (None, 1));
    }

    #[test]
    fn what_is_written_reads_back() {
        let (config, input) = read(first_generation()).unwrap();
        for form in [Form::V1, Form::V2] {
            let written = write(form, "Hello", &config, input.clone()).unwrap();
            assert_eq!(written["environmentVariables"].is_array(), form == Form::V1);
            assert_eq!(read(written).unwrap().0, config);
        }
    }

    #[test]
    fn the_first_generation_never_has_an_empty_list() {
        let written = write(Form::V1, "f", &FunctionConfig::default(), FunctionInput::default()).unwrap();
        assert_eq!(written["environmentVariables"], json!([{"key": "", "value": ""}]));
        assert_eq!(written["event"], "No Event");
    }

    #[test]
    fn our_own_form_is_not_taken_for_theirs() {
        let ours = serde_json::to_value(FunctionConfig::default()).unwrap();
        assert!(!is_theirs(&ours));
    }
}
