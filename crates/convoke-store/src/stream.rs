//! The names of logs, and the ownership of them.

use std::fmt;

use convoke_domain::id::{AccountId, ConversationId, Partition};

/// Which log. Every log belongs to one account and to one partition, and has one writer at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamId {
    /// An account's settings, people and activity.
    Account(AccountId),
    /// An account's functions and their deployments.
    Functions(AccountId),
    /// What an account's functions remember.
    Context(AccountId),
    /// What an account's functions keep under keys of their own: small rows only, never a record.
    KeyValues(AccountId),
    /// What an account's webhooks, and its functions on surveys, still have to be told. It has side rows only, never a record, so that they can be
    /// taken away without asking how far any other stream is.
    Outbox(AccountId),
    /// One conversation.
    Conversation {
        /// The account that it belongs to.
        account: AccountId,
        /// The conversation.
        conversation: ConversationId,
    },
}

impl StreamId {
    /// The account that this stream belongs to.
    pub const fn account(&self) -> &AccountId {
        match self {
            Self::Account(account)
            | Self::Functions(account)
            | Self::Context(account)
            | Self::KeyValues(account)
            | Self::Outbox(account)
            | Self::Conversation { account, .. } => account,
        }
    }

    /// The partition that holds this stream, fixed for ever.
    pub fn partition(&self) -> Partition {
        match self {
            Self::Account(account)
            | Self::Functions(account)
            | Self::Context(account)
            | Self::KeyValues(account)
            | Self::Outbox(account) => account.partition(),
            Self::Conversation { conversation, .. } => conversation.partition(),
        }
    }

    /// The conversation, if this is the log of one.
    pub const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Account(_)
            | Self::Functions(_)
            | Self::Context(_)
            | Self::KeyValues(_)
            | Self::Outbox(_) => None,
            Self::Conversation { conversation, .. } => Some(*conversation),
        }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "{account}/account"),
            Self::Functions(account) => write!(f, "{account}/functions"),
            Self::Context(account) => write!(f, "{account}/context"),
            Self::KeyValues(account) => write!(f, "{account}/key-values"),
            Self::Outbox(account) => write!(f, "{account}/outbox"),
            Self::Conversation { account, conversation } => write!(f, "{account}/{conversation}"),
        }
    }
}

/// A term of ownership: grows with each opening of an embedded store, and with each change of hands of a shared one.
/// A step that carries an older epoch than the store's own is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The next term.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
