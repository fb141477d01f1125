//! What a socket is told of its own accord: the board's news, as it is by now.

use convoke_api::lp::messaging::{Dialect, change, chat_state, message, message_of, notification};
use convoke_domain::conversation::{ParticipantId, Recorded};
use convoke_domain::id::{ConversationId, DialogId};
use convoke_engine::{CardView, ChatState, News};
use serde_json::{Value, json};

use super::dialogs::Ear;
use super::end::{End, failed};
use super::offers;
use super::session::{Session, Side};
use super::subscriptions::Interest;
use crate::limits;

impl Session {
    /// Tells what changed. What is told is as it is by now, not as it was when it changed.
    pub(super) async fn on_news(&mut self, news: News) -> Result<(), End> {
        self.refresh();
        let account = &self.tenant.view.account;
        if let Some(subscription) = &self.offers {
            for offer in news.offers {
                self.out.push_back(offers::offers(subscription, &[offer], account));
            }
        }
        if let Some((subscription, of)) = &self.presences {
            let concerned = news.presences.iter().filter(|agent| of.is_none_or(|of| of == **agent));
            let changed: Vec<_> = concerned.map(|agent| (*agent, self.follower.presence(*agent))).collect();
            if !changed.is_empty() {
                self.out.push_back(offers::presences(subscription, &changed, account));
            }
        }
        for conversation in news.conversations {
            self.on_changed(conversation).await?;
        }
        for state in &news.chat {
            self.tell_chat_state(state);
        }
        let follower = &self.follower;
        let is_open = |id| follower.card(id).is_some_and(|card| !card.state.is_over());
        self.dialogs.tidy(is_open);
        // Most news of an account are nothing to most of its agents: those are not worth looking at the token.
        let is_agent = matches!(self.side, Side::Agent(_));
        if is_agent && !self.out.is_empty() && !self.admitted() {
            return Err(End::NotAdmitted);
        }
        Ok(())
    }

    /// A conversation is not as it was: subscriptions first, then lines.
    pub(super) async fn on_changed(&mut self, conversation: ConversationId) -> Result<(), End> {
        let Some(card) = self.follower.card(conversation) else { return Ok(()) };
        for (subscription, changed) in self.subscriptions.changed(&card.state) {
            let told =
                change(self.dialect, changed, &card.state, self.last_line(&card), &self.tenant.view.account);
            self.notify_of_changes(&subscription, &[told]);
        }
        self.notice(&card);
        let places = self.dialogs.places(conversation);
        // Read once, from where the one that was told least goes on: what another has seen is not told again.
        let Some(seen) = places.iter().map(|(_, place)| place.seen).min() else { return Ok(()) };
        let events = self.follower.events_since(conversation, seen).await.map_err(failed)?;
        for (dialog, _) in places {
            let ear = self.ear();
            let told = self.dialogs.told(dialog, ear, &events);
            let account = &self.tenant.view.account;
            let messages: Vec<Value> = told
                .into_iter()
                .filter_map(|event| message_of(self.dialect, event, conversation, account))
                .collect();
            for some in messages.chunks(limits::MESSAGES_AT_ONCE) {
                self.out.extend(message(self.dialect, dialog, some));
            }
        }
        Ok(())
    }

    /// An agent who takes part in a conversation is told its lines from their joining on.
    pub(super) fn notice(&mut self, card: &CardView) {
        let Side::Agent(user) = self.side else { return };
        let (own, id) = (ParticipantId::User(user), card.state.id);
        if self.dialogs.place(id).is_none() && card.state.participants.contains_key(&own) {
            let latest = self.follower.latest(id);
            self.dialogs.notice(id, own, card.state.head, &latest);
        }
    }

    /// The last line of a conversation that this side sees.
    pub(super) fn last_line<'c>(&self, card: &'c CardView) -> Option<&'c Recorded> {
        match self.ear() {
            Ear::Agent(_) => card.last_line.as_deref(),
            Ear::Consumer { automatic: true } => card.last_public_line.as_deref(),
            Ear::Consumer { automatic: false } => card.last_spoken_line.as_deref(),
        }
    }

    pub(super) fn tell_chat_state(&mut self, state: &ChatState) {
        let known = self.dialogs.place(state.conversation).is_some();
        if known && state.who != self.participant() {
            let account = &self.tenant.view.account;
            let told =
                chat_state(self.dialect, state.conversation, state.who, state.role, state.state, account);
            let dialog = DialogId::main(state.conversation);
            self.out.extend(message(self.dialect, dialog, &[told]));
        }
    }

    pub(super) fn notify_of_changes(&mut self, subscription: &str, changes: &[Value]) {
        let mut body = json!({"subscriptionId": subscription, "changes": changes});
        if self.dialect == Dialect::Consumer {
            body["sentTs"] = json!(self.server.handle.now().as_millisecond());
        }
        let kind = self.dialect.notification_of_change();
        self.out.push_back(notification(kind, &body));
    }

    /// Lets the board tell of what the subscriptions are about.
    pub(super) fn look_at_interest(&self) {
        let Interest { everything, agents, consumers } = self.subscriptions.interest();
        self.follower.look_at(everything, agents, consumers);
    }
}
