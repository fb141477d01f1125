//! The messaging protocol: what agents, bots and consumers say over their sockets, and what they are told (messaging
//! contract §1 and §2).
//!
//! Both sides speak of the same things in two dialects: agents in the older one, whose names begin with `.ams.`, and
//! consumers in the newer one. Requests are read leniently, as clients send them: numbers for texts, one thing for a list
//! of one, what is missing where it says nothing. Answers carry every field that any client is known to need.

mod ask;
mod brand;
mod conversation;
mod envelope;
mod event;
mod field;
mod file;
mod filter;
mod profile;
mod refusal;

use convoke_domain::account::Account;
use convoke_domain::conversation::{ParticipantId, Role};
use convoke_domain::id::UserId;

pub use self::ask::{Ask, Opening, Publish, Query, RingAnswer};
pub use self::brand::{brand, set_brand};
pub use self::conversation::{Changed, change, dialogs};
pub use self::envelope::{Request, Unreadable, notification, response};
pub use self::event::{Published, chat_state, message, message_of};
pub use self::field::changes;
pub use self::file::{FileKind, FilePath, Upload, place as file_place};
pub use self::filter::Filter;
pub use self::profile::Profile;
pub use self::refusal::Refused;

/// How one side of a conversation speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Agents. From version 2.1 on they are told who is only suggested.
    Agent {
        /// Whether suggested agents are told apart.
        suggestions: bool,
    },
    /// Consumers.
    Consumer,
}

impl Dialect {
    /// The name of a notification.
    pub const fn notification_of_change(self) -> &'static str {
        match self {
            Self::Agent { .. } => ".ams.aam.ExConversationChangeNotification",
            Self::Consumer => "cqm.ExConversationChangeNotification",
        }
    }
}

/// The name of a role.
pub const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Consumer => "CONSUMER",
        Role::AssignedAgent => "ASSIGNED_AGENT",
        Role::Agent => "AGENT",
        Role::Manager => "MANAGER",
        Role::Reader => "READER",
        Role::Controller => "CONTROLLER",
        Role::BrandBot => "BRAND_BOT",
    }
}

/// The role with this name.
fn role_named(name: &str) -> Option<Role> {
    const ALL: [Role; 7] = [
        Role::Consumer,
        Role::AssignedAgent,
        Role::Agent,
        Role::Manager,
        Role::Reader,
        Role::Controller,
        Role::BrandBot,
    ];
    ALL.into_iter().find(|role| role_word(*role) == name)
}

/// What the Controller Bot is called on the wire.
const CONTROLLER_BOT: &str = "controller-bot";

/// An agent as the older dialect names one: account and number.
pub fn old_id(account: &Account, user: UserId) -> String {
    format!("{}.{user}", account.id)
}

/// A participant as the older dialect names one.
fn old_id_of(account: &Account, participant: ParticipantId) -> String {
    match participant {
        ParticipantId::User(user) => old_id(account, user),
        ParticipantId::Consumer(consumer) => consumer.to_string(),
        ParticipantId::ControllerBot => CONTROLLER_BOT.to_owned(),
    }
}

/// A participant as the newer dialect names one: agents by their pid.
pub fn pid_of(account: &Account, participant: ParticipantId) -> String {
    match participant {
        ParticipantId::User(user) => {
            account.user(user).map_or_else(|| old_id(account, user), |user| user.pid.hyphenated().to_string())
        }
        ParticipantId::Consumer(consumer) => consumer.to_string(),
        ParticipantId::ControllerBot => CONTROLLER_BOT.to_owned(),
    }
}

/// The participant whom a text names.
fn participant_named(account: &Account, text: &str) -> Option<ParticipantId> {
    if let Ok(consumer) = text.parse() {
        return Some(ParticipantId::Consumer(consumer));
    }
    account.agent_by_text(text).map(|(user, _)| ParticipantId::User(user))
}
