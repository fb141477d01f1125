//! A change of functions, as readers may see it: sources as a difference.

use convoke_domain::function::{Event, Function, Functions};
use convoke_domain::id::FunctionId;
use serde_json::{Map, Value, json};

use super::{Activity, Entry, recorded};
use crate::v1::diff::{SourceDiff, changes};
use crate::v1::function::{Draft, FunctionState};

impl Activity {
    /// A change of functions between these two states of them.
    pub fn of_functions(entry: &Entry<'_, Event>, before: &Functions, after: &Functions) -> Self {
        let (change, mut details) = recorded(entry.event);
        // Fields and source are told by what is different.
        for told in ["draft", "skills", "description", "stamp", "by", "at"] {
            details.remove(told);
        }
        let id = function_of(entry.event);
        let (old, new) = (before.get(id), after.get(id));
        if let Some(function) = new.or(old) {
            details.insert("name".to_owned(), Value::String(function.name.clone()));
        }
        Self {
            seq: entry.seq.number(),
            at: entry.at,
            by: entry.by.into(),
            change,
            details,
            changes: changes(&subject(old), &subject(new)),
            source: source(old, new),
        }
    }
}

/// The function that an event is about.
fn function_of(event: &Event) -> FunctionId {
    match event {
        Event::Created { id, .. }
        | Event::DraftSaved { id, .. }
        | Event::SkillsSet { id, .. }
        | Event::DescriptionSet { id, .. }
        | Event::VersionFrozen { id, .. }
        | Event::Deployed { id, .. }
        | Event::DeploymentFailed { id, .. }
        | Event::Undeployed { id, .. }
        | Event::Deleted { id } => *id,
    }
}

/// What can be different about a function, but for its source.
fn subject(function: Option<&Function>) -> Value {
    let Some(function) = function else { return Value::Object(Map::new()) };
    let draft = Draft::from(&function.draft);
    json!({
        "description": function.description,
        "event": function.event,
        "skills": function.skills,
        "environment": draft.environment,
        "settings": draft.settings,
        "state": FunctionState::from(function.state()),
        "deployed_version": function.deployed.as_ref().map(|deployed| deployed.version.number()),
    })
}

fn source(old: Option<&Function>, new: Option<&Function>) -> Option<SourceDiff> {
    // A function that is gone has no source to compare; its versions were told when they were saved.
    let after = &*new?.draft.source;
    let before = old.map_or("", |function| &*function.draft.source);
    (before != after).then(|| SourceDiff::between(("before", before), ("after", after)))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use convoke_domain::account::{Actor, Author, Stamp};
    use convoke_domain::decider::Decider;
    use convoke_domain::function::{Draft as DomainDraft, FunctionMachine, FunctionSettings, VersionNumber};
    use convoke_domain::id::DeploymentId;
    use convoke_domain::sequence::EventSeq;
    use jiff::Timestamp;

    use super::*;

    fn told(events: &[Event]) -> Activity {
        let (last, earlier) = events.split_last().unwrap();
        let before = earlier.iter().fold(FunctionMachine::initial(), FunctionMachine::evolve);
        let after = FunctionMachine::evolve(before.clone(), last);
        let entry =
            Entry { seq: EventSeq::FIRST, at: Timestamp::UNIX_EPOCH, by: &Actor::System, event: last };
        Activity::of_functions(&entry, &before, &after)
    }

    fn draft(source: &str) -> DomainDraft {
        DomainDraft {
            source: source.into(),
            environment: BTreeMap::from([("KEY".to_owned(), "value".to_owned())]),
            settings: FunctionSettings::default(),
        }
    }

    fn created() -> Event {
        Event::Created {
            id: FunctionId::from_bits(1),
            name: "greet".to_owned(),
            description: "Greets.".to_owned(),
            event: None,
            skills: BTreeSet::new(),
            draft: draft("one\n"),
            stamp: Stamp::default(),
        }
    }

    #[test]
    fn a_saved_draft_shows_how_source_and_environment_differ() {
        let mut changed = draft("two\n");
        changed.environment.clear();
        let saved =
            Event::DraftSaved { id: FunctionId::from_bits(1), draft: changed, stamp: Stamp::default() };
        let shown = told(&[created(), saved]);
        assert!(shown.source.unwrap().unified.contains("-one\n+two\n"));
        let fields: Vec<&str> = shown.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["environment.KEY"]);
        assert_eq!(shown.details["name"], "greet");
        assert!(!shown.details.contains_key("draft"));
    }

    #[test]
    fn a_deployment_shows_the_version_that_answers_since() {
        let (id, version, at) = (FunctionId::from_bits(1), VersionNumber::FIRST, Timestamp::UNIX_EPOCH);
        let source_sha256 = "0".repeat(64);
        let frozen = Event::VersionFrozen { id, version, source_sha256, at, by: Author::System };
        let deployment = DeploymentId::from_bits(1);
        let deployed = Event::Deployed { id, deployment, version, at, by: Author::System };
        let shown = told(&[created(), frozen, deployed]);
        let fields: Vec<&str> = shown.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["deployed_version", "state"]);
        assert!(shown.source.is_none());
    }
}
