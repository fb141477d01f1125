//! One turn of a lane: its letters in order, each read from the log, written, signed and posted.

use std::sync::Arc;

use convoke_api::explain::AccountNames;
use convoke_api::letter::{self, Writing};
use convoke_domain::account::{Webhook, WebhookForm, WebhookTopic};
use convoke_domain::conversation::{Recorded, Rejection};
use convoke_domain::id::{AccountId, ConversationId, WebhookId};
use convoke_engine::ports::Post;
use convoke_engine::{AccountView, Death, EngineError, Letter};
use serde_json::Value;
use tracing::{debug, warn};

use super::lanes::{End, Failure, back_off};
use super::sign;
use crate::limits;
use crate::server::Shared;

/// A turn of the lane of one webhook and one conversation.
pub(super) struct Errand {
    pub(super) server: Shared,
    pub(super) account: AccountId,
    pub(super) webhook: WebhookId,
    pub(super) conversation: ConversationId,
    /// How often the next event was tried.
    pub(super) attempts: u32,
}

/// The settings at the moment of a letter.
struct Settings {
    view: Arc<AccountView>,
    webhook: Webhook,
}

impl Errand {
    /// Delivers until nothing is left, or something is not taken.
    pub(super) async fn run(mut self) -> End {
        match self.letters().await {
            Ok(end) => end,
            Err(error) => {
                warn!(webhook = %self.webhook, conversation = %self.conversation, %error, "a letter waits");
                End::Broken
            }
        }
    }

    async fn letters(&mut self) -> Result<End, EngineError> {
        let server = self.server.clone();
        loop {
            let most = limits::LETTERS_AT_ONCE;
            let next = server.handle.letters_about(&self.account, self.webhook, self.conversation, most);
            let letters = next.await?;
            if letters.is_empty() {
                return Ok(End::Drained);
            }
            for letter in letters {
                if server.stopping.is_cancelled() {
                    return Ok(End::Off);
                }
                if let Some(end) = self.letter(letter).await? {
                    return Ok(end);
                }
            }
        }
    }

    /// Delivers one letter; gives how the turn ended if it does not go on.
    async fn letter(&mut self, mut letter: Letter) -> Result<Option<End>, EngineError> {
        let Some(settings) = self.settings() else { return Ok(Some(End::Off)) };
        let handle = self.server.handle.clone();
        let events = handle.events(&self.account, self.conversation, letter.first).await?;
        let events: Vec<Recorded> = events.into_iter().take_while(|event| event.seq <= letter.last).collect();
        for recorded in told(&settings.webhook, &events) {
            let Some(body) =
                body_of(&self.server, &settings.view, &settings.webhook, self.conversation, recorded).await?
            else {
                continue;
            };
            let id = letter::event_id(self.conversation, recorded);
            let Err(failure) = send(&self.server, &settings.view, self.webhook, &id, &body).await else {
                self.attempts = 0;
                continue;
            };
            self.attempts += 1;
            debug!(webhook = %self.webhook, event = %id, attempts = self.attempts, reason = failure.reason, "not taken");
            if self.is_over(&settings.webhook, &letter) {
                match self.bury(&settings.webhook, &letter, recorded, &failure).await? {
                    Some(rest) => letter = rest,
                    None => return Ok(None),
                }
                continue;
            }
            handle.letter_told(&self.account, self.webhook, &letter, recorded.seq).await?;
            return Ok(Some(self.failed(failure, &settings.webhook, &letter)));
        }
        handle.letter_told(&self.account, self.webhook, &letter, letter.last.next()).await?;
        Ok(None)
    }

    fn settings(&self) -> Option<Settings> {
        let view = self.server.handle.account(&self.account)?;
        let webhook = view.account.webhooks.get(&self.webhook)?.clone();
        webhook.plan.enabled.then_some(Settings { view, webhook })
    }

    fn ends_at(webhook: &Webhook, letter: &Letter) -> jiff::Timestamp {
        letter.since.saturating_add(webhook.plan.retention).unwrap_or(jiff::Timestamp::MAX)
    }

    fn is_over(&self, webhook: &Webhook, letter: &Letter) -> bool {
        self.server.handle.now() >= Self::ends_at(webhook, letter)
    }

    /// The last attempt is made when the time is over, not before.
    fn failed(&self, failure: Failure, webhook: &Webhook, letter: &Letter) -> End {
        let next = self.server.handle.now().saturating_add(back_off(self.attempts));
        let retry_at = next.unwrap_or(jiff::Timestamp::MAX).min(Self::ends_at(webhook, letter));
        End::Failed { failure, attempts: self.attempts, retry_at }
    }

