//! Lines, receipts and chat states, as they are published and as they are told (messaging contract §1.7, §1.8).

use convoke_domain::account::Account;
use convoke_domain::conversation::{
    Audience, CommandKey, Event, Line, LineExtra, LineForm, NewLine, ParticipantId, Receipt, Recorded, Role,
};
use convoke_domain::id::{ConversationId, DialogId};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::envelope::{Body, number, text};
use super::refusal::Refused;
use super::{Dialect, old_id_of, pid_of, role_word};
use crate::limits;

/// What somebody publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// A line.
    Line(NewLine),
    /// What became of lines of others.
    Receipt {
        /// What.
        receipt: Receipt,
        /// Their sequences.
        lines: Vec<u32>,
    },
    /// What they do besides writing.
    ChatState(&'static str),
}

const CHAT_STATES: [&str; 6] = ["ACTIVE", "INACTIVE", "GONE", "COMPOSING", "PAUSE", "BACKGROUND"];

impl Published {
    pub(super) fn read(body: Body<'_>, metadata: &[Value]) -> Result<Self, Refused> {
        let event = body.object("event").ok_or(Refused::missing("event"))?;
        match event.needed("type")?.as_str() {
            "ContentEvent" | "RichContentEvent" => line(body, event, metadata).map(Self::Line),
            "AcceptStatusEvent" => {
                let status = event.needed("status")?;
                let receipt = Receipt::from_wire(&status)
                    .ok_or_else(|| Refused::invalid("status", format!("{status} is not known")))?;
                let named = super::envelope::list(event.get("sequenceList").cloned());
                let lines = named.iter().map(|sequence| u32::try_from(number(Some(sequence))?).ok());
                let lines = lines.collect::<Option<Vec<u32>>>();
                let lines = lines.ok_or_else(|| Refused::invalid("sequenceList", "expected sequences"))?;
                Ok(Self::Receipt { receipt, lines })
            }
            "ChatStateEvent" => {
                let state = event.needed("chatState")?;
                let known = CHAT_STATES.into_iter().find(|known| *known == state);
                known
                    .map(Self::ChatState)
                    .ok_or_else(|| Refused::invalid("chatState", format!("{state} is not known")))
            }
            other => Err(Refused::unknown(other)),
        }
    }
}

fn line(body: Body<'_>, event: Body<'_>, metadata: &[Value]) -> Result<NewLine, Refused> {
    let audience = match body.text("messageAudience").as_deref() {
        None | Some("ALL") => Audience::All,
        Some("AGENTS_AND_MANAGERS") => Audience::BrandSide,
        Some(other) => return Err(Refused::invalid("messageAudience", format!("{other} is not known"))),
    };
    let (form, text) = content(event)?;
    let metadata = (!metadata.is_empty()).then(|| Value::from(metadata).to_string());
    if metadata.as_ref().is_some_and(|text| text.len() > limits::LINE_METADATA_BYTES_MAX) {
        let most = limits::LINE_METADATA_BYTES_MAX;
        return Err(Refused::invalid("metadata", format!("at most {most} bytes")));
    }
    let extra = LineExtra { form, audience, metadata: metadata.map(Into::into) };
    let key = event.text("eventId").or_else(|| body.text("eventId"));
    Ok(NewLine { text, key: key.and_then(|key| CommandKey::new(&key)), extra: Some(extra) })
}

/// What the text of a line is, and the text. What is more than a text is kept as it came.
fn content(event: Body<'_>) -> Result<(LineForm, String), Refused> {
    if event.text("type").as_deref() == Some("RichContentEvent") {
        event.get("content").ok_or(Refused::missing("content"))?;
        return Ok((LineForm::Object, Value::Object(event.0.clone()).to_string()));
    }
    let message = event.get("message").ok_or(Refused::missing("message"))?;
    let kind = event.text("contentType").unwrap_or_else(|| "text/plain".to_owned());
    let simple = text(Some(message)).filter(|_| event.get("quickReplies").is_none());
    match (kind.as_str(), simple) {
        ("text/plain", Some(text)) => Ok((LineForm::Text, text)),
        ("text/html", Some(text)) => Ok((LineForm::Html, text)),
        _ => Ok((LineForm::Object, Value::Object(event.0.clone()).to_string())),
    }
}

