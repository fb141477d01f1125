//! What a function answered: JSON in, [`Answer`] out (DESIGN §3.3 and §3.5, functions contract §8.2).
//!
//! It promises never to fail: whatever is no command is nothing, and whatever tries to be one and is not well formed is a
//! [`Returned::Malformed`] with a reason that the writer of the function understands. It leaves out whether skills and
//! agents exist and whether a text is too long, which only the account and the conversation know.

use convoke_domain::invocation::{Answer, CommandKind, Returned};
use convoke_domain::limits::ANSWER_COMMANDS_MAX;
use serde_json::{Map, Value};

use crate::limits;

/// Reads the answer of a function; `None` is `undefined`.
pub fn parse_answer(json: Option<&str>) -> Answer {
    let Some(json) = json else { return Answer::Nothing };
    match serde_json::from_str(json) {
        Ok(Value::Array(elements)) if elements.is_empty() => Answer::Empty,
        Ok(Value::Array(elements)) => Answer::Commands(
            elements.iter().enumerate().map(|(place, value)| element(place, value)).collect(),
        ),
        Ok(Value::Object(object)) => match command(&object) {
            Some(returned) => Answer::Commands(vec![returned]),
            None => Answer::Nothing,
        },
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => Answer::Nothing,
        // Said, not swallowed: there may have been a command in it.
        Err(error) => Answer::Commands(vec![malformed(
            None,
            if error.is_syntax() && error.to_string().starts_with("recursion limit") {
                "the answer is nested too deeply to be read".to_owned()
            } else {
                "the answer is no JSON".to_owned()
            },
        )]),
    }
}

/// One element of a list. Those beyond the recorded ones are only counted, so they need no words.
fn element(place: usize, value: &Value) -> Returned {
    if place >= ANSWER_COMMANDS_MAX {
        return malformed(None, String::new());
    }
    match value {
        Value::Object(object) => command(object)
            .unwrap_or_else(|| malformed(None, format!("this object has no \"type\"; {}", known_types()))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            malformed(None, format!("{} is no command; {}", noun(value), known_types()))
        }
    }
}

/// What this object asks for; `None` if it has no type.
fn command(object: &Map<String, Value>) -> Option<Returned> {
    let word = match object.get("type")? {
        Value::Null => return None,
        Value::String(word) => word.as_str(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            let why = format!("\"type\" is {}, not a text; {}", noun(other), known_types());
            return Some(malformed(None, why));
        }
    };
    Some(match word {
        "systemMessage" => message(object.get("text")),
        "transfer" => transfer(object),
        "closeConversation" => Returned::Close,
        unknown => {
            malformed(None, format!("there is no command \"{}\"; {}", shortened(unknown), known_types()))
        }
    })
}

fn message(text: Option<&Value>) -> Returned {
    let kind = Some(CommandKind::SystemMessage);
    match text {
        Some(Value::String(text)) if text.trim().is_empty() => Returned::NoMessage,
        Some(Value::String(text)) => Returned::Message(text.clone()),
        Some(Value::Array(list)) if list.is_empty() => Returned::NoMessage,
        None => malformed(
            kind,
            "a systemMessage needs a \"text\"; to send nothing at all, use an empty text".to_owned(),
        ),
        Some(other) => malformed(
            kind,
            format!("the \"text\" of a systemMessage is {}; write it as a text in quotes", noun(other)),
        ),
    }
}

fn transfer(object: &Map<String, Value>) -> Returned {
    let fields = ["skillId", "agentId"].map(|field| id(field, object.get(field)));
    match fields {
        [Ok(None), Ok(None)] => malformed(
            Some(CommandKind::Transfer),
            "a transfer needs a \"skillId\" or an \"agentId\"".to_owned(),
        ),
        [Ok(skill), Ok(agent)] => Returned::Transfer { skill, agent },
        [Err(why), _] | [_, Err(why)] => malformed(Some(CommandKind::Transfer), why),
    }
}

/// An id written as a text or a number. Sources in the field leave the one they do not mean empty or null.
fn id(field: &str, value: Option<&Value>) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) if text.trim().len() > limits::ANSWER_ID_BYTES_MAX => Err(format!(
            "the \"{field}\" of a transfer is longer than {} characters",
            limits::ANSWER_ID_BYTES_MAX
        )),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
        Some(Value::Number(number)) if !number.is_f64() => Ok(Some(number.to_string())),
        Some(other) => Err(format!("the \"{field}\" of a transfer is {}; write it as a text", noun(other))),
    }
}

fn malformed(kind: Option<CommandKind>, why: String) -> Returned {
    Returned::Malformed { kind, why }
}

fn known_types() -> String {
    let [message, transfer, close] =
        [CommandKind::SystemMessage, CommandKind::Transfer, CommandKind::CloseConversation]
            .map(CommandKind::word);
    format!("the types are \"{message}\", \"{transfer}\" and \"{close}\"")
}

