//! The public vocabulary of change: the eight state change events and the codes that say what exactly happened.
//!
//! Which change raises which of them is decided in one place, `conversation::change`; this module only names them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A public, named difference between two states of a conversation, which a function can react to.
///
/// The order of the variants is the order in which one commit fires them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateChangeEvent {
    /// A consumer opened a conversation.
    NewConversation,
    /// An anonymous consumer authenticated.
    ConsumerStepUp,
    /// The conversation was routed to a different skill.
    ConversationRouting,
    /// An agent or a consumer joined or left.
    ParticipantsChange,
    /// The time to respond changed.
    Ttr,
    /// A consumer wrote in off-hours in a conversation opened in office hours.
    OffHoursLine,
    /// Somebody did not respond in the configured time.
    ConversationIdle,
    /// The conversation was closed.
    ConversationEnd,
}

impl StateChangeEvent {
    /// All events, in firing order.
    pub const ALL: [Self; 8] = [
        Self::NewConversation,
        Self::ConsumerStepUp,
        Self::ConversationRouting,
        Self::ParticipantsChange,
        Self::Ttr,
        Self::OffHoursLine,
        Self::ConversationIdle,
        Self::ConversationEnd,
    ];

    /// The event id that clients know (functions contract §8).
    pub const fn event_id(self) -> &'static str {
        match self {
            Self::NewConversation => "controllerbot_messaging_new_conversation",
            Self::ConsumerStepUp => "controllerbot_messaging_consumer_step_up",
            Self::ConversationRouting => "controllerbot_messaging_conversation_routing",
            Self::ParticipantsChange => "controllerbot_messaging_participants_change",
            Self::Ttr => "controllerbot_messaging_ttr",
            Self::OffHoursLine => "controllerbot_messaging_mid_conversation_msg",
            Self::ConversationIdle => "controllerbot_messaging_conversation_idle",
            Self::ConversationEnd => "controllerbot_messaging_conversation_end",
        }
    }

    /// The name that people know.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NewConversation => "Messaging New Conversation",
            Self::ConsumerStepUp => "Messaging Consumer Step Up",
            Self::ConversationRouting => "Messaging Conversation Routing",
            Self::ParticipantsChange => "Messaging Participants Change",
            Self::Ttr => "Messaging TTR",
            Self::OffHoursLine => "Messaging Line in Off-Hours",
            Self::ConversationIdle => "Messaging Conversation Idle",
            Self::ConversationEnd => "Messaging Conversation End",
        }
    }
}

impl fmt::Display for StateChangeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event_id())
    }
}

/// A text that names no state change event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a messaging event; one is \"controllerbot_messaging_new_conversation\"")]
pub struct UnknownEvent(pub String);

impl FromStr for StateChangeEvent {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        Self::ALL
            .into_iter()
            .find(|event| event.event_id() == text)
            .ok_or_else(|| UnknownEvent(text.to_owned()))
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal => $event:ident,)*) => {
        /// What exactly happened: the code in `payload.general.cbotEventType`, which also names the automatic message
        /// (functions contract §8.1; the spellings are theirs).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum CbotEventType {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl CbotEventType {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as clients know it.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The event that carries this code.
            pub const fn event(self) -> StateChangeEvent {
                match self { $(Self::$name => StateChangeEvent::$event,)* }
            }
        }
    };
}

codes! {
    /// A conversation opened in office hours by a consumer who had one before.
    ConsumerOpenNewConversation = "CONSUMER_OPEN_NEW_CONVERSATION" => NewConversation,
    /// The consumer's first conversation ever, in office hours.
    ConsumerOpenNewConversationFirstTime = "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME" => NewConversation,
    /// Opened in off-hours.
    ConsumerOpenNewConversationOffHours = "CONSUMER_OPEN_NEW_CONVERSATION_OFF_HOURS" => NewConversation,
    /// The consumer's first conversation ever, in off-hours.
    ConsumerOpenNewConversationFirstTimeOffHours =
        "CONSUMER_OPEN_NEW_CONVERSATION_FIRST_TIME_OFF_HOURS" => NewConversation,
    /// Opened within 48 hours after the previous one was auto-closed, where the account wants to be told.
    ConsumerOpenNewConversationAfterAutoclose =
        "CONSUMER_OPEN_NEW_CONVERSATION_AFTER_AUTOCLOSE" => NewConversation,
    /// An anonymous consumer authenticated.
    ConsumerStepUp = "CONSUMER_STEP_UP" => ConsumerStepUp,
    /// Routed to a different skill.
    EngagementTransferred = "ENGAGEMENT_TRANSFERED" => ConversationRouting,
    /// There is a new assigned agent.
    YouAreConnectedTo = "YOU_ARE_CONNECTED_TO" => ParticipantsChange,
    /// The assigned agent is gone, the skill is the same.
    BackToQueue = "BACK_TO_QUEUE" => ParticipantsChange,
    /// An agent, a manager or a brand bot joined.
    AnotherAgentJoinedConversation = "ANOTHER_AGENT_JOINED_CONVERSATION" => ParticipantsChange,
    /// An agent, a manager or a brand bot left.
    JoinedAgentLeftConversation = "JOINED_AGENT_LEFT_CONVERSATION" => ParticipantsChange,
    /// A consumer joined after the opening (ours).
    ConsumerJoinedConversation = "CONSUMER_JOINED_CONVERSATION" => ParticipantsChange,
    /// A consumer left after the opening (ours).
    ConsumerLeftConversation = "CONSUMER_LEFT_CONVERSATION" => ParticipantsChange,
    /// The consumer marked the conversation as urgent.
    ConsumerAskedUrgentResponseTime = "CONSUMER_ASKED_URGENT_RESPONSE_TIME" => Ttr,
    /// The consumer took the urgent mark back.
    ConsumerCanceledUrgentResponseTime = "CONSUMER_CANCELED_URGENT_RESPONSE_TIME" => Ttr,
    /// An agent changed the time to respond, or set a manual deadline.
    AgentUpdatedResponseTime = "AGENT_UPDATED_RESPONSE_TIME" => Ttr,
    /// A consumer wrote while the skill was off shift.
    ConsumerSendMessageOnOffHours = "CONSUMER_SEND_MESSAGE_ON_OFFHOURS" => OffHoursLine,
    /// The consumer did not answer in the configured time.
    ConsumerNonResponsive = "CONSUMER_NON_RESPONSIVE" => ConversationIdle,
    /// The assigned agent did not answer in the configured time.
    AgentNonResponsive = "AGENT_NON_RESPONSIVE" => ConversationIdle,
    /// Nobody took it from the queue in the configured time.
    ConvAwaitingInQueue = "CONV_AWAITING_IN_QUEUE" => ConversationIdle,
    /// Closed by an agent or a manager.
    AgentEndConversation = "AGENT_END_CONVERSATION" => ConversationEnd,
    /// Closed by a consumer.
    ConsumerEndConversation = "CONSUMER_END_CONVERSATION" => ConversationEnd,
    /// Closed by the system: a function, the auto-close, an operator.
    SystemEndConversation = "SYSTEM_END_CONVERSATION" => ConversationEnd,
}

impl fmt::Display for CbotEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for CbotEventType {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.code() == text)
            .ok_or_else(|| UnknownEvent(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_codes_read_back_from_their_public_names() {
        for event in StateChangeEvent::ALL {
            assert_eq!(event.event_id().parse(), Ok(event));
        }
        for code in CbotEventType::ALL {
            assert_eq!(code.code().parse(), Ok(*code));
        }
    }
}
