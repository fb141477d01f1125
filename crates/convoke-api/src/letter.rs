//! What webhooks are told: an event of a conversation as a CloudEvent (1.0, structured JSON), or as LivePerson's
//! notification in the newer dialect (messaging contract §3.2).
//!
//! Both are made when they are sent, from what the log holds then: texts of a consumer who was erased meanwhile are gone.

use convoke_domain::account::{Account, Webhook, WebhookForm, WebhookTopic};
use convoke_domain::conversation::{
    Audience, Conversation, Event, LineForm, ParticipantId, PrivateText, Recorded, Role,
};
use convoke_domain::id::{ConversationId, WebhookId};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::explain::{AccountNames, NoNames};
use crate::functions::payload::EventInput;
use crate::lp::messaging::{Changed, Dialect, change, chat_state, message_of};
use crate::v1::event::ConversationEvent;
use crate::v1::participant::Viewer;

/// The media type of a CloudEvent in structured JSON.
pub const CLOUD_EVENT: &str = "application/cloudevents+json; charset=utf-8";
/// The media type of a notification.
pub const NOTIFICATION: &str = "application/json; charset=utf-8";

/// What a letter is written from.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// The account and its names, as they are now.
    pub names: AccountNames<'a>,
    /// The conversation.
    pub conversation: ConversationId,
    /// The time.
    pub now: Timestamp,
}

/// The name of an event for receivers that drop repetitions: the same for every attempt.
pub fn event_id(conversation: ConversationId, recorded: &Recorded) -> String {
    format!("{conversation}-{}", recorded.seq)
}

/// What an event is called where it is told.
pub fn event_type(form: WebhookForm, recorded: &Recorded) -> String {
    match form {
        WebhookForm::Cloudevents => cloud_event_type(recorded),
        WebhookForm::Liveperson => match kind_of_message(&recorded.event) {
            Some(kind) => format!("ms.MessagingEventNotification.{kind}"),
            None => Dialect::Consumer.notification_of_change().to_owned(),
        },
    }
}

/// Whether a webhook is told this event. What only the text of a line says is looked at here.
pub fn is_told(webhook: &Webhook, event: &Event) -> bool {
    let wanted = |topic| webhook.plan.topics.contains(&topic);
    if let Event::LinePublished(line) = event {
        let own = match webhook.plan.form {
            WebhookForm::Cloudevents => true,
            // The newer dialect is that of consumers and connectors.
            WebhookForm::Liveperson => line.audience() == Audience::All,
        };
        let topic = if is_card(event) { WebhookTopic::RichContent } else { WebhookTopic::Content };
        return own && wanted(topic);
    }
    WebhookTopic::of(event).iter().any(|topic| wanted(*topic))
}

fn kind_of_message(event: &Event) -> Option<&'static str> {
    if let Event::LinePublished(_) = event {
        Some(if is_card(event) { "RichContentEvent" } else { "ContentEvent" })
    } else if let Event::LinesReceived { .. } = event {
        Some("AcceptStatusEvent")
    } else {
        None
    }
}

fn is_card(event: &Event) -> bool {
    let Event::LinePublished(line) = event else { return false };
    let object = line.extra.as_ref().is_some_and(|extra| extra.form == LineForm::Object);
    let sent = PrivateText::reveal(&line.text).filter(|_| object);
    let sent = sent.and_then(|text| serde_json::from_str::<Value>(text).ok());
    sent.is_some_and(|sent| sent["type"] == "RichContentEvent")
}

