//! The secrets that one run has come to know, to be taken out of whatever it says.
//!
//! Promises: what a function logs or throws does not show a secret that it has read, written as the secret is or within a
//! longer text. Leaves out: a function that takes a secret apart before it shows it.

use convoke_domain::account::secret_text;
use serde_json::Value;

use crate::limits::SECRETS_HIDDEN_MAX;

/// Shorter texts are no secrets worth hiding, and hiding them would make any log unreadable. Bytes.
const VALUE_BYTES_MIN: usize = 4;

/// What to hide, longest first.
#[derive(Default)]
pub(crate) struct Hidden {
    values: Vec<Hide>,
}

/// A secret that a run knows.
pub(crate) struct Learned {
    pub(crate) key: String,
    pub(crate) version: u64,
    pub(crate) value: Value,
}

/// One text to hide.
struct Hide {
    text: String,
    shown: String,
    reference: String,
}

impl Hidden {
    /// From now on, hides this secret; of an object, each of its texts.
    pub(crate) fn learn(&mut self, learned: &Learned) {
        secret_text::texts(&learned.value, &mut |text| {
            let long = text.len() >= VALUE_BYTES_MIN;
            secret_text::forms(text).filter(|_| long).for_each(|form| self.add(learned, form));
        });
        self.values.sort_by_key(|hide| std::cmp::Reverse(hide.text.len()));
    }

    fn add(&mut self, learned: &Learned, text: String) {
        let known = self.values.iter().any(|hide| hide.text == text);
        if !known && self.values.len() < SECRETS_HIDDEN_MAX {
            let shown = secret_text::shown(&learned.key);
            let reference = secret_text::reference(&learned.key, learned.version);
            self.values.push(Hide { text, shown, reference });
        }
    }

    /// Whether there is nothing to hide.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Takes the secrets out of a text that people see.
    pub(crate) fn clean(&self, text: &mut String) {
        self.replace(text, |hide| &hide.shown);
    }

    /// Takes the secrets out of a text that is recorded, and says which versions they were.
    pub(crate) fn refer(&self, text: &mut String) {
        self.replace(text, |hide| &hide.reference);
    }

    fn replace(&self, text: &mut String, by: impl Fn(&Hide) -> &str) {
        for hide in &self.values {
            if text.contains(hide.text.as_str()) {
                *text = text.replace(hide.text.as_str(), by(hide));
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

    fn hidden(secrets: &[(&str, Value)]) -> Hidden {
        let mut hidden = Hidden::default();
        for (key, value) in secrets {
            hidden.learn(&Learned { key: (*key).to_owned(), version: 2, value: value.clone() });
        }
        hidden
    }

    #[test]
    fn a_known_secret_is_taken_out_of_texts_and_data() {
        let app = serde_json::json!({ "id": "client-1", "secret": "a\"quoted\" one", "n": 1 });
        let hidden = hidden(&[("app", app)]);
        let mut text = r#"sent client-1 with {"secret":"a\"quoted\" one"}"#.to_owned();
        hidden.clean(&mut text);
        assert_eq!(text, r#"sent [secret app] with {"secret":"[secret app]"}"#);
        let mut value = serde_json::json!(["a\"quoted\" one", { "x": "client-1!" }]);
        hidden.clean_value(&mut value);
        assert_eq!(value, serde_json::json!(["[secret app]", { "x": "[secret app]!" }]));
    }

    #[test]
    fn a_recording_says_which_version_it_was_also_in_a_body_within_an_answer() {
        let hidden = hidden(&[("pem", Value::from("BEGIN \"KEY\"\nabc\n"))]);
        let body = serde_json::json!({ "key": "BEGIN \"KEY\"\nabc\n" }).to_string();
        let mut answer = serde_json::json!({ "text": body }).to_string();
        hidden.refer(&mut answer);
        assert_eq!(answer, r#"{"text":"{\"key\":\"[secret pem 2]\"}"}"#);
    }

    #[test]
    fn the_longer_secret_goes_first_and_short_ones_are_left() {
        let secrets = [("short", "abcd"), ("long", "abcdefgh"), ("tiny", "a")];
        let hidden = hidden(&secrets.map(|(key, value)| (key, Value::from(value))));
        let mut text = "abcdefgh abcd a".to_owned();
        hidden.clean(&mut text);
        assert_eq!(text, "[secret long] [secret short] a");
    }
}
