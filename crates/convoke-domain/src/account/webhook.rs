//! Webhooks of an account: where its conversations are told to, what of them, and signed with what. The secret of the
//! signature arrives sealed and stays sealed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::command::Context;
use super::decide::{named, room};
use super::{Account, Event, Rejection, SealedValue, Stamp};
use crate::conversation::{Event as ConversationEvent, LineForm};
use crate::hours::seconds;
use crate::id::WebhookId;
use crate::limits;

/// How a webhook's letters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookForm {
    /// CloudEvents 1.0 in structured JSON.
    Cloudevents,
    /// The notifications of LivePerson's webhooks (messaging contract §3.2).
    Liveperson,
}

impl WebhookForm {
    /// Whether this form has words for a topic.
    pub const fn tells(self, topic: WebhookTopic) -> bool {
        match self {
            // What is in no log is no event.
            Self::Cloudevents => !matches!(topic, WebhookTopic::ChatStates),
            Self::Liveperson => match topic {
                WebhookTopic::ChatStates
                | WebhookTopic::Conversation
                | WebhookTopic::Content
                | WebhookTopic::RichContent
                | WebhookTopic::Receipts => true,
                WebhookTopic::StateChanges | WebhookTopic::Answers => false,
            },
        }
    }
}

/// What can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookTopic {
    /// State change events, fired or not.
    StateChanges,
    /// What became of them: answers of functions and automatic messages.
    Answers,
    /// Changes of the conversation itself: opened, joined, transferred, closed and the like.
    Conversation,
    /// Lines.
    Content,
    /// Lines that are cards.
    RichContent,
    /// What became of lines of others: received, read.
    Receipts,
    /// What people do besides writing. Nobody keeps it: told once, or not at all.
    ChatStates,
}

impl WebhookTopic {
    /// All topics.
    pub const ALL: [Self; 7] = [
        Self::StateChanges,
        Self::Answers,
        Self::Conversation,
        Self::Content,
        Self::RichContent,
        Self::Receipts,
        Self::ChatStates,
    ];

    /// What an event belongs to. A line that is more than text is both kinds of content: which, only its text says.
    pub fn of(event: &ConversationEvent) -> &'static [Self] {
        match event {
            ConversationEvent::Triggered(_) | ConversationEvent::Unfired { .. } => &[Self::StateChanges],
            ConversationEvent::Settled(_) => &[Self::Answers],
            ConversationEvent::LinePublished(line) => match line.extra.as_ref().map(|extra| extra.form) {
                Some(LineForm::Object) => &[Self::Content, Self::RichContent],
                Some(LineForm::Text | LineForm::Html) | None => &[Self::Content],
            },
            ConversationEvent::LinesReceived { .. } => &[Self::Receipts],
            ConversationEvent::Opened { .. }
            | ConversationEvent::ParticipantJoined { .. }
            | ConversationEvent::ParticipantLeft { .. }
            | ConversationEvent::SkillChanged { .. }
            | ConversationEvent::AgentSuggested { .. }
            | ConversationEvent::TtrChanged { .. }
            | ConversationEvent::ManualDeadlineSet { .. }
            | ConversationEvent::DeadlineMoved { .. }
            | ConversationEvent::SteppedUp { .. }
            | ConversationEvent::Noted { .. }
            | ConversationEvent::Rated { .. }
            | ConversationEvent::DelaySet { .. }
            | ConversationEvent::IdleFired { .. }
            | ConversationEvent::Closed { .. }
            | ConversationEvent::SurveyOpened { .. }
            | ConversationEvent::SurveyClosed { .. } => &[Self::Conversation],
        }
    }
}

/// What the signature of LivePerson's form is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookSignature {
    /// HMAC-SHA-256.
    #[default]
    Sha256,
    /// HMAC-SHA-1, for receivers that know nothing else.
    Sha1,
}

/// What people choose of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookPlan {
    /// What it is for, for people.
    pub name: String,
    /// Where its letters go; `http` or `https`. It can hold a key, so it is in no log.
    pub url: String,
    /// How they are written.
    pub form: WebhookForm,
    /// What it is told; at least one.
    pub topics: BTreeSet<WebhookTopic>,
    /// Whether anything is delivered. What happens while it is off is never delivered.
    pub enabled: bool,
    /// How long a letter is tried, whole seconds.
    #[serde(with = "seconds")]
    pub retention: Duration,
    /// How LivePerson's form is signed.
    #[serde(default)]
    pub signature: WebhookSignature,
}

/// A webhook as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// What people chose.
    #[serde(flatten)]
    pub plan: WebhookPlan,
    /// What letters are signed with, sealed.
    pub sealed: SealedValue,
    /// When its secret was made, and by whom.
    pub created: Stamp,
}

impl Webhook {
    /// Whether it is told of this event.
    pub fn wants(&self, event: &ConversationEvent) -> bool {
        self.plan.enabled && WebhookTopic::of(event).iter().any(|topic| self.plan.topics.contains(topic))
    }
}

