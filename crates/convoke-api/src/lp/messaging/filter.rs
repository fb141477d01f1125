//! Which conversations a subscription is about (messaging contract §1.5).

use std::collections::BTreeSet;

use convoke_domain::account::Account;
use convoke_domain::conversation::{Conversation, ParticipantId};
use convoke_domain::id::{ConsumerId, UserId};
use serde_json::{Map, Value};

use super::conversation::last_update;
use super::envelope::Body;
use super::refusal::Refused;

/// Which conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// How the main dialog is to be.
    pub state: States,
    /// How the whole conversation is to be: it goes on after its main dialog while the consumer is asked about it.
    pub stage: States,
    /// Those of one of these agents.
    pub agents: Option<BTreeSet<UserId>>,
    /// Those of this consumer.
    pub consumer: Option<ConsumerId>,
    updated_from: Option<i64>,
    updated_to: Option<i64>,
    due_to: Option<i64>,
}

/// Whether open and closed ones are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct States {
    /// Whether open ones.
    pub open: bool,
    /// Whether closed ones.
    pub closed: bool,
}

impl States {
    const fn has(self, open: bool) -> bool {
        if open { self.open } else { self.closed }
    }
}

impl Filter {
    /// Whether it can be about conversations that are over.
    pub const fn wants_ended(&self) -> bool {
        self.stage.closed && self.state.closed
    }

    /// What a subscription asks for. Without states it is about all.
    ///
    /// # Errors
    /// A field that is not as it has to be.
    pub fn read(body: &Map<String, Value>, account: &Account) -> Result<Self, Refused> {
        let body = Body(body);
        let agents = body.texts("agentIds")?.map(|agents| {
            agents.iter().filter_map(|text| account.agent_by_text(text)).map(|(user, _)| user).collect()
        });
        let consumer = body.text("consumerId").map(|text| text.parse()).transpose();
        Ok(Self {
            state: states(body, "convState")?,
            stage: states(body, "stage")?,
            agents,
            consumer: consumer.map_err(|error| Refused::invalid("consumerId", error))?,
            updated_from: body.number("minLastUpdatedTime")?,
            updated_to: body.number("maxLastUpdatedTime")?,
            due_to: body.number("maxETTR")?,
        })
    }

    /// Whether it is about this conversation.
    pub fn matches(&self, state: &Conversation) -> bool {
        let wanted = self.state.has(state.is_open()) && self.stage.has(!state.is_over());
        let takes_part = |user: &UserId| state.participants.contains_key(&ParticipantId::User(*user));
        let of_agents = self.agents.as_ref().is_none_or(|agents| agents.iter().any(takes_part));
        let of_consumer = self.consumer.is_none_or(|consumer| {
            state.consumer == consumer || state.participants.contains_key(&ParticipantId::Consumer(consumer))
        });
        let updated = last_update(state).as_millisecond();
        let in_time = self.updated_from.is_none_or(|from| updated >= from)
            && self.updated_to.is_none_or(|to| updated <= to);
        let due = self
            .due_to
            .is_none_or(|to| state.deadline.is_some_and(|deadline| deadline.as_millisecond() <= to));
        wanted && of_agents && of_consumer && in_time && due
    }
}

/// Whether open and closed ones are wanted; all if nothing is said. Nothing is ever locked.
fn states(body: Body<'_>, name: &'static str) -> Result<States, Refused> {
    let Some(words) = body.texts(name)?.filter(|words| !words.is_empty()) else {
        return Ok(States { open: true, closed: true });
    };
    if let Some(word) = words.iter().find(|word| !matches!(word.as_str(), "OPEN" | "CLOSE" | "LOCKED")) {
        return Err(Refused::invalid(name, format!("{word} is none of OPEN, CLOSE, LOCKED")));
    }
    let has = |word: &str| words.iter().any(|known| known == word);
    Ok(States { open: has("OPEN"), closed: has("CLOSE") })
}
