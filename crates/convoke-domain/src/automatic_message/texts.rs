//! The texts that a new account begins with: neutral, English, one for each code of the messaging contract's §5.3.

use crate::state_change::CbotEventType as Code;

/// Text by code. Step-up and the ends have none on purpose.
pub(super) const DEFAULTS: &[(Code, &str)] = &[
    (
        Code::ConsumerOpenNewConversation,
        "Thanks for writing to us. Expect an answer within {expectedResponseTime}.",
    ),
    (
        Code::ConsumerOpenNewConversationFirstTime,
        "Welcome! You can write to us here at any time, and come back to this conversation whenever it suits you. \
         Expect an answer within {expectedResponseTime}.",
    ),
    (
        Code::ConsumerOpenNewConversationOffHours,
        "Thanks for writing to us. Our team is away right now and will answer in about {expectedResponseTime}.",
    ),
    (
        Code::ConsumerOpenNewConversationFirstTimeOffHours,
        "Welcome! Our team is away right now. Leave your question here, and you will find the answer in this \
         conversation in about {expectedResponseTime}.",
    ),
    (
        Code::ConsumerSendMessageOnOffHours,
        "Our team has left for today. Your message is kept, and someone will answer in about {expectedResponseTime}.",
    ),
    (Code::AgentUpdatedResponseTime, "You can now expect an answer within {expectedResponseTime}."),
    (
        Code::ConsumerAskedUrgentResponseTime,
        "This conversation is now marked as urgent. Expect an answer within {expectedResponseTime}.",
    ),
    (
        Code::ConsumerCanceledUrgentResponseTime,
        "This conversation is no longer marked as urgent. Expect an answer within {expectedResponseTime}.",
    ),
    (
        Code::ConsumerNonResponsive,
        "Are you still there? Write here whenever you are ready, and we will go on.",
    ),
    (Code::AgentNonResponsive, "Sorry for the wait. We are still on it and will be back with you soon."),
    (
        Code::ConvAwaitingInQueue,
        "You are still in line. Thanks for your patience, someone will be with you soon.",
    ),
    (Code::EngagementTransferred, "We are passing you on to the team that can help you best."),
    (Code::BackToQueue, "We are looking for the next free colleague for you. Nothing you wrote is lost."),
    (Code::YouAreConnectedTo, "You are now talking to {agentNickname}."),
    (Code::AnotherAgentJoinedConversation, "Another colleague has joined the conversation."),
    (Code::JoinedAgentLeftConversation, "A colleague has left the conversation."),
];
