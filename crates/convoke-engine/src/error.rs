//! What can go wrong when the engine is asked for something: a refusal by the rules, or a failure.

use convoke_domain::conversation::Rejection;
use convoke_domain::sequence::EventSeq;
use convoke_domain::{account, context, function};
use convoke_store::{StoreError, StreamId};

use crate::ports::LoadError;
use crate::stored::DecodeError;

/// Why the engine did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The rules of conversations refuse it.
    #[error("{0}")]
    Conversation(Rejection),
    /// The rules of accounts refuse it.
    #[error("{0}")]
    Account(account::Rejection),
    /// The rules of functions refuse it.
    #[error("{0}")]
    Function(function::Rejection),
    /// The rules of what functions remember refuse it.
    #[error("{0}")]
    Context(context::Rejection),
    /// The source does not load.
    #[error("{0}")]
    Source(LoadError),
    /// Too much is waiting already.
    #[error("too much is waiting; try again in a moment")]
    Busy,
    /// The node is shutting down.
    #[error("this node is shutting down; try another, or again in a moment")]
    Stopping,
    /// The storage failed: nothing is acknowledged any more.
    #[error("the storage does not take any more: {0}")]
    Storage(String),
    /// What is stored cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl EngineError {
    /// The stable code that clients match on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conversation(rejection) => rejection.code(),
            Self::Account(rejection) => rejection.code(),
            Self::Function(rejection) => rejection.code(),
            Self::Context(rejection) => rejection.code(),
            Self::Source(error) => error.code,
            Self::Busy => "node.busy",
            Self::Stopping => "node.stopping",
            Self::Storage(_) => "storage.unavailable",
            Self::Unreadable(_) => "storage.unreadable",
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
    pub(crate) fn malformed(error: serde_json::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<Rejection> for EngineError {
    fn from(rejection: Rejection) -> Self {
        Self::Conversation(rejection)
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<DecodeError> for EngineError {
    fn from(error: DecodeError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// A record that this version cannot read.
pub(crate) fn unreadable(stream: &StreamId, first: EventSeq, error: &serde_json::Error) -> StoreError {
    StoreError::Corrupt { what: format!("event {first} of {stream} is no event of this version: {error}") }
}
