//! Credentials in header fields of what is recorded: named, and never kept.
//!
//! Leaves out: credentials in bodies. Of these, the account's secrets are taken out as from everything that is kept.

use serde_json::Value;

/// Header fields that hold credentials, in lower case. A part of a name counts: `x-api-key` is one by its end.
const FIELDS: [&str; 8] =
    ["authorization", "cookie", "api-key", "apikey", "token", "secret", "password", "signature"];

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
    let mut whole: Value = serde_json::from_str(input).ok()?;
    let mut any = false;
    for header in whole.get_mut("headers")?.as_array_mut()? {
        let Some(name) = header["key"].as_str().filter(|name| holds_credentials(name)) else { continue };
        header["value"] = reference(name);
        any = true;
    }
    any.then(|| whole.to_string())
}

/// An answer of another host, `{headers: [[name, value]], …}`, without the values of such fields; `None` if it has none.
pub(super) fn named_in_answer(answer: &str) -> Option<String> {
    // Names are in lower case here, so that most answers need not be read for it.
    if !FIELDS.iter().any(|field| answer.contains(field)) {
        return None;
    }
    let mut whole: Value = serde_json::from_str(answer).ok()?;
    let mut any = false;
    for header in whole.get_mut("headers")?.as_array_mut()? {
        let Some(name) = header[0].as_str().filter(|name| holds_credentials(name)) else { continue };
        header[1] = reference(name);
        any = true;
    }
    any.then(|| whole.to_string())
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
