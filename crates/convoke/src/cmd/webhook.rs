//! `convoke webhook`: where an account's conversations are told to, and what could not be told.

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use convoke_api::v1::list::{List, Page};
use convoke_api::v1::webhook::{
    DeadLetter, DefineWebhook, Deliveries, InspectedDeadLetter, IssuedWebhook, ListedWebhook, Redelivered,
    TestDelivery, Webhook as View, WebhookForm, WebhookSignature, WebhookTopic,
};
use convoke_domain::id::WebhookId;
use serde_json::Value;

use super::Context;
use crate::connection::Persona;
use crate::render::{Answer, Table};

/// Tell other systems what happens in conversations
#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// List the webhooks
    List,
    /// Make a webhook; its secret is shown this once
    Create(Settings),
    /// Change a webhook; what is left out gets its usual value, the secret stays
    Define(Define),
    /// Give a webhook a new secret, shown this once
    Renew(Named),
    /// Remove a webhook, with everything that it was not told yet
    Remove(Named),
    /// Send a webhook a letter that says nothing
    Test(Named),
    /// See what a webhook still has to be told, and why it is not yet
    Deliveries(Named),
    /// List the events that a webhook was not told in time
    DeadLetters(ListDead),
    /// See one of them, with what it would say now
    DeadLetter(NamedLetter),
    /// Tell them again: one, or the oldest 1,000
    Redeliver(Redeliver),
}

/// Which webhook.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id
    #[arg(value_name = "WEBHOOK")]
    id: WebhookId,
}

/// Which dead letter.
#[derive(Debug, Args)]
pub(crate) struct NamedLetter {
    /// The webhook's id
    #[arg(value_name = "WEBHOOK")]
    id: WebhookId,
    /// The dead letter's id
    letter: String,
}

/// Which dead letters.
#[derive(Debug, Args)]
pub(crate) struct ListDead {
    /// The webhook's id
    #[arg(value_name = "WEBHOOK")]
    id: WebhookId,
    /// Those after this one
    #[arg(long, value_name = "LETTER")]
    after: Option<String>,
}

/// Which are told again.
#[derive(Debug, Args)]
pub(crate) struct Redeliver {
    /// The webhook's id
    #[arg(value_name = "WEBHOOK")]
    id: WebhookId,
    /// A dead letter's id [default: the oldest 1,000]
    letter: Option<String>,
}

/// Changes one.
#[derive(Debug, Args)]
pub(crate) struct Define {
    /// Its id
    #[arg(value_name = "WEBHOOK")]
    id: WebhookId,
    #[command(flatten)]
    settings: Settings,
}

/// What people choose of a webhook.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: convoke webhook create CRM https://crm.example.com/hooks --topic state-changes"
)]
pub(crate) struct Settings {
    /// What it is for
    name: String,
    /// Where letters are posted to; its host has to be on the account's allow-list
    // Its id is its own: `url` is the option that names the server.
    #[arg(id = "target", value_name = "URL")]
    url: String,
    /// How letters are written
    #[arg(long, value_enum, default_value_t = Form::Cloudevents)]
    form: Form,
    /// What it is told, can be repeated [default: everything that its form has words for]
    #[arg(long, value_enum)]
    topic: Vec<Topic>,
    /// How many seconds a letter is tried
    #[arg(long, value_name = "SECONDS", default_value_t = 259_200)]
    retention: u64,
    /// What LivePerson's form is signed with
    #[arg(long, value_enum, default_value_t = Signature::Sha256)]
    signature: Signature,
    /// Deliver nothing for now
    #[arg(long)]
    off: bool,
}

/// How letters are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// CloudEvents 1.0
    Cloudevents,
    /// The notifications of LivePerson's webhooks
    Liveperson,
}

/// What can be told.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Topic {
    /// State change events
    StateChanges,
    /// What became of them
    Answers,
    /// Changes of the conversation itself
    Conversation,
    /// Lines
    Content,
    /// Lines that are cards
    RichContent,
    /// What became of lines of others
    Receipts,
    /// What people do besides writing
    ChatStates,
}

/// What LivePerson's form is signed with.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Signature {
    /// HMAC-SHA-256
    Sha256,
    /// HMAC-SHA-1, for receivers that know nothing else
    Sha1,
}

impl From<Form> for WebhookForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Cloudevents => Self::Cloudevents,
            Form::Liveperson => Self::Liveperson,
        }
    }
}

impl From<Topic> for WebhookTopic {
    fn from(topic: Topic) -> Self {
        match topic {
            Topic::StateChanges => Self::StateChanges,
            Topic::Answers => Self::Answers,
            Topic::Conversation => Self::Conversation,
            Topic::Content => Self::Content,
            Topic::RichContent => Self::RichContent,
            Topic::Receipts => Self::Receipts,
            Topic::ChatStates => Self::ChatStates,
        }
    }
}

impl From<Settings> for DefineWebhook {
    fn from(settings: Settings) -> Self {
        let topics = settings.topic.into_iter().map(WebhookTopic::from);
        Self {
            name: settings.name,
            url: settings.url,
            form: settings.form.into(),
            topics: Some(topics.collect())
                .filter(|topics: &std::collections::BTreeSet<_>| !topics.is_empty()),
            enabled: !settings.off,
            retention_seconds: settings.retention,
            signature: match settings.signature {
                Signature::Sha256 => WebhookSignature::Sha256,
                Signature::Sha1 => WebhookSignature::Sha1,
            },
        }
    }
}

