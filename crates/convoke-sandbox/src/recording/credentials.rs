//! Credentials in header fields of what is recorded: named, and never kept.
//!
//! Leaves out: credentials in bodies. Of these, the account's secrets are taken out as from everything that is kept.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Header fields that hold credentials, in lower case. A part of a name counts: `x-api-key` is one by its end.
const FIELDS: [&str; 8] =
    ["authorization", "cookie", "api-key", "apikey", "token", "secret", "password", "signature"];

/// Only the names of the fields, so that a large body is not built to find that nothing in it has to go.
#[derive(Deserialize)]
struct Head<F> {
    headers: Vec<F>,
}

#[derive(Deserialize)]
struct Field<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
}

/// What an answer has in the place of a field's value.
fn reference(name: &str) -> Value {
    Value::from(format!("[header {}]", name.to_ascii_lowercase()))
}

fn holds_credentials(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    FIELDS.iter().any(|field| name.contains(field))
}

/// The input of an invocation, `{headers: [{key, value}], …}`, without the values of such fields; `None` if it has none.
pub(super) fn named_in_input(input: &str) -> Option<String> {
    // What a conversation's change causes has no headers, and is not read again for that.
    if input.starts_with(r#"{"headers":[]"#) {
        return None;
    }
    let head: Head<Field> = serde_json::from_str(input).ok()?;
    if !head.headers.iter().any(|field| holds_credentials(&field.key)) {
        return None;
    }
    let mut whole: Value = serde_json::from_str(input).ok()?;
    for header in whole.get_mut("headers")?.as_array_mut()? {
        if let Some(name) = header["key"].as_str().filter(|name| holds_credentials(name)) {
            header["value"] = reference(name);
        }
    }
    Some(whole.to_string())
}

/// An answer of another host, `{headers: [[name, value]], …}`, without the values of such fields; `None` if it has none.
pub(super) fn named_in_answer(answer: &str) -> Option<String> {
    // Names are in lower case here, so that most answers need not be read for it.
    if !FIELDS.iter().any(|field| answer.contains(field)) {
        return None;
    }
    let head: Head<(Cow<'_, str>, IgnoredAny)> = serde_json::from_str(answer).ok()?;
    if !head.headers.iter().any(|(name, _)| holds_credentials(name)) {
        return None;
    }
    let mut whole: Value = serde_json::from_str(answer).ok()?;
    for header in whole.get_mut("headers")?.as_array_mut()? {
        if let Some(name) = header[0].as_str().filter(|name| holds_credentials(name)) {
            header[1] = reference(name);
        }
    }
    Some(whole.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_credentials_are_named_and_others_stay() {
        let input =
            r#"{"headers":[{"key":"X-Api-Key","value":"k-1"},{"key":"Lang","value":"de"}],"payload":"k-2"}"#;
        let kept: Value = serde_json::from_str(&named_in_input(input).unwrap()).unwrap();
        assert_eq!(kept["headers"][0]["value"], "[header x-api-key]");
        assert_eq!((&kept["headers"][1]["value"], &kept["payload"]), (&"de".into(), &"k-2".into()));
        let answer = r#"{"status":200,"headers":[["set-cookie","s=1"],["etag","e"]],"text":"t"}"#;
        let kept: Value = serde_json::from_str(&named_in_answer(answer).unwrap()).unwrap();
        assert_eq!(
            kept["headers"],
            serde_json::json!([["set-cookie", "[header set-cookie]"], ["etag", "e"]])
        );
    }

    #[test]
    fn what_has_none_is_kept_as_it_is() {
        assert_eq!(named_in_input(r#"{"headers":[],"payload":1}"#), None);
        assert_eq!(named_in_input("no JSON"), None);
        assert_eq!(named_in_answer(r#"{"status":200,"headers":[["etag","e"]]}"#), None);
        assert_eq!(named_in_answer("\"va.msghist.example.com\""), None);
    }
}
