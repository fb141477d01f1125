//! Webhooks: delivers what the outbox holds, in the order of each conversation, until it is taken or was tried for long
//! enough.
//!
//! ```text
//!   outbox (durable) ──news──▶ lanes: one per webhook and conversation ──▶ errand: read, write, sign, post
//!        ▲                        ▲ back-off, by the engine's clock              │
//!        └──── told, or dead ─────┴──────────────────────────────────────────────┘
//! ```
//!
//! A conversation whose letter is not taken waits alone: others, and other webhooks, go on. What a crash or a stop leaves
//! is found again at the start and delivered again, with the same event ids. Leaves out: what an event says
//! ([`convoke_api::letter`]) and where anything may be sent to (the guard of outbound requests).

mod chat;
mod errand;
mod lanes;
mod sign;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use convoke_domain::id::{AccountId, ConversationId, WebhookId};
use convoke_engine::{EngineError, LetterNews};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::warn;

pub(crate) use self::chat::ChatLetters;
use self::errand::Errand;
pub(crate) use self::errand::{body_of, send_test};
use self::lanes::{End, Lanes, Waiting};
use crate::limits;
use crate::server::Shared;

/// A webhook of an account.
type Key = (AccountId, WebhookId);

/// The lanes of all webhooks that have something to tell.
#[derive(Default)]
pub(crate) struct LaneBook(Mutex<BTreeMap<Key, Lanes>>);

impl LaneBook {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Lanes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a webhook still has to be told.
    pub(crate) fn waiting(&self, account: &AccountId, webhook: WebhookId) -> Waiting {
        let book = self.lock();
        book.get(&(account.clone(), webhook)).map(Lanes::waiting).unwrap_or_default()
    }
}

/// Delivers letters for as long as the server runs. Nothing is delivered without it, and nothing is lost.
pub struct Deliveries(Shared);

/// A delivery that ended: whose, about which conversation, and how.
type Ended = (Key, ConversationId, End);

impl Deliveries {
    pub(crate) fn new(server: &Shared) -> Self {
        Self(server.clone())
    }

    /// Delivers until the server stops; what is under way then ends within seconds.
    pub async fn run(self) {
        let server = self.0;
        let mut changes = server.handle.settings_changes();
        let mut known = BTreeMap::new();
        let mut underway: JoinSet<Ended> = JoinSet::new();
        let mut settings_moved = true;
        let (mut chat, mut chatting) = (server.chat_letters.take(), JoinSet::new());
        forget_orphans(&server).await;
        loop {
            if std::mem::take(&mut settings_moved) {
                changes.mark_unchanged();
                known = notice_settings(&server, &known).await;
            }
            find_letters(&server).await;
            start_due(&server, &mut underway);
            let next = next_due(&server);
            tokio::select! {
                news = server.handle.letters_written() => notice(&server, news),
                Some(ended) = underway.join_next(), if !underway.is_empty() => {
                    if let Some(off) = note_end(&server, ended) {
                        // It may be on again by now, and what it left is to be found then.
                        known.insert(off, false);
                        settings_moved = true;
                    }
                }
                Some(told) = next_of(&mut chat) => chat::start(&server, &mut chatting, told),
                Some(_) = chatting.join_next(), if !chatting.is_empty() => {}
                () = server.handle.wait_until(next) => {}
                told = changes.changed() => match told {
                    Ok(()) => settings_moved = true,
                    Err(_) => break,
                },
                () = server.stopping.cancelled() => break,
            }
        }
        while underway.join_next().await.is_some() {}
    }
}

/// The next chat state; nothing ever where another one takes them.
async fn next_of(chat: &mut Option<mpsc::Receiver<chat::Told>>) -> Option<chat::Told> {
    match chat {
        Some(chat) => chat.recv().await,
        None => std::future::pending().await,
    }
}

/// The webhooks that are on, by account.
fn switched_on(server: &Shared) -> BTreeMap<Key, bool> {
    let accounts = server.handle.accounts();
    let all = accounts.iter().flat_map(|view| {
        let account = &view.account;
        account.webhooks.iter().map(|(id, webhook)| ((account.id.clone(), *id), webhook.plan.enabled))
    });
    all.collect()
}

