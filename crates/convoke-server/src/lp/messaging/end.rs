//! How a socket ends (messaging contract §1.3).

use axum::extract::ws::{CloseFrame, close_code};
use convoke_engine::EngineError;
use tracing::error;

/// Closes that ask for a new token (messaging contract §1.3).
const NEW_TOKEN_NEEDED: u16 = 4401;

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it, or it broke.
    Gone,
    /// The server stops.
    Stopping,
    /// The token does not count any more.
    NotAdmitted,
    /// The client said nothing for too long.
    Silent,
    /// What came is no frame, or far too large.
    Unreadable,
    /// The client does not read.
    NotRead,
    /// What has to be told cannot be read.
    Failed,
}

/// The log cannot be read: what comes next cannot be told, so the client has to begin anew.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
pub(super) fn failed(error: EngineError) -> End {
    error!(%error, "a conversation could not be read for its followers");
    End::Failed
}

impl End {
    /// How the client is told; `None` if nobody is there to hear it.
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Stopping => (close_code::AWAY, "the server stops"),
            Self::NotAdmitted => (NEW_TOKEN_NEEDED, "the token does not count any more"),
            Self::Silent => (close_code::POLICY, "nothing was heard for a minute"),
            Self::Unreadable => (close_code::PROTOCOL, "this is no frame of text, or far too large"),
            Self::NotRead => (close_code::POLICY, "what was written was not read"),
            Self::Failed => (close_code::ERROR, "a conversation could not be read"),
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}
