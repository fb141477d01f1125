//! What differs between two states of something: fields before and after, texts as a unified diff.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use utoipa::ToSchema;

/// How long the smallest difference is looked for. After it a larger one is told, which is as true.
const SEARCH_TIME_MAX: Duration = Duration::from_millis(200);

/// Lines around a difference, as tools show it.
const CONTEXT_LINES: usize = 3;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Its path, for instance `settings.hold_ms`.
    #[schema(example = "settings.hold_ms")]
    pub field: String,
    /// What it was; absent if it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// What it is; absent if it is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
}

/// How two texts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceDiff {
    /// The difference as a unified diff, as `diff -u` and `git` write it; empty if there is none.
    pub unified: String,
    /// Lines that were added.
    pub added: usize,
    /// Lines that were removed.
    pub removed: usize,
}

impl SourceDiff {
    /// How `after` differs from `before`; the names stand in the head of the diff.
    pub fn between((before_name, before): (&str, &str), (after_name, after): (&str, &str)) -> Self {
        let diff = TextDiff::configure().timeout(SEARCH_TIME_MAX).diff_lines(before, after);
        let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
        let (added, removed) = (count(ChangeTag::Insert), count(ChangeTag::Delete));
        let mut unified = diff.unified_diff();
        let unified = unified.context_radius(CONTEXT_LINES).header(before_name, after_name).to_string();
        Self { unified, added, removed }
    }
}

/// The fields in which two values differ, in the order of their paths. Lists count as a whole.
pub fn changes(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare(String::new(), Some(before), Some(after), &mut found);
    found
}

fn compare(field: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(old)), Some(Value::Object(new))) = (before, after) {
        // In alphabetical order, whatever the order of the objects.
        let mut known: Vec<&String> = old.keys().collect();
        let mut only_new: Vec<&String> = new.keys().filter(|name| !old.contains_key(*name)).collect();
        known.sort();
        only_new.sort();
        for name in known.into_iter().chain(only_new) {
            let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
            compare(path, old.get(name), new.get(name), found);
        }
        return;
    }
    let present = |value: Option<&Value>| value.filter(|value| !value.is_null()).cloned();
    found.push(FieldChange { field, before: present(before), after: present(after) });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told_with_its_path() {
        let before = json!({"name": "a", "settings": {"hold_ms": 250, "wall_ms": 1}, "gone": 1});
        let after = json!({"name": "a", "settings": {"hold_ms": 500, "wall_ms": 1}, "skills": ["1"]});
        let told: Vec<String> = changes(&before, &after).into_iter().map(|change| change.field).collect();
        assert_eq!(told, ["gone", "settings.hold_ms", "skills"]);
        assert!(changes(&after, &after).is_empty());
    }

    #[test]
    fn a_source_differs_as_tools_show_it() {
        let diff = SourceDiff::between(("version 1", "a\nb\nc\n"), ("draft", "a\nB\nc\nd\n"));
        assert_eq!((diff.added, diff.removed), (2, 1));
        assert!(diff.unified.starts_with("--- version 1\n+++ draft\n@@ "), "{}", diff.unified);
        assert!(diff.unified.contains("\n-b\n+B\n c\n+d\n"), "{}", diff.unified);
        assert_eq!(SourceDiff::between(("x", "a"), ("y", "a")).unified, "");
    }

    #[test]
    fn sources_without_a_common_line_are_compared_soon() {
        let text =
            |word: &str| (0..20_000).map(|line| format!("{word}{line}")).collect::<Vec<_>>().join("\n");
        let diff = SourceDiff::between(("a", &text("a")), ("b", &text("b")));
        assert_eq!((diff.added, diff.removed), (20_000, 20_000));
    }
}
