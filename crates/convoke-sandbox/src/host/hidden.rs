//! The secrets that one run has come to know, to be taken out of whatever it says.
//!
//! Promises: what a function logs or throws does not show a secret that it has read, written as the secret is or within a
//! longer text. Leaves out: a function that takes a secret apart before it shows it.

use serde_json::Value;

use crate::limits::SECRETS_HIDDEN_MAX;

/// Shorter texts are no secrets worth hiding, and hiding them would make any log unreadable. Bytes.
const VALUE_BYTES_MIN: usize = 4;

/// What to hide, longest first, and what to show in its place.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    values: Vec<(String, String)>,
}

impl Hidden {
    /// From now on, hides the secret `key`, which has this value; of an object, each of its texts.
    pub(crate) fn learn(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) => self.add(key, text),
            Value::Array(items) => items.iter().for_each(|item| self.learn(key, item)),
            Value::Object(fields) => fields.values().for_each(|field| self.learn(key, field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn add(&mut self, key: &str, text: &str) {
        let known = self.values.iter().any(|(value, _)| value == text);
        if known || text.len() < VALUE_BYTES_MIN || self.values.len() >= SECRETS_HIDDEN_MAX {
            return;
        }
        let shown = format!("[secret {key}]");
        // Within JSON a secret with quotes or line breaks looks different.
        let written = Value::from(text).to_string();
        let escaped = &written[1..written.len() - 1];
        if escaped != text {
            self.values.push((escaped.to_owned(), shown.clone()));
        }
        self.values.push((text.to_owned(), shown));
        self.values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    }

    /// Whether there is nothing to hide.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes the secrets out of a text.
    pub(crate) fn clean(&self, text: &mut String) {
        for (value, shown) in &self.values {
            if text.contains(value.as_str()) {
                *text = text.replace(value.as_str(), shown);
            }
        }
    }

    /// Takes the secrets out of data.
    pub(crate) fn clean_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.clean(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean_value(item)),
            Value::Object(fields) => {
                for field in fields.values_mut() {
                    self.clean_value(field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_secret_is_taken_out_of_texts_and_data() {
        let mut hidden = Hidden::default();
        hidden.learn("app", &serde_json::json!({ "id": "client-1", "secret": "a\"quoted\" one", "n": 1 }));
        let mut text = r#"sent client-1 with {"secret":"a\"quoted\" one"}"#.to_owned();
        hidden.clean(&mut text);
        assert_eq!(text, r#"sent [secret app] with {"secret":"[secret app]"}"#);
        let mut value = serde_json::json!(["a\"quoted\" one", { "x": "client-1!" }]);
        hidden.clean_value(&mut value);
        assert_eq!(value, serde_json::json!(["[secret app]", { "x": "[secret app]!" }]));
    }

    #[test]
    fn the_longer_secret_goes_first_and_short_ones_are_left() {
        let mut hidden = Hidden::default();
        hidden.learn("short", &Value::from("abcd"));
        hidden.learn("long", &Value::from("abcdefgh"));
        hidden.learn("tiny", &Value::from("a"));
        let mut text = "abcdefgh abcd a".to_owned();
        hidden.clean(&mut text);
        assert_eq!(text, "[secret long] [secret short] a");
    }
}
