//! The callback commands as types, for their schema and declarations. [`super::callback`] reads them from whatever a
//! function returns; a test compares the two with the schema that was written by hand.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Command {
    /// Speaks.
    SystemMessage(SystemMessage),
    /// Routes.
    Transfer(Transfer),
    /// Closes.
    CloseConversation(CloseConversation),
}

/// Sends text as the Controller Bot in place of the automatic message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemMessage {
    /// Which command it is.
    #[schema(value_type = SystemMessageType)]
    pub r#type: &'static str,
    /// At most 8192 bytes of UTF-8. A text that is empty after trimming, or an empty list, sends nothing.
    #[schema(value_type = MessageText)]
    pub text: String,
}

/// Routes the conversation to a skill, an agent, or an agent of a skill. Without skillId the skill stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transfer {
    /// Which command it is.
    #[schema(value_type = TransferType)]
    pub r#type: &'static str,
    /// The skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, pattern = "^[0-9]{1,10}$")]
    pub skill_id: Option<String>,
    /// A user id, account.userId, or a participant id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 64)]
    pub agent_id: Option<String>,
}

/// Closes the conversation with the reason SYSTEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseConversation {
    /// Which command it is.
    #[schema(value_type = CloseConversationType)]
    pub r#type: &'static str,
}

/// Defines the type of a word that names a command.
macro_rules! command_type {
    ($name:ident, $word:literal) => {
        #[doc = concat!("The word `", $word, "`.")]
        enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$word]));
                RefOr::T(word.build().into())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

command_type!(SystemMessageType, "systemMessage");
command_type!(TransferType, "transfer");
command_type!(CloseConversationType, "closeConversation");

/// What a message can have as its text.
enum MessageText {}

impl PartialSchema for MessageText {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(8192));
        let nothing = ArrayBuilder::new().items(ObjectBuilder::new()).max_items(Some(0));
        RefOr::T(OneOfBuilder::new().item(text).item(nothing).build().into())
    }
}

impl ToSchema for MessageText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("MessageText")
    }
}
