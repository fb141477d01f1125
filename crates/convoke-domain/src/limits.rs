//! Every bound of the domain, with its unit and its reason.

use std::time::Duration;

/// Longest line. A human never types more; a program that does is a mistake. Bytes of UTF-8.
pub const LINE_BYTES_MAX: usize = 8 * 1024;

/// Deepest chain of causes: a command's own change may fire another event, and that one's function another. Deeper
/// than any sensible set of functions, small enough to end a loop within a second.
pub const CAUSE_DEPTH_MAX: u8 = 8;

/// Most unsettled triggers of one conversation. Each waits for a function; a conversation with more is flooded, and
/// further commands that fire events are refused as busy.
pub const LANE_MAX: usize = 64;

/// Most participants of one conversation, readers included.
pub const PARTICIPANTS_MAX: usize = 64;

/// Client message keys remembered per conversation, so that a retried publish is the same line. A client retries
/// within seconds; nobody writes this many lines meanwhile.
pub const COMMAND_KEYS_MAX: usize = 128;

/// Longest client message key. Bytes.
pub const COMMAND_KEY_BYTES_MAX: usize = 64;

/// How long after an auto-close a new conversation of an authenticated consumer does not fire (DESIGN §2).
pub const AFTER_AUTOCLOSE: Duration = Duration::from_secs(48 * 60 * 60);

/// Most firings of one idle timer for one base (DESIGN §2).
pub const IDLE_REPEAT_MAX: u8 = 10;

/// Commands of one answer that are recorded; the rest are counted. Only the first of each type acts.
pub const ANSWER_COMMANDS_MAX: usize = 16;
