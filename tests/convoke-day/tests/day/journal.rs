//! What people did, in the order in which they did it: all that the reference model knows of a run.

use convoke_domain::id::{ConsumerId, ConversationId, SkillId, UserId};
use jiff::Timestamp;

use crate::center::Change;

/// The journal of one run. Entries of one instant are in the order in which they were done.
pub(crate) type Journal = Vec<Entry>;

/// Something that was done.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Somebody did something in a conversation.
    Did { conversation: ConversationId, by: Who, deed: Deed },
    /// The center was changed.
    Changed(Change),
    /// The last connection of an agent broke.
    Gone(UserId),
    /// An agent is connected again.
    Back(UserId),
}

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Consumer(ConsumerId),
    User(UserId),
}

/// Roles in which people come into a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Agent,
    Manager,
    Reader,
    BrandBot,
}

/// Times to respond that people choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Response {
    Urgent,
    Normal,
    Prioritized,
    /// Of so many seconds.
    Custom(u64),
}

/// Something that somebody does in a conversation.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Open(Opening),
    /// A line for everybody. The same key again is the same line.
    Write {
        key: Option<u64>,
    },
    /// A line that only the brand's side sees.
    WritePrivately,
    /// An agent takes it.
    Accept,
    Join {
        role: As,
    },
    /// A second consumer is brought in.
    Bring {
        friend: ConsumerId,
    },
    /// A participant leaves: the assigned agent's leaving puts it back to its queue.
    Leave,
    Transfer {
        skill: Option<SkillId>,
        agent: Option<UserId>,
    },
    SetTtr(Response),
    Promise(Option<Timestamp>),
    StepUp,
    Close,
}

/// How a conversation begins.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) authenticated: bool,
    pub(crate) skill: SkillId,
    pub(crate) campaign: u64,
    pub(crate) engagement: u64,
    pub(crate) visitor: u64,
    pub(crate) session: u64,
    pub(crate) language: Option<&'static str>,
    pub(crate) context: &'static str,
    pub(crate) address: &'static str,
    pub(crate) first_line: bool,
}
