//! Conversations: what is asked of them, and how they are.

mod export;
mod requests;
mod views;

pub use export::{ExportConversations, ExportFormat, ExportedConversation};
pub use requests::{
    AcceptConversation, JoinConversation, ListConversations, OpenConversation, PlaceInList, PublishLine,
    RateConversation, ReceiveLines, SetDeadline, SetNote, SetTtr, StepUp, TransferConversation,
};
pub use views::{
    Closed, Closing, Conversation, ConversationSummary, OpenedConversation, Participant, PendingTrigger,
    Rating, Survey, Written,
};
