//! The envelope of every frame (messaging contract §1.4), and lenient looks into a body.

use serde_json::{Map, Value, json};

use super::refusal::Refused;
use crate::limits;

/// A request of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its id, as a text: clients send numbers too.
    pub id: String,
    /// Its type, without what only marks the dialect.
    pub kind: String,
    /// What it is about; empty if there was none.
    pub body: Map<String, Value>,
    /// A body that is one text, as one client sends it.
    pub text: Option<String>,
    /// What is said about the connection.
    pub headers: Vec<Value>,
    /// What is said about a line.
    pub metadata: Vec<Value>,
}

/// A frame that is no request.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// The id, if at least that could be read.
    pub id: Option<String>,
    /// What is wrong.
    pub refused: Refused,
}

impl Request {
    /// Reads a frame.
    ///
    /// # Errors
    /// If it is no JSON object with an id and a type.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let whole = |why: &str| Unreadable { id: None, refused: Refused::invalid("frame", why) };
        let frame =
            serde_json::from_slice::<Value>(bytes).map_err(|_| whole("a frame is one JSON object"))?;
        let Value::Object(mut frame) = frame else { return Err(whole("a frame is one JSON object")) };
        let id = text(frame.get("id")).filter(|id| (1..=limits::LIVE_ID_BYTES_MAX).contains(&id.len()));
        let Some(id) = id else { return Err(whole("a request has an id of 1 to 64 characters")) };
        let unreadable = |refused| Unreadable { id: Some(id.clone()), refused };
        if text(frame.get("kind")).is_some_and(|kind| kind != "req") {
            return Err(unreadable(Refused::invalid("kind", "clients send requests: req")));
        }
        let Some(kind) = text(frame.get("type")) else { return Err(unreadable(Refused::missing("type"))) };
        let kind = kind.strip_prefix(".ams.").or_else(|| kind.strip_prefix('.')).unwrap_or(&kind).to_owned();
        let (body, text) = match frame.remove("body") {
            Some(Value::Object(body)) => (body, None),
            Some(Value::String(text)) => (Map::new(), Some(text)),
            None | Some(Value::Null) => (Map::new(), None),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
                return Err(unreadable(Refused::invalid("body", "expected an object")));
            }
        };
        let (headers, metadata) = (list(frame.remove("headers")), list(frame.remove("metadata")));
        Ok(Self { id, kind, body, text, headers, metadata })
    }

    pub(super) fn body(&self) -> Body<'_> {
        Body(&self.body)
    }
}

/// An answer to a request.
pub fn response(id: &str, code: u16, kind: &str, body: &Value) -> String {
    json!({"kind": "resp", "reqId": id, "code": code, "type": kind, "body": body}).to_string()
}

/// Something that nobody asked for.
pub fn notification(kind: &str, body: &Value) -> String {
    json!({"kind": "notification", "type": kind, "body": body}).to_string()
}

/// A list, of which one element may stand alone; nothing is no element.
pub(super) fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(values)) => values,
        None | Some(Value::Null) => Vec::new(),
        Some(one @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))) => vec![one],
    }
}

/// A text; numbers count as their digits.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number; texts count as what they spell.
pub(super) fn number(value: Option<&Value>) -> Option<i64> {
    match value? {
        // Clients in languages without integers send 600.0.
        #[expect(clippy::cast_possible_truncation, reason = "beyond an integer's range it saturates")]
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Lenient looks into an object.
#[derive(Clone, Copy)]
pub(super) struct Body<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Body<'a> {
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, name: &str) -> Option<String> {
        text(self.get(name)).filter(|text| !text.is_empty())
    }

    pub(super) fn needed(self, name: &'static str) -> Result<String, Refused> {
        self.text(name).ok_or(Refused::missing(name))
    }

    pub(super) fn number(self, name: &'static str) -> Result<Option<i64>, Refused> {
        match self.get(name) {
            None => Ok(None),
            some => number(some).map(Some).ok_or_else(|| Refused::invalid(name, "expected a whole number")),
        }
    }

    pub(super) fn texts(self, name: &'static str) -> Result<Option<Vec<String>>, Refused> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let texts = list(Some(value.clone())).iter().map(|value| text(Some(value))).collect::<Option<_>>();
        texts.map(Some).ok_or_else(|| Refused::invalid(name, "expected texts"))
    }

    pub(super) fn object(self, name: &str) -> Option<Body<'a>> {
        self.get(name).and_then(Value::as_object).map(Body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_clients_send_it() {
        let frame = br#"{"id": 1, "type": ".ams.ms.PublishEvent", "headers": null, "metadata": {"type": "ExternalId"}}"#;
        let request = Request::read(frame).unwrap();
        assert_eq!((request.id.as_str(), request.kind.as_str()), ("1", "ms.PublishEvent"));
        assert_eq!((request.headers.len(), request.metadata.len()), (0, 1));
        let plain = Request::read(br#"{"kind":"req","id":"a","type":".GetClock","body":"x"}"#).unwrap();
        assert_eq!((plain.kind.as_str(), plain.text.as_deref()), ("GetClock", Some("x")));
    }

    #[test]
    fn what_is_no_request_is_refused_under_its_id_if_it_has_one() {
        for (frame, id) in [
            ("[]", None),
            ("{", None),
            (r#"{"type":"x"}"#, None),
            (r#"{"id":"a"}"#, Some("a")),
            (r#"{"id":"a","type":"x","body":[]}"#, Some("a")),
            (r#"{"id":"a","type":"x","kind":"resp"}"#, Some("a")),
        ] {
            assert_eq!(Request::read(frame.as_bytes()).unwrap_err().id.as_deref(), id, "{frame}");
        }
        let long = format!(r#"{{"id":"{}","type":"x"}}"#, "a".repeat(65));
        assert!(Request::read(long.as_bytes()).is_err());
    }
}