/// What a value is, for people.
fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The beginning of a text that somebody wrote, short enough for a record.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(limits::QUOTED_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(json: &str) -> Returned {
        let Answer::Commands(mut commands) = parse_answer(Some(json)) else { panic!("{json} is no command") };
        assert_eq!(commands.len(), 1, "{json}");
        commands.remove(0)
    }

    fn reason(json: &str) -> (Option<CommandKind>, String) {
        let Returned::Malformed { kind, why } = only(json) else { panic!("{json} is well formed") };
        (kind, why)
    }

    #[test]
    fn what_is_no_command_is_nothing() {
        assert_eq!(parse_answer(None), Answer::Nothing);
        for json in ["null", "\"systemMessage\"", "7", "true", "{}", r#"{"text":"hi"}"#, r#"{"type":null}"#] {
            assert_eq!(parse_answer(Some(json)), Answer::Nothing, "{json}");
        }
    }

    #[test]
    fn the_empty_list_is_silence() {
        assert_eq!(parse_answer(Some("[]")), Answer::Empty);
    }

    #[test]
    fn a_list_of_commands_keeps_its_order() {
        let json = r#"[{"type":"systemMessage","text":"your message"},
            {"type":"transfer","skillId":"123456"},{"type":"closeConversation"}]"#;
        let expected = vec![
            Returned::Message("your message".to_owned()),
            Returned::Transfer { skill: Some("123456".to_owned()), agent: None },
            Returned::Close,
        ];
        assert_eq!(parse_answer(Some(json)), Answer::Commands(expected));
    }

    #[test]
    fn one_command_needs_no_list() {
        assert_eq!(only(r#"{"type":"closeConversation","because":1}"#), Returned::Close);
    }

    #[test]
    fn a_message_without_words_asks_for_silence() {
        for json in [r#"{"type":"systemMessage","text":" \n"}"#, r#"[{"type":"systemMessage","text":[]}]"#] {
            assert_eq!(only(json), Returned::NoMessage, "{json}");
        }
    }

    #[test]
    fn a_message_keeps_its_text_as_it_was_written() {
        assert_eq!(only(r#"{"type":"systemMessage","text":" hi\n"}"#), Returned::Message(" hi\n".to_owned()));
    }

    #[test]
    fn a_message_of_another_type_is_malformed_and_says_why() {
        for text in ["7", "null", "{}", "[\"a\"]", "false"] {
            let (kind, why) = reason(&format!(r#"{{"type":"systemMessage","text":{text}}}"#));
            assert_eq!(kind, Some(CommandKind::SystemMessage));
            assert!(why.contains("\"text\""), "{why}");
        }
        assert!(reason(r#"{"type":"systemMessage"}"#).1.contains("needs a \"text\""));
    }

    #[test]
    fn a_transfer_takes_ids_as_texts_and_numbers() {
        let transfer = |skill: Option<&str>, agent: Option<&str>| Returned::Transfer {
            skill: skill.map(str::to_owned),
            agent: agent.map(str::to_owned),
        };
        assert_eq!(only(r#"{"type":"transfer","skillId":123456}"#), transfer(Some("123456"), None));
        assert_eq!(only(r#"{"type":"transfer","agentId":"demo.4711"}"#), transfer(None, Some("demo.4711")));
        assert_eq!(only(r#"{"type":"transfer","skillId":"","agentId":4711}"#), transfer(None, Some("4711")));
        assert_eq!(only(r#"{"type":"transfer","skillId":"-1","agentId":null}"#), transfer(Some("-1"), None));
    }

    #[test]
    fn a_transfer_to_nowhere_is_malformed() {
        for json in [
            r#"{"type":"transfer"}"#,
            r#"{"type":"transfer","skillId":null,"agentId":" "}"#,
            r#"{"type":"transfer","skillId":1.5}"#,
            r#"{"type":"transfer","skillId":"1","agentId":["2"]}"#,
        ] {
            assert_eq!(reason(json).0, Some(CommandKind::Transfer), "{json}");
        }
        let long = "9".repeat(limits::ANSWER_ID_BYTES_MAX + 1);
        assert!(reason(&format!(r#"{{"type":"transfer","agentId":"{long}"}}"#)).1.contains("longer than"));
    }

    #[test]
    fn an_unknown_type_is_named_beside_the_known_ones() {
        let (kind, why) = reason(r#"{"type":"SystemMessage","text":"hi"}"#);
        assert_eq!(kind, None);
        assert_eq!(
            why,
            "there is no command \"SystemMessage\"; the types are \"systemMessage\", \"transfer\" and \
             \"closeConversation\""
        );
        let (_, why) = reason(&format!(r#"{{"type":"{}"}}"#, "ä".repeat(10_000)));
        assert!(why.len() < 300, "{why}");
    }

    #[test]
    fn an_answer_that_cannot_be_read_says_so() {
        let deep = format!("[{}{}]", "[".repeat(500), "]".repeat(500));
        assert!(reason(&deep).1.contains("too deeply"));
        assert!(reason("[{").1.contains("no JSON"));
    }

    #[test]
    fn elements_that_are_no_commands_do_not_hide_the_others() {
        let Answer::Commands(commands) =
            parse_answer(Some(r#"[null,{"text":1},{"type":"closeConversation"}]"#))
        else {
            panic!("a list with a command in it is commands")
        };
        assert_eq!(commands[2], Returned::Close);
        assert!(commands[..2].iter().all(|returned| returned.kind().is_none()));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let word = prop_oneof![
            Just("systemMessage".to_owned()),
            Just("transfer".to_owned()),
            Just("closeConversation".to_owned()),
            ".{0,8}",
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            word.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 20, |inner| {
            let key =
                prop_oneof![Just("type"), Just("text"), Just("skillId"), Just("agentId"), Just("other")];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..20).prop_map(Value::from),
                prop::collection::btree_map(key, inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_answer_is_read_and_every_element_is_counted(value in any_json()) {
            let answer = parse_answer(Some(&value.to_string()));
            let elements = value.as_array().map(Vec::len);
            match (answer, elements) {
                (Answer::Empty, elements) => prop_assert_eq!(elements, Some(0)),
                (Answer::Nothing, elements) => prop_assert_eq!(elements, None),
                (Answer::Commands(commands), elements) => prop_assert_eq!(commands.len(), elements.unwrap_or(1)),
            }
        }

        #[test]
        fn any_text_is_read(text in ".*") {
            parse_answer(Some(&text));
        }
    }
}
