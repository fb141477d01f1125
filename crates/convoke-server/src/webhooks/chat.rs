//! Chat states on their way to webhooks: told once, at once, or not at all. They are in no log, so nothing waits for a
//! receiver that does not answer, and nothing is tried again. What waits and what is on its way is counted by account: whose
//! receivers do not answer loses their own.

use std::sync::{Mutex, PoisonError};

use convoke_api::explain::AccountNames;
use convoke_api::letter::{self, Writing};
use convoke_domain::account::WebhookTopic;
use convoke_domain::id::{AccountId, WebhookId};
use convoke_engine::ChatState;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::debug;

use super::errand::send;
use crate::limits;
use crate::seats::{Seat, Seats};
use crate::server::Shared;

/// Somebody's chat state in an account, on its way to the deliveries.
pub(super) struct Told {
    account: AccountId,
    state: ChatState,
    _waits: Seat<AccountId>,
}

/// Where chat states wait for the deliveries.
pub(crate) struct ChatLetters {
    sender: mpsc::Sender<Told>,
    receiver: Mutex<Option<mpsc::Receiver<Told>>>,
    waiting: Seats<AccountId>,
    underway: Seats<AccountId>,
}

impl Default for ChatLetters {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(limits::CHAT_LETTERS_MAX);
        let receiver = Mutex::new(Some(receiver));
        Self { sender, receiver, waiting: Seats::default(), underway: Seats::default() }
    }
}

impl ChatLetters {
    /// Tells webhooks that want it. Where too many wait, it is not told.
    pub(crate) fn tell(&self, account: &AccountId, state: &ChatState) {
        let told = self.waiting.take(account, limits::CHAT_LETTERS_OF_ACCOUNT_MAX).and_then(|waits| {
            let told = Told { account: account.clone(), state: state.clone(), _waits: waits };
            self.sender.try_send(told).ok()
        });
        if told.is_none() {
            debug!("a chat state was told to no webhook");
        }
    }

    /// What is told; there is one who takes it.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<Told>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Begins to tell each webhook that wants it; those that are busy with others are passed over.
pub(super) fn start(server: &Shared, underway: &mut JoinSet<()>, told: Told) {
    let Told { account, state, .. } = told;
    let Some(view) = server.handle.account(&account) else { return };
    let wants = view.account.webhooks.iter().filter(|(_, webhook)| {
        webhook.plan.enabled && webhook.plan.topics.contains(&WebhookTopic::ChatStates)
    });
    let ids: Vec<WebhookId> = wants.map(|(id, _)| *id).collect();
    for id in ids {
        if underway.len() >= limits::CHAT_DELIVERIES_AT_ONCE {
            return;
        }
        let most = limits::CHAT_DELIVERIES_OF_ACCOUNT_MAX;
        let Some(seat) = server.chat_letters.underway.take(&account, most) else { return };
        let (server, view, state) = (server.clone(), view.clone(), state.clone());
        underway.spawn(async move {
            let _seat = seat;
            let names = AccountNames { account: &view.account, functions: &view.functions };
            let writing = Writing { names, conversation: state.conversation, now: server.handle.now() };
            let body = letter::chat_state_notification(&writing, state.who, state.role, state.state);
            let event = format!("{}-chat-{:032x}", state.conversation, server.handle.entropy().bits());
            if let Err(failure) = send(&server, &view, id, &event, &body).await {
                debug!(webhook = %id, reason = failure.reason, "a chat state was not taken");
            }
        });
    }
}