/// Letters of webhooks that were removed while nobody looked.
async fn forget_orphans(server: &Shared) {
    for view in server.handle.accounts() {
        let account = &view.account.id;
        let boxes = server.handle.letter_boxes(account).await;
        for webhook in boxes.unwrap_or_else(|error| unreadable(account, &error)) {
            if !view.account.webhooks.contains_key(&webhook) {
                forget(server, account, webhook).await;
            }
        }
    }
}

fn unreadable(account: &AccountId, error: &EngineError) -> BTreeSet<WebhookId> {
    warn!(%account, %error, "letters that wait cannot be read");
    BTreeSet::new()
}

async fn forget(server: &Shared, account: &AccountId, webhook: WebhookId) {
    if let Err(error) = server.handle.forget_letters(account, webhook).await {
        warn!(%account, %webhook, %error, "letters of a removed webhook could not be forgotten");
    }
}

/// Webhooks that are new or switched on are looked at from the beginning, those that are gone are forgotten.
async fn notice_settings(server: &Shared, known: &BTreeMap<Key, bool>) -> BTreeMap<Key, bool> {
    let now = switched_on(server);
    for ((account, webhook), _) in known.iter().filter(|(key, _)| !now.contains_key(key)) {
        server.lanes.lock().remove(&(account.clone(), *webhook));
        forget(server, account, *webhook).await;
    }
    let mut book = server.lanes.lock();
    for (key, enabled) in &now {
        if *enabled && known.get(key) != Some(&true) {
            book.entry(key.clone()).or_default().look_again();
        }
    }
    drop(book);
    now
}

fn notice(server: &Shared, news: LetterNews) {
    let now = server.handle.now();
    let mut book = server.lanes.lock();
    for (key, conversations) in news.written {
        let lanes = book.entry(key).or_default();
        for conversation in conversations {
            lanes.add(conversation, now);
        }
    }
    if news.lost {
        for lanes in book.values_mut() {
            lanes.look_again();
        }
    }
}

/// Reads which conversations have letters, for webhooks whose lanes do not know all of them.
async fn find_letters(server: &Shared) {
    let keys: Vec<Key> = server
        .lanes
        .lock()
        .iter()
        .filter(|(_, lanes)| lanes.has_to_look())
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        if let Err(error) = find_letters_of(server, &key).await {
            warn!(account = %key.0, webhook = %key.1, %error, "letters that wait cannot be read");
        }
    }
}

async fn find_letters_of(server: &Shared, key: &Key) -> Result<(), EngineError> {
    loop {
        let looking = server.lanes.lock().get_mut(key).and_then(Lanes::looking_after);
        let Some(after) = looking else { return Ok(()) };
        let page =
            server.handle.letters(&key.0, key.1, after.as_ref(), limits::LETTERS_FOUND_AT_ONCE).await?;
        let now = server.handle.now();
        if let Some(lanes) = server.lanes.lock().get_mut(key) {
            lanes.found(&page, now);
        }
    }
}

fn start_due(server: &Shared, underway: &mut JoinSet<Ended>) {
    let now = server.handle.now();
    let mut book = server.lanes.lock();
    for (key, lanes) in book.iter_mut() {
        while underway.len() < limits::DELIVERIES_AT_ONCE
            && let Some((conversation, attempts)) = lanes.start(now)
        {
            let (account, webhook) = key.clone();
            let errand = Errand { server: server.clone(), account, webhook, conversation, attempts };
            let key = key.clone();
            underway.spawn(async move { (key, conversation, errand.run().await) });
        }
    }
}

fn next_due(server: &Shared) -> Timestamp {
    let book = server.lanes.lock();
    book.values().filter_map(Lanes::next_due).min().unwrap_or(Timestamp::MAX)
}

/// Notes how a delivery ended; the webhook, if it was found to be off.
fn note_end(server: &Shared, ended: Result<Ended, tokio::task::JoinError>) -> Option<Key> {
    let now = server.handle.now();
    let mut book = server.lanes.lock();
    match ended {
        Ok((key, conversation, end)) => {
            let off = end == End::Off;
            if let Some(lanes) = book.get_mut(&key) {
                lanes.ended(conversation, end, now);
                if lanes.is_idle() {
                    book.remove(&key);
                }
            }
            off.then_some(key)
        }
        Err(error) => {
            // Which one it was is not known: all are looked at anew, and none is told less than once.
            warn!(%error, "a delivery failed in a way that it should not");
            for lanes in book.values_mut() {
                lanes.begin_anew();
            }
            None
        }
    }
}
