//! What both sides say of one state change event, and the first thing in which they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use convoke_domain::id::ConversationId;
use jiff::Timestamp;
use serde_json::Value;

/// One state change event of a conversation: when, which, and everything that was recorded with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Firing {
    pub(crate) at: Timestamp,
    /// The `cbotEventType`.
    pub(crate) code: String,
    /// By name: fields of the payload by their path in it, and how it went on (`fired`, `depth`, `cause`, `answer`…).
    pub(crate) facts: BTreeMap<String, Value>,
}

impl Firing {
    /// Takes a JSON object apart: each leaf under its path. A list is one fact, in an order that says nothing.
    pub(crate) fn spread(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.spread(&format!("{path}.{name}"), value);
                }
            }
            Value::Array(list) => {
                let mut list: Vec<Value> = list.clone();
                list.sort_by_key(Value::to_string);
                self.facts.insert(path.trim_start_matches('.').to_owned(), list.into());
            }
            leaf => {
                self.facts.insert(path.trim_start_matches('.').to_owned(), leaf.clone());
            }
        }
    }
}

impl fmt::Display for Firing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fact =
            |name: &str| self.facts.get(name).map_or_else(String::new, |value| format!(" {name}={value}"));
        write!(f, "{} {}", self.at, self.code)?;
        ["fired", "depth", "cause", "answer", "message"].iter().try_for_each(|name| f.write_str(&fact(name)))
    }
}

/// The first difference between what the rules say of a conversation and what happened, for people to read; `None` if there
/// is none.
pub(crate) fn first_difference(
    conversation: ConversationId,
    due: &[Firing],
    fired: &[Firing],
) -> Option<String> {
    let place = (0..due.len().max(fired.len())).find(|place| due.get(*place) != fired.get(*place))?;
    let mut text = format!("conversation {conversation}, event {}:\n", place + 1);
    for before in fired.iter().take(place) {
        let _ = writeln!(text, "  both say   {before}");
    }
    let said = |firing: Option<&Firing>| firing.map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let _ = writeln!(text, "  the rules  {}", said(due.get(place)));
    let _ = writeln!(text, "  the engine {}", said(fired.get(place)));
    if let (Some(due), Some(fired)) = (due.get(place), fired.get(place)) {
        text.push_str(&differing_facts(due, fired));
    }
    Some(text)
}

fn differing_facts(due: &Firing, fired: &Firing) -> String {
    let mut text = String::new();
    let names: BTreeSet<&String> = due.facts.keys().chain(fired.facts.keys()).collect();
    for name in names {
        let (due, fired) = (due.facts.get(name), fired.facts.get(name));
        if due != fired {
            let said = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            let _ = writeln!(text, "    {name}: the rules {}, the engine {}", said(due), said(fired));
        }
    }
    text
}
