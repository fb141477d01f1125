//! Webhooks: where an account's conversations are told to, what waits for that, and what could not be told.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use convoke_domain::account::{Webhook as Domain, WebhookPlan};
use convoke_domain::id::{ConversationId, WebhookId};
use convoke_domain::limits;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

mirror! {
    /// How letters are written.
    WebhookForm = convoke_domain::account::WebhookForm {
        /// CloudEvents 1.0 in structured JSON.
        Cloudevents,
        /// The notifications of LivePerson's webhooks.
        Liveperson,
    }
}

mirror! {
    /// What can be told.
    WebhookTopic = convoke_domain::account::WebhookTopic {
        /// State change events, fired or not; CloudEvents only.
        StateChanges,
        /// What became of them: answers of functions and automatic messages; CloudEvents only.
        Answers,
        /// Changes of the conversation itself: opened, joined, transferred, closed and the like.
        Conversation,
        /// Lines.
        Content,
        /// Lines that are cards.
        RichContent,
        /// What became of lines of others: received, read.
        Receipts,
        /// What people do besides writing, as typing; LivePerson's form only, told once or not at all.
        ChatStates,
    }
}

mirror! {
    /// What LivePerson's form is signed with.
    WebhookSignature = convoke_domain::account::WebhookSignature {
        /// HMAC-SHA-256.
        Sha256,
        /// HMAC-SHA-1, for receivers that know nothing else.
        Sha1,
    }
}

/// Makes a webhook, or changes one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DefineWebhook {
    /// What it is for.
    #[schema(example = "CRM")]
    pub name: String,
    /// Where letters are posted to.
    #[schema(example = "https://crm.example.com/hooks/convoke")]
    pub url: String,
    /// How they are written.
    #[serde(default = "cloudevents")]
    pub form: WebhookForm,
    /// What it is told; left out, everything that its form has words for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topics: Option<BTreeSet<WebhookTopic>>,
    /// Whether anything is delivered. What happens while it is off is never delivered.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How long a letter is tried, from 2 seconds to 3 days, which it is if left out.
    #[serde(default = "three_days")]
    #[schema(minimum = 2, maximum = 259_200)]
    pub retention_seconds: u64,
    /// How LivePerson's form is signed.
    #[serde(default = "sha256")]
    pub signature: WebhookSignature,
}

impl fmt::Debug for DefineWebhook {
    // An address can hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DefineWebhook").field("name", &self.name).finish_non_exhaustive()
    }
}

const fn cloudevents() -> WebhookForm {
    WebhookForm::Cloudevents
}

const fn yes() -> bool {
    true
}

const fn three_days() -> u64 {
    limits::WEBHOOK_RETENTION_MAX.as_secs()
}

const fn sha256() -> WebhookSignature {
    WebhookSignature::Sha256
}

impl DefineWebhook {
    /// What people choose of it.
    pub fn into_plan(self) -> WebhookPlan {
        use convoke_domain::account::{WebhookForm as Form, WebhookTopic as Topic};
        let form: Form = self.form.into();
        let topics = match self.topics {
            Some(topics) => topics.into_iter().map(Into::into).collect(),
            None => Topic::ALL.into_iter().filter(|topic| form.tells(*topic)).collect(),
        };
        WebhookPlan {
            name: self.name,
            url: self.url,
            form,
            topics,
            enabled: self.enabled,
            retention: Duration::from_secs(self.retention_seconds),
            signature: self.signature.into(),
        }
    }
}

/// A webhook. Its secret is not shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Its id; LivePerson's form sends it as the client's id.
    #[schema(value_type = String)]
    pub id: WebhookId,
    /// What it is for.
    pub name: String,
    /// Where letters are posted to.
    pub url: String,
    /// How they are written.
    pub form: WebhookForm,
    /// What it is told.
    pub topics: BTreeSet<WebhookTopic>,
    /// Whether anything is delivered.
    pub enabled: bool,
    /// How long a letter is tried.
    pub retention_seconds: u64,
    /// How LivePerson's form is signed.
    pub signature: WebhookSignature,
    /// When its secret was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// The webhook `id` of an account.
    pub fn of(id: WebhookId, webhook: &Domain) -> Self {
        let plan = &webhook.plan;
        Self {
            id,
            name: plan.name.clone(),
            url: plan.url.clone(),
            form: plan.form.into(),
            topics: plan.topics.iter().copied().map(Into::into).collect(),
            enabled: plan.enabled,
            retention_seconds: plan.retention.as_secs(),
            signature: plan.signature.into(),
            created_at: webhook.created.at,
        }
    }
}

impl fmt::Debug for Webhook {
    // An address can hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A webhook with how it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListedWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// Conversations with something that is not told yet; those that are not looked at yet are not counted.
    pub waiting: usize,
    /// Those of them whose last delivery failed; at most 100.
    pub failing: usize,
    /// Events that were tried for as long as they may; at most 10,000, then the oldest one makes room.
    pub dead: usize,
}

/// A webhook with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedWebhook {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// What letters are signed with.
    pub secret: String,
}

impl fmt::Debug for IssuedWebhook {
    // The secret stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedWebhook").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}

/// What came of a letter that was sent for a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestDelivery {
    /// Whether the receiver took it.
    pub delivered: bool,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it was not taken: a stable name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a webhook still has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deliveries {
    /// Conversations with something that is not told yet; those that are not looked at yet are not counted.
    pub conversations: usize,
    /// Those of them whose last delivery failed, the next one to be tried first; at most 100.
    pub failing: Vec<FailingDelivery>,
}

/// A conversation whose next letter was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailingDelivery {
    /// The conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// How often its next event was tried.
    pub attempts: u32,
    /// Why it was not taken: a stable name.
    pub reason: String,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When it is tried next.
    pub next_attempt: Timestamp,
}

/// An event that was tried for as long as it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// Its id.
    pub id: String,
    /// The conversation.
    #[schema(value_type = String)]
    pub conversation: ConversationId,
    /// The event's place in it.
    pub seq: u64,
    /// What the event was, as letters call it.
    pub event: String,
    /// When it happened, or was to be told again.
    pub since: Timestamp,
    /// When it was given up.
    pub died_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed: a stable name.
    pub reason: String,
    /// The status of the last answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// A dead letter with what it would say now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InspectedDeadLetter {
    /// The dead letter.
    #[serde(flatten)]
    pub letter: DeadLetter,
    /// Its body as it would be sent now; absent if there is nothing to tell any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub body: Option<Value>,
}

/// Which dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDeadLetters {
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

/// How many letters are delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Redelivered {
    /// How many.
    pub redelivered: usize,
    /// Whether there are more dead letters: ask again.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_told_of_everything_that_its_form_has_words_for_unless_it_says_otherwise() {
        let read = |text: &str| serde_json::from_str::<DefineWebhook>(text).unwrap().into_plan();
        let plan = read(r#"{"name":"a","url":"https://a.example"}"#);
        assert_eq!((plan.topics.len(), plan.retention), (6, limits::WEBHOOK_RETENTION_MAX));
        let plan = read(r#"{"name":"a","url":"https://a.example","form":"liveperson"}"#);
        assert_eq!(plan.topics.len(), 5);
        let plan = read(r#"{"name":"a","url":"https://a.example","topics":["receipts"]}"#);
        assert_eq!(plan.topics.len(), 1);
    }

    #[test]
    fn neither_address_nor_secret_shows_itself_in_a_log() {
        let text = r#"{"name":"a","url":"https://a.example/?key=s3cret"}"#;
        assert!(!format!("{:?}", serde_json::from_str::<DefineWebhook>(text).unwrap()).contains("s3cret"));
    }
}
