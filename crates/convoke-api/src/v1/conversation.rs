//! Conversations: what is asked of them, and how they are.

mod requests;
mod views;

pub use requests::{
    AcceptConversation, JoinConversation, ListConversations, OpenConversation, PlaceInList, PublishLine,
    SetDeadline, SetNote, SetTtr, StepUp, TransferConversation,
};
pub use views::{
    Closed, Closing, Conversation, ConversationSummary, OpenedConversation, Participant, PendingTrigger,
    Written,
};