impl Webhook {
    pub(crate) async fn run(self, context: &Context) -> Result<Answer> {
        let api = context.client.speak_as(Persona::Admin)?;
        match self {
            Self::List => {
                let webhooks: List<ListedWebhook> = api.get(&["webhooks"]).await?;
                Answer::new(&webhooks.items, table(&webhooks.items))
            }
            Self::Create(settings) => issued(&api.post(&["webhooks"], &DefineWebhook::from(settings)).await?),
            Self::Define(Define { id, settings }) => {
                let define = DefineWebhook::from(settings);
                let webhook: View = api.put(&["webhooks", &id.to_string()], &define).await?;
                Answer::new(&webhook, format!("{id} changed"))
            }
            Self::Renew(Named { id }) => {
                issued(&api.post(&["webhooks", &id.to_string(), "secret"], &()).await?)
            }
            Self::Remove(Named { id }) => {
                let _: Value = api.delete(&["webhooks", &id.to_string()]).await?;
                Answer::new(&id, format!("{id} removed"))
            }
            Self::Test(Named { id }) => {
                let test: TestDelivery = api.post(&["webhooks", &id.to_string(), "test"], &()).await?;
                Answer::new(&test, tested(&test))
            }
            Self::Deliveries(Named { id }) => {
                let deliveries: Deliveries = api.get(&["webhooks", &id.to_string(), "deliveries"]).await?;
                Answer::new(&deliveries, waiting(&deliveries))
            }
            Self::DeadLetters(ListDead { id, after }) => {
                let id = id.to_string();
                let path = ["webhooks", &id, "dead-letters"];
                let page: Page<DeadLetter> = match after {
                    Some(after) => api.find(&path, &[("after", after)]).await?,
                    None => api.get(&path).await?,
                };
                Answer::new(&page, dead(&page))
            }
            Self::DeadLetter(NamedLetter { id, letter }) => {
                let path = ["webhooks", &id.to_string(), "dead-letters", &letter];
                let letter: InspectedDeadLetter = api.get(&path).await?;
                Answer::new(&letter, serde_json::to_string_pretty(&letter)?)
            }
            Self::Redeliver(Redeliver { id, letter }) => {
                let id = id.to_string();
                let again: Redelivered = match letter {
                    Some(letter) => {
                        api.post(&["webhooks", &id, "dead-letters", &letter, "redeliver"], &()).await?
                    }
                    None => api.post(&["webhooks", &id, "redeliver"], &()).await?,
                };
                let more = if again.more { "; there are more" } else { "" };
                Answer::new(&again, format!("{} are told again{more}", again.redelivered))
            }
        }
    }
}

fn issued(issued: &IssuedWebhook) -> Result<Answer> {
    let text =
        format!("webhook  {}\nsecret   {}\nThe secret is not shown again.", issued.webhook.id, issued.secret);
    Ok(Answer::new(issued, text)?.with_id(&issued.webhook.id))
}

fn table(webhooks: &[ListedWebhook]) -> String {
    let mut table = Table::new(&["webhook", "name", "form", "topics", "on", "waiting", "dead", "url"]);
    for ListedWebhook { webhook, waiting, dead, .. } in webhooks {
        let topics: Vec<String> = webhook.topics.iter().map(word).collect();
        let on = if webhook.enabled { "yes" } else { "no" };
        table.row([
            webhook.id.to_string(),
            webhook.name.clone(),
            word(&webhook.form),
            topics.join(","),
            on.to_owned(),
            waiting.to_string(),
            dead.to_string(),
            webhook.url.clone(),
        ]);
    }
    table.text("No webhooks yet: `convoke webhook create` makes one.")
}

/// How the API writes it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn reason(reason: &str, status: Option<u16>) -> String {
    status.map_or_else(|| reason.to_owned(), |status| format!("status {status}"))
}

fn tested(test: &TestDelivery) -> String {
    let why = reason(test.reason.as_deref().unwrap_or_default(), test.status);
    if test.delivered { format!("Taken: {why}.") } else { format!("Not taken: {why}.") }
}

fn waiting(deliveries: &Deliveries) -> String {
    let mut table = Table::new(&["conversation", "attempts", "last failed with", "next attempt"]);
    for failing in &deliveries.failing {
        table.row([
            failing.conversation.to_string(),
            failing.attempts.to_string(),
            reason(&failing.reason, failing.status),
            failing.next_attempt.to_string(),
        ]);
    }
    format!("{}\n{} conversations wait.", table.text("Nothing fails."), deliveries.conversations)
}

fn dead(page: &Page<DeadLetter>) -> String {
    let mut table = Table::new(&["letter", "event", "died", "attempts", "last failed with"]);
    for letter in &page.items {
        table.row([
            letter.id.clone(),
            letter.event.clone(),
            letter.died_at.to_string(),
            letter.attempts.to_string(),
            reason(&letter.reason, letter.status),
        ]);
    }
    let text = table.text("No dead letters.");
    page.next.as_ref().map_or(text.clone(), |next| format!("{text}\nmore: --after {next}"))
}
