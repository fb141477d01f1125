//! How a secret's value may be written in texts, and what is written in its place.
//!
//! Leaves out: values that are written otherwise, such as in Base64 or taken apart.

use serde_json::Value;

/// How often a text is written within JSON at most: by itself, in JSON, and in JSON that is a text within JSON, as bodies are.
const FORMS: usize = 3;

/// Calls `each` with the texts of a secret's value: of an object, each of its texts. Numbers are found by chance, and are none.
pub fn texts<'a>(value: &'a Value, each: &mut dyn FnMut(&'a str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, each)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The ways in which a text of a secret is written: as it is, in JSON, and in JSON within JSON, as far as these differ.
pub fn forms(text: &str) -> impl Iterator<Item = String> {
    let escaped = |form: &String| {
        let written = Value::from(form.as_str()).to_string();
        let inner = &written[1..written.len() - 1];
        (inner != form).then(|| inner.to_owned())
    };
    std::iter::successors(Some(text.to_owned()), escaped).take(FORMS)
}

/// What people see in the place of a value.
pub fn shown(name: &str) -> String {
    format!("[secret {name}]")
}

/// What a recording has in the place of a value: a replay finds the value by it.
pub fn reference(name: &str, version: u64) -> String {
    format!("[secret {name} {version}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_forms_that_differ() {
        assert_eq!(forms("plain").collect::<Vec<_>>(), ["plain"]);
        assert_eq!(forms("a\"b").collect::<Vec<_>>(), ["a\"b", r#"a\"b"#, r#"a\\\"b"#]);
    }

    #[test]
    fn the_texts_of_an_object_are_those_of_all_its_fields() {
        let value = serde_json::json!({ "id": "one", "more": ["two", 3, { "x": "four" }] });
        let mut found = Vec::new();
        texts(&value, &mut |text| found.push(text));
        assert_eq!(found, ["one", "two", "four"]);
    }
}
