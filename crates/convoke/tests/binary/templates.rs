//! Every template passes its own sample, as its `[expects]` says.

use std::path::Path;

use crate::support::{Dev, repository};
use serde_json::Value;

/// What `template.toml` expects of a run on the sample.
#[derive(serde::Deserialize)]
struct Description {
    id: String,
    expects: Expects,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Expects {
    /// `commands` or `value`.
    answer: String,
    #[serde(default)]
    commands: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
}

fn description(folder: &Path) -> Description {
    toml::from_str(&std::fs::read_to_string(folder.join("template.toml")).unwrap()).unwrap()
}

#[test]
fn every_template_passes_its_own_sample() {
    let dev = Dev::start();
    let mut folders: Vec<_> = std::fs::read_dir(repository().join("templates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 12);
    for folder in folders {
        let Description { id, expects } = description(&folder);
        let name = format!("my_{}", id.replace('-', "_"));
        dev.ok(&["function", "new", &name, "--template", &id, "--skill", "654321"]);
        dev.ok(&["function", "push", &name]);
        let run = dev.json(&["function", "test", &name]);
        check(&id, &expects, &run);
    }
}

fn check(id: &str, expects: &Expects, run: &Value) {
    assert_eq!(run["answered"], true, "{id}: {run:#}");
    let result = run["result"].to_string();
    for part in &expects.contains {
        assert!(result.contains(part), "{id}: {part} is not in {result}");
    }
    match expects.answer.as_str() {
        "commands" => {
            let commands = run["bot"]["commands"].as_array().unwrap();
            let kinds: Vec<&str> =
                commands.iter().map(|command| command["command"].as_str().unwrap()).collect();
            assert_eq!(kinds, expects.commands, "{id}: {run:#}");
            assert!(commands.iter().all(|command| command["would"] == "apply"), "{id}: {run:#}");
        }
        "value" => assert!(run.get("bot").is_none(), "{id}: {run:#}"),
        other => panic!("{id} expects \"{other}\", which nobody can check"),
    }
}