    async fn bury(
        &mut self,
        webhook: &Webhook,
        letter: &Letter,
        recorded: &Recorded,
        failure: &Failure,
    ) -> Result<Option<Letter>, EngineError> {
        let death = Death {
            kind: letter::event_type(webhook.plan.form, recorded),
            since: letter.since,
            attempts: std::mem::take(&mut self.attempts),
            reason: failure.reason.to_owned(),
            status: failure.status,
        };
        warn!(webhook = %self.webhook, conversation = %self.conversation, reason = failure.reason, "a letter is dead");
        self.server.handle.bury(&self.account, self.webhook, letter, recorded.seq, &death).await
    }
}

/// The events that are told. LivePerson's form always tells the whole state of a conversation: of several changes of one
/// step it is told once.
fn told<'e>(webhook: &Webhook, events: &'e [Recorded]) -> Vec<&'e Recorded> {
    let is_change = |recorded: &Recorded| {
        webhook.plan.form == WebhookForm::Liveperson
            && WebhookTopic::of(&recorded.event) == [WebhookTopic::Conversation]
    };
    let last = events.iter().rev().find(|recorded| is_change(recorded)).map(|recorded| recorded.seq);
    let wanted = events.iter().filter(|recorded| letter::is_told(webhook, &recorded.event));
    wanted.filter(|recorded| !is_change(recorded) || Some(recorded.seq) == last).collect()
}

/// The body that tells an event; `None` if there is nothing to tell any more.
pub(crate) async fn body_of(
    server: &Shared,
    view: &AccountView,
    webhook: &Webhook,
    conversation: ConversationId,
    recorded: &Recorded,
) -> Result<Option<Value>, EngineError> {
    let names = AccountNames { account: &view.account, functions: &view.functions };
    let writing = Writing { names, conversation, now: server.handle.now() };
    if webhook.plan.form == WebhookForm::Cloudevents {
        return Ok(Some(letter::cloud_event(&writing, recorded)));
    }
    if let Some(message) = letter::message_notification(&writing, recorded) {
        return Ok(Some(message));
    }
    match server.handle.conversation(&view.account.id, conversation).await {
        Ok(state) => Ok(Some(letter::change_notification(&writing, &state))),
        Err(EngineError::Conversation(Rejection::NotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sends a letter that says nothing but that letters arrive.
pub(crate) async fn send_test(
    server: &Shared,
    view: &AccountView,
    id: WebhookId,
    webhook: &Webhook,
) -> Result<u16, Failure> {
    let test = format!("{id}-test-{:032x}", server.handle.entropy().bits());
    let body = letter::test_letter(webhook.plan.form, &view.account, id, &test, server.handle.now());
    send(server, view, id, &test, &body).await
}

/// Posts a letter; the status with which it was taken.
pub(super) async fn send(
    server: &Shared,
    view: &AccountView,
    id: WebhookId,
    event: &str,
    body: &Value,
) -> Result<u16, Failure> {
    let unsent = |reason| Failure { reason, status: None };
    let account = &view.account;
    let webhook = account.webhooks.get(&id).ok_or(unsent("webhook_gone"))?;
    let secret = server.handle.webhook_secret(&account.id, id).map_err(|_| unsent("secret_unreadable"))?;
    let body = body.to_string();
    let (media, own) = match webhook.plan.form {
        WebhookForm::Cloudevents => {
            let signature = sign::with_time(&secret, server.auth.now(), &body);
            (letter::CLOUD_EVENT, vec![("convoke-signature", signature)])
        }
        WebhookForm::Liveperson => {
            let signature = sign::of_liveperson(webhook.plan.signature, &secret, &body);
            let own = vec![
                ("x-liveperson-account-id", account.id.to_string()),
                ("x-liveperson-client-id", id.to_string()),
                ("x-liveperson-signature", signature),
            ];
            (letter::NOTIFICATION, own)
        }
    };
    let common = [
        ("content-type", media.to_owned()),
        ("user-agent", concat!("convoke/", env!("CARGO_PKG_VERSION")).to_owned()),
        ("convoke-event-id", event.to_owned()),
    ];
    let headers = common.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value)).collect();
    let post = Post { url: webhook.plan.url.clone(), headers, body };
    match server.handle.post(&account.egress, post).await {
        Ok(status) if (200..300).contains(&status) => Ok(status),
        Ok(status) => Err(Failure { reason: "status", status: Some(status) }),
        Err(error) => Err(unsent(error.reason)),
    }
}
