//! The fixed words of payloads, as types for their schema: which texts there can be is read off the code that writes them.

use std::borrow::Cow;

use convoke_domain::conversation::Role;
use convoke_domain::conversation::payload::CloseReason;
use convoke_domain::state_change::CbotEventType;
use convoke_domain::ttr::Ttr;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::party::role_word;

/// Roles, in the order in which the contract lists them.
const ROLES: [Role; 7] = [
    Role::Consumer,
    Role::AssignedAgent,
    Role::Agent,
    Role::Manager,
    Role::Reader,
    Role::Controller,
    Role::BrandBot,
];

/// Defines a type that is only there for the schema of a fixed set of words.
macro_rules! words {
    ($name:ident, $about:literal, $words:expr) => {
        #[doc = $about]
        pub(super) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of($about, $words)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

words!(EventCode, "What exactly happened.", CbotEventType::ALL.iter().map(|code| code.code()));
words!(ConversationState, "Whether the conversation is open.", [true, false].map(super::conversation_state));
words!(ParticipantRole, "What somebody is in a conversation.", ROLES.map(role_word));
words!(
    Composer,
    "Role of whoever wrote; empty if nobody did.",
    ROLES.map(role_word).into_iter().chain([super::NOBODY])
);
words!(
    CloseReasonWord,
    "Who closed the conversation; empty while it is open.",
    [CloseReason::Agent, CloseReason::Consumer, CloseReason::System]
        .map(super::close_reason)
        .into_iter()
        .chain([super::NOBODY])
);
words!(TimeUnit, "The unit of a configured time.", super::TIME_UNITS);
words!(
    TtrType,
    "The kind of a time to respond.",
    [Ttr::Urgent, Ttr::Normal, Ttr::Prioritized, Ttr::Custom(std::time::Duration::ZERO)].map(Ttr::wire_name)
);
words!(ChangeType, "How conversations are told; always the same word.", [super::UPSERT]);

/// What the consumer's client can show: words that are not empty.
pub(super) fn features() -> Array {
    let word = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    ArrayBuilder::new().description(Some("What the consumer's client can show.")).items(word).build()
}

fn one_of(about: &str, words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    let object = ObjectBuilder::new().schema_type(Type::String).description(Some(about));
    RefOr::T(object.enum_values(Some(words)).build().into())
}