/// The content of a line as an event.
fn shown(line: &Line) -> Value {
    let text = line.text.reveal().unwrap_or_default();
    let plain = |kind: &str| json!({"type": "ContentEvent", "contentType": kind, "message": text});
    match line.extra.as_ref().map_or(LineForm::Text, |extra| extra.form) {
        LineForm::Text => plain("text/plain"),
        LineForm::Html => plain("text/html"),
        // Erased ones are no JSON any more.
        LineForm::Object => serde_json::from_str(text).unwrap_or_else(|_| plain("text/plain")),
    }
}

/// A line or a receipt as it is told, alone; `None` for everything else.
pub fn message_of(
    dialect: Dialect,
    recorded: &Recorded,
    conversation: ConversationId,
    account: &Account,
) -> Option<Value> {
    let from = |ordinal, who, role| {
        let dialog = DialogId { conversation, ordinal };
        From { dialect, who, role, dialog, account }
    };
    let told = |from: &From<'_>, sequence: u32, event: Value| {
        let mut told = from.told(event);
        told.insert("sequence".to_owned(), json!(sequence));
        told.insert("serverTimestamp".to_owned(), json!(recorded.at.as_millisecond()));
        told
    };
    if let Event::LinePublished(line) = &recorded.event {
        let mut message = told(&from(line.dialog, line.author, line.role), line.wire_sequence, shown(line));
        let audience = match line.audience() {
            Audience::All => "ALL",
            Audience::BrandSide => "AGENTS_AND_MANAGERS",
        };
        message.insert("messageAudience".to_owned(), json!(audience));
        let metadata = line.extra.as_ref().and_then(|extra| extra.metadata.as_deref());
        if let Some(metadata) = metadata.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            message.insert("metadata".to_owned(), metadata);
        }
        if let Some(key) = &line.key {
            message.insert("eventId".to_owned(), json!(key.as_str()));
        }
        Some(Value::Object(message))
    } else if let Event::LinesReceived { dialog, wire_sequence, by_whom, role, receipt, lines } =
        &recorded.event
    {
        let event =
            json!({"type": "AcceptStatusEvent", "status": receipt.wire_name(), "sequenceList": lines});
        Some(Value::Object(told(&from(*dialog, *by_whom, *role), *wire_sequence, event)))
    } else {
        None
    }
}

/// Messages in the form in which this side is told: agents get each alone, consumers a list.
pub fn message(dialect: Dialect, dialog: DialogId, messages: &[Value]) -> Vec<String> {
    if messages.is_empty() {
        return Vec::new();
    }
    match dialect {
        Dialect::Agent { .. } => {
            let told = messages.iter();
            told.map(|message| super::notification(".ams.ms.OnlineEventDistribution", message)).collect()
        }
        Dialect::Consumer => {
            let body = json!({
                "dialogId": dialog.to_string(),
                "conversationId": dialog.conversation.to_string(),
                "changes": messages,
            });
            vec![super::notification("ms.MessagingEventNotification", &body)]
        }
    }
}

/// What somebody does besides writing, as it is told: without sequence and time.
pub fn chat_state(
    dialect: Dialect,
    conversation: ConversationId,
    who: ParticipantId,
    role: Role,
    state: &str,
    account: &Account,
) -> Value {
    let event = json!({"type": "ChatStateEvent", "chatState": state});
    let dialog = DialogId::main(conversation);
    Value::Object(From { dialect, who, role, dialog, account }.told(event))
}

struct From<'a> {
    dialect: Dialect,
    who: ParticipantId,
    role: Role,
    dialog: DialogId,
    account: &'a Account,
}

impl From<'_> {
    fn told(&self, event: Value) -> Map<String, Value> {
        let pid = pid_of(self.account, self.who);
        let mut told = Map::new();
        let id = match self.dialect {
            Dialect::Agent { .. } => old_id_of(self.account, self.who),
            Dialect::Consumer => pid.clone(),
        };
        let metadata = json!({"id": pid, "role": role_word(self.role), "clientProperties": {}});
        told.insert("originatorId".to_owned(), json!(id));
        if matches!(self.dialect, Dialect::Agent { .. }) {
            told.insert("originatorPId".to_owned(), json!(pid));
        }
        told.insert("originatorClientProperties".to_owned(), json!({}));
        told.insert("originatorMetadata".to_owned(), metadata);
        told.insert("conversationId".to_owned(), json!(self.dialog.conversation.to_string()));
        told.insert("dialogId".to_owned(), json!(self.dialog.to_string()));
        told.insert("event".to_owned(), event);
        told
    }
}

/// A time that a client sent.
pub(super) fn time(milliseconds: i64, field: &str) -> Result<Timestamp, Refused> {
    Timestamp::from_millisecond(milliseconds).map_err(|_| Refused::invalid(field, "expected milliseconds"))
}
