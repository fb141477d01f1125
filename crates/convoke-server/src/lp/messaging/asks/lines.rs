//! Lines: those that were written, those that come, and publishing.

use convoke_api::lp::messaging::{Publish, Published, Query, message, message_of};
use convoke_domain::conversation::{Action, Event, InSurvey, Recorded, Rejection, Reply};
use convoke_domain::id::{ConversationId, DialogId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::{ChatState, EngineError, Written};
use serde_json::{Value, json};

use super::{Answered, Asked};
use crate::limits;
use crate::lp::messaging::dialogs::{Ear, hears};
use crate::lp::messaging::session::Session;

impl Session {
    /// Lines of a dialog that were written, by their sequence.
    pub(super) async fn query(&mut self, id: &str, query: Query) -> Result<(), Asked> {
        let Query { dialog, .. } = query;
        self.state_with(dialog).await?;
        let events = self.follower.events_since(dialog.conversation, None).await?;
        let wanted = |recorded: &&Recorded| {
            // What is asked for is history: the Controller Bot's lines belong to it (DESIGN §3).
            let ear = if let Ear::Consumer { .. } = self.ear() {
                Ear::Consumer { automatic: true }
            } else {
                self.ear()
            };
            let sequence = sequence_of(recorded);
            hears(ear, dialog.ordinal, query.from, recorded)
                && query.before.is_none_or(|before| sequence.is_some_and(|sequence| sequence < before))
        };
        let mut found: Vec<&Recorded> = events.iter().filter(wanted).collect();
        let most = query.most.unwrap_or(limits::QUERIED_MESSAGES_MAX).min(limits::QUERIED_MESSAGES_MAX);
        if query.from == 0 && query.before.is_some() {
            // Whoever scrolls back wants the latest before what they have.
            found.drain(..found.len().saturating_sub(most));
        }
        found.truncate(most);
        let account = &self.tenant.view.account;
        let told = found.into_iter();
        let told: Vec<Value> =
            told.filter_map(|event| message_of(self.dialect, event, dialog.conversation, account)).collect();
        self.respond(id, 200, self.names().messages, &Value::Array(told));
        Ok(())
    }

    /// Tells of a dialog from a sequence on, and then of what comes.
    pub(super) async fn subscribe_messages(
        &mut self,
        id: &str,
        dialog: DialogId,
        from: u32,
    ) -> Result<(), Asked> {
        self.state_with(dialog).await?;
        let events = self.follower.events_since(dialog.conversation, None).await?;
        self.dialogs.begin(dialog, None, from);
        let told = self.dialogs.told(dialog, self.ear(), &events);
        let account = &self.tenant.view.account;
        let messages: Vec<Value> = told
            .into_iter()
            .filter_map(|event| message_of(self.dialect, event, dialog.conversation, account))
            .collect();
        self.respond(id, 200, self.names().subscribed, &json!({}));
        for some in messages.chunks(limits::MESSAGES_AT_ONCE) {
            self.out.extend(message(self.dialect, dialog, some));
        }
        Ok(())
    }

    pub(super) async fn publish(&mut self, id: &str, publish: Publish) -> Result<(), Asked> {
        let Publish { dialog, published } = publish;
        let DialogId { conversation, ordinal } = dialog;
        let state = self.state_with(dialog).await?;
        let in_survey = ordinal == DialogId::SURVEY;
        let action = match published {
            Published::Line(line) if in_survey => Action::InSurvey(InSurvey::Publish(line)),
            Published::Line(line) => Action::Publish(line),
            Published::Receipt { receipt, lines } if in_survey => {
                Action::InSurvey(InSurvey::Receive { receipt, lines })
            }
            Published::Receipt { receipt, lines } => Action::Receive { receipt, lines },
            Published::ChatState(word) => {
                let who = self.participant();
                let role = state.role_of(who).ok_or(EngineError::from(Rejection::NotAParticipant))?;
                // In a survey there is nobody else to tell.
                if !in_survey {
                    let told = ChatState { conversation, who, role, state: word };
                    self.follower.tell_chat_state(&told);
                    self.server.chat_letters.tell(self.tenant.id(), &told);
                }
                self.respond(id, 200, self.names().published, &json!({"sequence": 0}));
                return Ok(());
            }
        };
        let asked = self.command(conversation, action)?;
        self.later(id, asked, move |id, result| Answered::Published { id, conversation, result });
        Ok(())
    }

    /// The wire's own sequence of what was written.
    pub(super) async fn sequence(
        &mut self,
        conversation: ConversationId,
        written: Written,
    ) -> Result<u32, EngineError> {
        let place = match written.reply {
            Reply::Line(line) | Reply::Duplicate(line) => Some(line),
            Reply::Done => written.head,
        };
        let Some(place) = place else { return Ok(0) };
        let before = EventSeq::new(place.number().saturating_sub(limits::EVENTS_OF_STEP));
        let events = self.follower.events_since(conversation, before).await?;
        let own = self.participant();
        let exact = |recorded: &&Recorded| recorded.seq == place && sequence_of(recorded).is_some();
        let found = events.iter().find(exact).or_else(|| {
            let mut earlier = events.iter().rev().filter(|recorded| recorded.seq <= place);
            earlier.find(|recorded| recorded.by.participant() == Some(own) && sequence_of(recorded).is_some())
        });
        Ok(found.and_then(sequence_of).unwrap_or(0))
    }
}

/// The wire's own sequence of a line or a receipt.
fn sequence_of(recorded: &Recorded) -> Option<u32> {
    if let Event::LinePublished(line) = &recorded.event {
        Some(line.wire_sequence)
    } else if let Event::LinesReceived { wire_sequence, .. } = recorded.event {
        Some(wire_sequence)
    } else {
        None
    }
}
