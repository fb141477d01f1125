//! The switch of the Controller Bot.

use convoke_domain::account::Command;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether an account's Controller Bot acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ControllerBot {
    /// While it is off, no function is invoked and no automatic message is sent; nothing is kept for later.
    pub enabled: bool,
}

impl ControllerBot {
    /// The command that switches it so.
    pub const fn into_command(self) -> Command {
        Command::SwitchControllerBot { enabled: self.enabled }
    }
}
