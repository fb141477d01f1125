//! Which function said something, and why.

use convoke_domain::conversation::Provenance as Domain;
use convoke_domain::id::FunctionId;
use convoke_domain::invocation::FunctionRef;
use convoke_domain::state_change::CbotEventType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::explain::Names;

/// A version of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FunctionVersion {
    /// The function.
    #[schema(value_type = String)]
    pub id: FunctionId,
    /// Its name, while it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its frozen version.
    pub version: u32,
}

impl FunctionVersion {
    /// The version with the function's name, if it is known.
    pub fn of(function: FunctionRef, names: &dyn Names) -> Self {
        Self {
            id: function.function,
            name: names.function(function.function),
            version: function.version.number(),
        }
    }
}

/// Where an automatic line comes from: event → function version → attempt → command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    /// The trigger that was answered.
    pub trigger: u64,
    /// What exactly had happened.
    #[schema(value_type = String)]
    pub code: CbotEventType,
    /// The version that answered; absent for the account's own automatic message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionVersion>,
    /// The attempt that answered, from 1; 0 if none did.
    pub attempt: u8,
    /// Place of the command in the answer; absent for the automatic message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<u16>,
}

impl Provenance {
    /// The provenance with the function's name, if it is known.
    pub fn of(provenance: &Domain, names: &dyn Names) -> Self {
        Self {
            trigger: provenance.trigger.number(),
            code: provenance.code,
            function: provenance.function.map(|function| FunctionVersion::of(function, names)),
            attempt: provenance.attempt,
            command: provenance.command,
        }
    }
}