/// An event as a CloudEvent.
pub fn cloud_event(writing: &Writing<'_>, recorded: &Recorded) -> Value {
    let Writing { names, conversation, .. } = *writing;
    let account = &names.account.id;
    let told = ConversationEvent::of(recorded, Viewer::Staff, &names);
    let mut data = told.and_then(|told| serde_json::to_value(told).ok()).unwrap_or_default();
    if let Event::Triggered(triggered) = &recorded.event {
        let pid = |user| names.account.user(user).map(|user| user.pid);
        let input = EventInput::new(account, &triggered.payload, pid, recorded.at);
        data["payload"] =
            serde_json::to_value(input).map(|mut input| input["payload"].take()).unwrap_or_default();
    }
    json!({
        "specversion": "1.0",
        "id": event_id(conversation, recorded),
        "source": format!("/accounts/{account}/conversations/{conversation}"),
        "type": cloud_event_type(recorded),
        "subject": conversation,
        "time": recorded.at,
        "sequence": format!("{:020}", recorded.seq.number()),
        "datacontenttype": "application/json",
        "convokeaccount": account,
        "data": data,
    })
}

/// State change events are called as functions know them, everything else as the API does.
#[expect(clippy::wildcard_enum_match_arm, reason = "the API has a name for each of the others")]
fn cloud_event_type(recorded: &Recorded) -> String {
    match &recorded.event {
        Event::Triggered(triggered) => format!("dev.convoke.state_change.{}", binding(triggered.event)),
        Event::Unfired { event, .. } => format!("dev.convoke.state_change_unfired.{}", binding(*event)),
        _ => {
            let told = ConversationEvent::of(recorded, Viewer::Staff, &NoNames).map(|told| told.event);
            let told = serde_json::to_value(told).unwrap_or_default();
            format!("dev.convoke.conversation.{}", told["type"].as_str().unwrap_or_default())
        }
    }
}

fn binding(event: convoke_domain::state_change::StateChangeEvent) -> String {
    convoke_domain::function::EventBinding::StateChange(event).to_string()
}

/// A letter that says nothing but that letters arrive.
pub fn test_letter(
    form: WebhookForm,
    account: &Account,
    webhook: WebhookId,
    id: &str,
    now: Timestamp,
) -> Value {
    match form {
        WebhookForm::Cloudevents => json!({
            "specversion": "1.0",
            "id": id,
            "source": format!("/accounts/{}/webhooks/{webhook}", account.id),
            "type": "dev.convoke.webhook.test",
            "time": now,
            "datacontenttype": "application/json",
            "convokeaccount": account.id,
            "data": {"webhook": webhook},
        }),
        WebhookForm::Liveperson => {
            let changes: [Value; 0] = [];
            let body = json!({"sentTs": now.as_millisecond(), "changes": changes});
            enveloped(Dialect::Consumer.notification_of_change(), &body)
        }
    }
}

/// A line or a receipt as LivePerson's notification; `None` for everything else.
pub fn message_notification(writing: &Writing<'_>, recorded: &Recorded) -> Option<Value> {
    let Writing { names, conversation, now } = *writing;
    let message = message_of(Dialect::Consumer, recorded, conversation, names.account)?;
    let body = json!({
        "sentTs": now.as_millisecond(),
        "dialogId": message["dialogId"],
        "conversationId": conversation,
        "changes": [message],
    });
    Some(enveloped("ms.MessagingEventNotification", &body))
}

/// What somebody does besides writing as LivePerson's notification.
pub fn chat_state_notification(writing: &Writing<'_>, who: ParticipantId, role: Role, state: &str) -> Value {
    let Writing { names, conversation, now } = *writing;
    let told = chat_state(Dialect::Consumer, conversation, who, role, state, names.account);
    let body = json!({
        "sentTs": now.as_millisecond(),
        "dialogId": conversation,
        "conversationId": conversation,
        "changes": [told],
    });
    enveloped("ms.MessagingEventNotification", &body)
}

/// The present state of a conversation as LivePerson's notification.
pub fn change_notification(writing: &Writing<'_>, state: &Conversation) -> Value {
    let change = change(Dialect::Consumer, Changed::Matches, state, None, writing.names.account);
    let body = json!({"sentTs": writing.now.as_millisecond(), "changes": [change]});
    enveloped(Dialect::Consumer.notification_of_change(), &body)
}

fn enveloped(kind: &str, body: &Value) -> Value {
    json!({"kind": "notification", "type": kind, "body": body})
}