/// Creates or changes a webhook; without a new secret it keeps the one that it has.
pub(super) fn define(
    account: &Account,
    id: WebhookId,
    mut plan: WebhookPlan,
    sealed: Option<SealedValue>,
    context: &Context<'_>,
) -> Result<Event, Rejection> {
    plan.name = named("a webhook's name", plan.name)?;
    room(&account.webhooks, &id, "webhooks", limits::WEBHOOKS_MAX)?;
    if !is_address(&plan.url) {
        return Err(Rejection::WebhookUrlInvalid);
    }
    if plan.topics.is_empty() || !plan.topics.iter().all(|topic| plan.form.tells(*topic)) {
        return Err(Rejection::WebhookTopicsInvalid);
    }
    let times = limits::WEBHOOK_RETENTION_MIN..=limits::WEBHOOK_RETENTION_MAX;
    if !times.contains(&plan.retention) || plan.retention.subsec_nanos() != 0 {
        return Err(Rejection::WebhookRetentionOutOfRange);
    }
    let (sealed, created) = match (sealed, account.webhooks.get(&id)) {
        (Some(sealed), _) => (sealed, Stamp::new(context.now, context.actor)),
        (None, Some(present)) => (present.sealed.clone(), present.created),
        (None, None) => return Err(Rejection::WebhookUnknown(id)),
    };
    Ok(Event::WebhookDefined { id, webhook: Webhook { plan, sealed, created } })
}

/// The form only: whether anything may be reached there is judged at every delivery.
fn is_address(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    url.len() <= limits::WEBHOOK_URL_BYTES_MAX
        && url.bytes().all(|byte| byte.is_ascii_graphic())
        && host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{AccountMachine, Actor, Command, UserRole};
    use super::*;
    use crate::decider::Decider;

    const ID: WebhookId = WebhookId::from_bits(1);

    fn plan() -> WebhookPlan {
        WebhookPlan {
            name: "CRM".to_owned(),
            url: "https://crm.example.com/hooks?key=1".to_owned(),
            form: WebhookForm::Cloudevents,
            topics: [WebhookTopic::Content].into(),
            enabled: true,
            retention: limits::WEBHOOK_RETENTION_MAX,
            signature: WebhookSignature::Sha256,
        }
    }

    fn account() -> Option<Account> {
        let id = "demo".parse().unwrap();
        let create = Command::Create { id, name: "Demo".to_owned(), default_language: "en".parse().unwrap() };
        decide(&None, create, &Actor::System).unwrap().iter().fold(None, AccountMachine::evolve)
    }

    #[expect(clippy::ref_option, reason = "it is the state of the machine, and the trait takes it so")]
    fn decide(state: &Option<Account>, command: Command, actor: &Actor) -> Result<Vec<Event>, Rejection> {
        AccountMachine::decide(state, command, &Context { now: Timestamp::UNIX_EPOCH, actor })
    }

    fn define(plan: WebhookPlan, sealed: Option<&str>) -> Command {
        Command::DefineWebhook { id: ID, plan, sealed: sealed.map(SealedValue::new) }
    }

    #[test]
    fn a_changed_webhook_keeps_its_secret_unless_it_gets_another() {
        let state = account();
        let refused = decide(&state, define(plan(), None), &Actor::System);
        assert_eq!(refused, Err(Rejection::WebhookUnknown(ID)), "one without a secret signs nothing");
        let made = decide(&state, define(plan(), Some("a")), &Actor::System).unwrap();
        let state = made.iter().fold(state, AccountMachine::evolve);
        let other = WebhookPlan { enabled: false, ..plan() };
        let changed = decide(&state, define(other.clone(), None), &Actor::System).unwrap();
        let state = changed.iter().fold(state, AccountMachine::evolve);
        let webhook = &state.as_ref().unwrap().webhooks[&ID];
        assert_eq!((&webhook.plan, webhook.sealed.as_str()), (&other, "a"));
        assert_eq!(decide(&state, define(other, None), &Actor::System), Ok(vec![]), "nothing changed");
        let removed = decide(&state, Command::RemoveWebhook { id: ID }, &Actor::System).unwrap();
        let state = removed.iter().fold(state, AccountMachine::evolve);
        let again = decide(&state, Command::RemoveWebhook { id: ID }, &Actor::System);
        assert_eq!(again, Err(Rejection::WebhookUnknown(ID)));
    }

    #[test]
    fn what_no_letter_could_come_of_is_refused_by_name() {
        let state = account();
        let long = format!("https://e.com/{}", "x".repeat(limits::WEBHOOK_URL_BYTES_MAX));
        for url in ["", "ftp://e.com", "https://", "https:///x", "http://:80", "https://e.com/a b", &long] {
            let refused = decide(
                &state,
                define(WebhookPlan { url: url.to_owned(), ..plan() }, Some("a")),
                &Actor::System,
            );
            assert_eq!(refused, Err(Rejection::WebhookUrlInvalid), "{url}");
        }
        for (form, topics) in [
            (WebhookForm::Cloudevents, BTreeSet::new()),
            (WebhookForm::Liveperson, [WebhookTopic::Content, WebhookTopic::Answers].into()),
            (WebhookForm::Cloudevents, [WebhookTopic::Content, WebhookTopic::ChatStates].into()),
        ] {
            let refused =
                decide(&state, define(WebhookPlan { form, topics, ..plan() }, Some("a")), &Actor::System);
            assert_eq!(refused, Err(Rejection::WebhookTopicsInvalid));
        }
        let day = Duration::from_hours(24);
        for retention in
            [Duration::from_secs(1), Duration::from_millis(2500), 3 * day + Duration::from_secs(1)]
        {
            let refused =
                decide(&state, define(WebhookPlan { retention, ..plan() }, Some("a")), &Actor::System);
            assert_eq!(refused, Err(Rejection::WebhookRetentionOutOfRange));
        }
    }

    #[test]
    fn webhooks_are_for_administrators() {
        let developer = Actor::Principal {
            principal: super::super::Principal::Application,
            token: None,
            roles: [UserRole::FaasDeveloper].into(),
        };
        let refused = decide(&account(), define(plan(), Some("a")), &developer);
        assert_eq!(refused, Err(Rejection::RoleMissing { needs: "administrator" }));
    }
}
